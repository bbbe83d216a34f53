"""The committee's work through the API: the hard frame, reasons, letters, the public register."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import jsonschema
import pytest
import sqlalchemy
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from contracts.grants import DecisionMade, RoundDecided
from contracts.values import Outcome
from tests.component.grants.conftest import KR, REASONS, decide, fields_of, id_of, refusal

SCHEMAS = Path(__file__).parents[3].parent / "shared" / "conformance" / "360giving"


@pytest.fixture
def decided(closed, committee):
    """Decide a round of amounts sought and granted, with reasons; return both sorts of paths."""

    def decide_all(*amounts, **changes):
        round_path, cases = closed(*[sought for sought, _ in amounts], **changes)
        for (case, _), (_, granted) in zip(cases, amounts, strict=True):
            answer = decide(committee, case, granted, reasons=REASONS)
            assert answer.status_code == 201, answer.json
        answer = committee.post(f"{round_path}/decision")
        assert answer.status_code == 200, answer.json
        return round_path, cases

    return decide_all


def test_fifty_racing_decisions_never_pass_the_frame(closed, committee, coordinator):
    """Each takes a tenth of the frame; exactly ten of the fifty fit."""
    round_path, cases = closed(*[10_000 * KR] * 50, frame_ore=100_000 * KR)
    barrier = Barrier(len(cases))

    def put(case):
        barrier.wait()
        return decide(committee, case[0], 10_000 * KR)

    with ThreadPoolExecutor(len(cases)) as pool:
        answers = list(pool.map(put, cases))

    statuses = [each.status_code for each in answers]
    # Who waited too long for the lock is told to try again; nobody gets past the frame.
    assert set(statuses) <= {201, 409, 503}
    allocated = coordinator.get(round_path).json["allocated_ore"]
    assert allocated == statuses.count(201) * 10_000 * KR <= 100_000 * KR
    for case, _ in cases:
        decide(committee, case, 10_000 * KR)
    assert coordinator.get(round_path).json["allocated_ore"] == 100_000 * KR


def test_the_database_itself_refuses_to_pass_the_frame(closed, database):
    round_path, _ = closed(frame_ore=100_000 * KR)
    statement = sqlalchemy.text("UPDATE round SET allocated_ore = :ore WHERE id = :id")

    for ore in (100_000 * KR + 1, -1):
        with (
            pytest.raises(sqlalchemy.exc.IntegrityError, match="ck_round_hard_frame"),
            database.engine.begin() as connection,
        ):
            connection.execute(statement, {"ore": ore, "id": id_of(round_path)})


def test_an_amount_is_moved_within_the_frame(closed, committee, coordinator):
    round_path, [(first, _), (second, _)] = closed(80_000 * KR, 80_000 * KR, frame_ore=100_000 * KR)
    made = decide(committee, first, 80_000 * KR).json
    place = f"/api/v1/decisions/{made['id']}"
    over = decide(committee, second, 20_001 * KR)

    lowered = committee.put(
        place, json={"application_id": id_of(first), "granted_ore": 30_000 * KR}
    )
    fits = decide(committee, second, 70_000 * KR)

    assert refusal(over) == (409, "frame-exceeded")
    assert over.json["remaining_ore"] == 20_000 * KR
    assert (lowered.status_code, lowered.json["outcome"]) == (200, "partly-granted")
    assert fits.status_code == 201
    assert coordinator.get(round_path).json["allocated_ore"] == 100_000 * KR


def test_a_decision_that_was_refused_leaves_no_trace(closed, committee, coordinator):
    round_path, [(first, _), (second, _)] = closed(40_000 * KR, 40_000 * KR, frame_ore=50_000 * KR)
    kept = decide(committee, first, 40_000 * KR).json

    decide(committee, second, 10_001 * KR)

    assert committee.get("/api/v1/decisions").json["items"] == [kept]
    assert coordinator.get(round_path).json["allocated_ore"] == 40_000 * KR


@pytest.mark.parametrize(
    ("granted", "status", "slug"),
    [(30_001 * KR, 422, "more-than-applied"), (-1, 422, "invalid"), (10**14, 422, "invalid")],
)
def test_absurd_amounts_are_refused(closed, committee, granted, status, slug):
    _, [(case, _)] = closed(30_000 * KR)

    answer = decide(committee, case, granted)

    assert refusal(answer) == (status, slug)
    assert fields_of(answer) == {"/granted_ore"}


def test_an_application_has_one_decision(closed, committee):
    _, [(case, _), (other, _)] = closed(30_000 * KR, 20_000 * KR)
    made = decide(committee, case, 1).json

    again = decide(committee, case, 1)
    taken = committee.put(
        f"/api/v1/decisions/{made['id']}", json={"application_id": id_of(other), "granted_ore": 1}
    )

    assert refusal(again) == (409, "exists-already")
    assert again.json["existing_id"] == made["id"]
    assert refusal(taken) == (409, "id-taken")


def test_stale_decisions_and_reasons_are_refused(closed, committee, official):
    _, [(case, _)] = closed(30_000 * KR)
    made = decide(committee, case, 1).json
    place = f"/api/v1/decisions/{made['id']}"
    caseworker = official("caseworker")
    read = {"If-Match": '"1"'}

    first = caseworker.patch(place, json={"reasons": REASONS}, headers=read)
    second = caseworker.patch(place, json={"reasons": REASONS}, headers=read)
    body = {"application_id": id_of(case), "granted_ore": 2}

    assert (first.status_code, first.json["granted_ore"]) == (200, 1)
    assert refusal(second) == (412, "stale")
    assert refusal(committee.put(place, json=body, headers=read)) == (412, "stale")


def test_nothing_is_decided_before_the_round_has_closed(open_round, submitted, committee):
    round_path = open_round()
    case, _ = submitted(round_path)

    assert refusal(decide(committee, case, 1)) == (409, "wrong-state")
    assert refusal(committee.post(f"{round_path}/decision")) == (409, "wrong-state")


@pytest.mark.parametrize("office", ["council", "coordinator", "caseworker", "centre"])
def test_only_the_committee_decides(closed, official, office):
    round_path, [(case, _)] = closed()
    other = official(office)

    assert refusal(decide(other, case, 1)) == (403, "forbidden")
    assert refusal(other.post(f"{round_path}/decision")) == (403, "forbidden")


def test_nothing_is_sent_while_an_application_is_undecided(closed, committee, outbox):
    round_path, [(first, _), (second, _)] = closed(30_000 * KR, 20_000 * KR)
    decide(committee, first, 30_000 * KR)

    answer = committee.post(f"{round_path}/decision")

    assert refusal(answer) == (409, "undecided-applications")
    assert answer.json["application_ids"] == [id_of(second)]
    assert outbox.of(DecisionMade, RoundDecided) == []


@pytest.mark.parametrize("granted", [0, 29_999_99])
@pytest.mark.parametrize(
    "reasons",
    [
        None,
        {"rules": "§ 18"},
        {"considerations": "Få midler"},
        {"rules": " ", "considerations": ""},
    ],
)
def test_a_refusal_or_cut_without_its_reasons_is_not_sent(
    closed, committee, outbox, granted, reasons
):
    round_path, [(full, _), (cut, _)] = closed(30_000 * KR, 30_000 * KR)
    decide(committee, full, 30_000 * KR)
    decide(committee, cut, granted, reasons=reasons)

    answer = committee.post(f"{round_path}/decision")

    assert refusal(answer) == (409, "reasons-missing")
    assert answer.json["application_ids"] == [id_of(cut)]
    # One that lacks its reasons holds back every letter.
    assert outbox.of(DecisionMade, RoundDecided) == []


def test_every_letter_goes_once_with_all_it_must_say(decided, committee, outbox):
    round_path, cases = decided(
        (30_000 * KR, 30_000 * KR), (20_000 * KR, 7_500_50), (90_000 * KR, 0)
    )

    again = committee.post(f"{round_path}/decision")

    assert again.status_code == 200
    letters = outbox.of(DecisionMade)
    assert [str(each.application_id) for each in letters] == [id_of(case) for case, _ in cases]
    assert [each.outcome for each in letters] == [
        Outcome.GRANTED,
        Outcome.PARTLY_GRANTED,
        Outcome.REJECTED,
    ]
    assert [each.granted_ore for each in letters] == [30_000 * KR, 7_500_50, 0]
    assert letters[0].case_number == "2024-0001"
    assert letters[0].association_name == "Forening 0"
    for letter in letters:
        assert letter.legal_basis.startswith("Lov om social service § 18")
        assert letter.appeal
        assert letter.decided_by == "Kultur- og Fritidsudvalget"
        assert (letter.reasons.rules, letter.reasons.considerations) == tuple(REASONS.values())
    assert letters[0].conditions
    assert str(letters[0].report_on) == "2025-03-01"
    assert (letters[2].conditions, letters[2].report_on) == ((), None)
    (told,) = outbox.of(RoundDecided)
    assert (told.awarded_ore, told.award_count, told.application_count) == (37_500_50, 2, 3)


def test_what_is_final_stays(decided, committee, official):
    _, [(case, writer)] = decided((30_000 * KR, 10_000 * KR))
    (made,) = committee.get("/api/v1/decisions").json["items"]
    place = f"/api/v1/decisions/{made['id']}"
    body = {"application_id": id_of(case), "granted_ore": 30_000 * KR}

    assert refusal(committee.put(place, json=body)) == (409, "wrong-state")
    assert refusal(official("caseworker").patch(place, json={"reasons": REASONS})) == (
        409,
        "wrong-state",
    )
    assert refusal(writer.post(f"{case}/withdrawal")) == (409, "wrong-state")


def test_an_applicant_reads_the_decision_when_the_letter_has_gone(closed, committee, member):
    round_path, [(case, writer)] = closed(30_000 * KR)
    made = decide(committee, case, 10_000 * KR, reasons=REASONS).json
    place = f"/api/v1/decisions/{made['id']}"
    before = writer.get(place)
    listed = writer.get("/api/v1/decisions").json["items"]

    committee.post(f"{round_path}/decision")

    assert refusal(before) == (404, "not-found")
    assert listed == []
    after = writer.get(place).json
    assert (after["status"], after["granted_ore"]) == ("sent", 10_000 * KR)
    assert after["reasons"]["rules"] == REASONS["rules"]
    # What the council said is the authority's own working.
    assert after["recommended_ore"] is None
    assert writer.get("/api/v1/decisions").json["items"] == [after]
    assert [each["kind"] for each in writer.get(case).json["history"]][-1] == "decision"


def test_the_register_is_public_and_adds_up(decided, client, closed):
    round_path, _ = decided(
        (30_000 * KR, 29_999_99), (20_000 * KR, 1), (10_000 * KR, 0), frame_ore=30_000 * KR
    )

    register = client.get(f"/api/v1/awards?round_id={id_of(round_path)}").json

    assert [each["granted_ore"] for each in register["items"]] == [29_999_99, 1]
    assert register["total_ore"] == register["frame_ore"] == 30_000 * KR
    assert register["count"] == 2
    assert register["items"][0]["decided_on"] == "2024-04-03"
    figures = client.get(round_path).json
    assert (figures["allocated_ore"], figures["applied_ore"]) == (30_000 * KR, 60_000 * KR)


def test_the_register_shows_nothing_before_the_decision(closed, committee, client):
    round_path, [(case, _)] = closed(30_000 * KR)
    decide(committee, case, 30_000 * KR)

    for path in ("/api/v1/awards", f"/api/v1/awards?round_id={id_of(round_path)}"):
        assert client.get(path).json["items"] == []
        assert client.get(path).json["total_ore"] == 0


def test_the_register_comes_in_pages_with_totals_over_all(decided, client):
    decided(*[(10_000 * KR, 10_000 * KR)] * 5)

    first = client.get("/api/v1/awards?limit=3").json
    second = client.get(f"/api/v1/awards?limit=3&cursor={first['next']}").json

    assert len({each["id"] for each in first["items"] + second["items"]}) == 5
    assert first["total_ore"] == second["total_ore"] == 50_000 * KR


def test_the_export_is_what_360giving_asks_for(decided, client):
    decided((30_000 * KR, 12_345_67), (20_000 * KR, 0), (20_000 * KR, 20_000 * KR))
    if not SCHEMAS.exists():
        pytest.fail(f"360Giving's schemas are expected in {SCHEMAS}")
    documents = {
        name: json.loads((SCHEMAS / name).read_text())
        for name in ("360-giving-package-schema.json", "360-giving-schema.json")
    }
    # The package schema names the grant schema of one version before its own.
    grant = Resource.from_contents(
        documents["360-giving-schema.json"], default_specification=DRAFT202012
    )
    base = "https://raw.githubusercontent.com/ThreeSixtyGiving/standard/1.4.2/schema"
    registry = Registry().with_resource(f"{base}/360-giving-schema.json", grant)

    # A date is either of two forms there, which only checked formats can tell apart.
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(
        lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    )

    package = client.get("/api/v1/awards/360giving").json

    validator = jsonschema.Draft202012Validator(
        documents["360-giving-package-schema.json"], registry=registry, format_checker=formats
    )
    assert list(validator.iter_errors(package)) == []
    assert [each["amountAwarded"] for each in package["grants"]] == [12_345.67, 20_000]
    assert sum(round(each["amountAwarded"] * 100) for each in package["grants"]) == 32_345_67


def test_unknown_rounds_and_decisions_are_not_found(committee):
    assert refusal(committee.post(f"/api/v1/rounds/{uuid4()}/decision")) == (404, "not-found")
    assert refusal(committee.get(f"/api/v1/decisions/{uuid4()}")) == (404, "not-found")
    assert refusal(decide(committee, f"/x/{uuid4()}", 1)) == (404, "not-found")
