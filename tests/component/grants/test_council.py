"""The council's work through the API: assessing, recommending, voting, forwarding."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest

from contracts.grants import RecommendationSubmitted
from tests.component.grants.conftest import KR, fields_of, id_of, refusal


def assess(client, case, assessment_id=None, **changes):
    body = {"application_id": id_of(case), "scores": {}, "recommend": "yes", **changes}
    return client.put(f"/api/v1/assessments/{assessment_id or uuid4()}", json=body)


@pytest.fixture
def begun(council):
    """Begin a recommendation; return its path."""

    def begin(round_path):
        path = f"/api/v1/recommendations/{uuid4()}"
        answer = council[0].put(path, json={"round_id": id_of(round_path)})
        assert answer.status_code == 201, answer.json
        return path

    return begin


def line(client, recommendation, case, amount_ore, reason="Efter kriterierne"):
    return client.put(
        f"{recommendation}/lines/{id_of(case)}",
        json={"amount_ore": amount_ore, "reason": reason},
    )


def vote(client, recommendation, case, choice="for"):
    return client.put(f"{recommendation}/votes/{id_of(case)}", json={"vote": choice})


def test_the_others_are_read_after_ones_own(closed, council, coordinator):
    _, [(case, _)] = closed()
    first = assess(council[0], case, scores={"focus": 5}, comment="Stærk").json
    council[0].post(f"/api/v1/assessments/{first['id']}/submission")
    query = f"/api/v1/assessments?application_id={id_of(case)}"
    before = council[1].get(query).json["items"]
    second = assess(council[1], case).json
    unfinished = council[1].get(query).json["items"]
    council[1].post(f"/api/v1/assessments/{second['id']}/submission")

    after = council[1].get(query).json["items"]

    assert before == []
    assert [each["id"] for each in unfinished] == [second["id"]]
    assert {each["id"] for each in after} == {first["id"], second["id"]}
    assert [each["id"] for each in coordinator.get(query).json["items"]] == [
        first["id"],
        second["id"],
    ]
    assert first["person_name"] == "Ruth Rådsmedlem"


def test_staff_read_no_unfinished_assessment(closed, council, coordinator):
    _, [(case, _)] = closed()
    assess(council[0], case)

    assert coordinator.get("/api/v1/assessments").json["items"] == []


def test_a_member_assesses_once(closed, council):
    _, [(case, _)] = closed()
    mine = assess(council[0], case).json

    again = assess(council[0], case)
    theirs = assess(council[1], case, mine["id"])
    council[0].post(f"/api/v1/assessments/{mine['id']}/submission")
    late = assess(council[0], case, mine["id"], recommend="no")

    assert refusal(again) == (409, "already-assessed")
    assert again.json["existing_id"] == mine["id"]
    assert refusal(theirs) == (404, "not-found")
    assert refusal(late) == (409, "wrong-state")
    assert council[0].post(f"/api/v1/assessments/{mine['id']}/submission").status_code == 200


def test_the_council_waits_until_the_round_has_closed(open_round, submitted, council):
    round_path = open_round()
    case, _ = submitted(round_path)

    begun = council[0].put(
        f"/api/v1/recommendations/{uuid4()}", json={"round_id": id_of(round_path)}
    )

    assert refusal(assess(council[0], case)) == (409, "wrong-state")
    assert refusal(begun) == (409, "wrong-state")


@pytest.mark.parametrize(
    ("changes", "slug", "field"),
    [
        ({"scores": {"focus": 6}}, "invalid", "/scores/focus/value"),
        ({"scores": {"focus": -1}}, "invalid", "/scores/focus/value"),
        ({"scores": {"focus": "5"}}, "invalid", "/scores/focus/value"),
        ({"scores": {"beauty": 5}}, "invalid", "/scores/beauty"),
        ({"amount_ore": 30_001 * KR}, "more-than-applied", "/amount_ore"),
        ({"amount_ore": -1}, "invalid", "/amount_ore"),
        ({"recommend": "maybe"}, "invalid", "/recommend"),
    ],
)
def test_wrong_assessments_are_refused(closed, council, changes, slug, field):
    _, [(case, _)] = closed(30_000 * KR)

    answer = assess(council[0], case, **changes)

    assert refusal(answer) == (422, slug)
    assert fields_of(answer) == {field}


def test_unknown_and_unsent_applications_are_no_cases(closed, council, drafted, announced):
    draft, _ = drafted(announced())
    closed()

    for path in (f"/api/v1/applications/{uuid4()}", draft):
        assert refusal(assess(council[0], path)) == (404, "not-found")


def test_a_round_has_one_recommendation(closed, council, begun):
    round_path, _ = closed()
    path = begun(round_path)

    other = council[1].put(
        f"/api/v1/recommendations/{uuid4()}", json={"round_id": id_of(round_path)}
    )
    changed = council[1].put(path, json={"round_id": id_of(round_path), "comment": "Efter mødet"})

    assert refusal(other) == (409, "exists-already")
    assert other.json["existing_id"] == id_of(path)
    assert (changed.status_code, changed.json["comment"]) == (200, "Efter mødet")


def test_lines_keep_within_the_frame(closed, council, begun):
    round_path, [(first, _), (second, _)] = closed(80_000 * KR, 80_000 * KR, frame_ore=100_000 * KR)
    path = begun(round_path)

    fits = line(council[0], path, first, 60_000 * KR)
    over = line(council[1], path, second, 40_001 * KR)
    moved = line(council[1], path, first, 50_000 * KR)

    assert fits.status_code == 200
    assert refusal(over) == (409, "frame-exceeded")
    assert over.json["remaining_ore"] == 40_000 * KR
    assert moved.json["remaining_ore"] == 50_000 * KR
    assert refusal(line(council[0], path, first, 80_001 * KR)) == (422, "more-than-applied")


def test_racing_lines_keep_within_the_frame(closed, council, begun):
    round_path, cases = closed(*[10_000 * KR] * 12, frame_ore=50_000 * KR)
    path = begun(round_path)
    barrier = Barrier(len(cases))

    def put(case):
        barrier.wait()
        return line(council[0], path, case[0], 10_000 * KR).status_code

    with ThreadPoolExecutor(len(cases)) as pool:
        statuses = list(pool.map(put, cases))

    assert statuses.count(200) == 5
    assert council[0].get(path).json["total_ore"] == 50_000 * KR


def test_what_is_withdrawn_takes_nothing_from_the_frame(closed, council, begun):
    round_path, [(first, writer), (second, _)] = closed(
        80_000 * KR, 80_000 * KR, frame_ore=100_000 * KR
    )
    path = begun(round_path)
    line(council[0], path, first, 80_000 * KR)
    writer.post(f"{first}/withdrawal")

    answer = line(council[0], path, second, 80_000 * KR)

    assert (answer.status_code, answer.json["total_ore"]) == (200, 80_000 * KR)
    assert refusal(vote(council[0], path, first)) == (404, "not-found")


def test_the_recommendation_is_forwarded_with_every_line_and_a_quorum(
    closed, council, begun, outbox, client, coordinator
):
    round_path, [(first, _), (second, _)] = closed(30_000 * KR, 20_000 * KR)
    path = begun(round_path)
    line(council[0], path, first, 15_000 * KR)
    missing = council[0].post(f"{path}/submission")
    line(council[0], path, second, 0, reason="Uden for formålet")
    for each in council[:2]:
        vote(each, path, first)
        vote(each, path, second, "against")
    short = council[0].post(f"{path}/submission")
    vote(council[2], path, first)
    vote(council[2], path, second, "abstain")

    sent = [council[0].post(f"{path}/submission") for _ in range(2)]

    assert refusal(missing) == (409, "lines-missing")
    assert missing.json["application_ids"] == [id_of(second)]
    assert refusal(short) == (409, "no-quorum")
    assert short.json["quorum"] == 3
    assert [each.json["status"] for each in sent] == ["submitted", "submitted"]
    (told,) = outbox.of(RecommendationSubmitted)
    assert told.total_ore == 15_000 * KR
    assert [each.amount_ore for each in told.lines] == [15_000 * KR, 0]
    assert client.get(round_path).json["status"] == "recommended"
    votes = {each["application_id"]: each["votes"] for each in sent[0].json["lines"]}
    assert votes[id_of(second)] == {"for": 0, "against": 2, "abstain": 1}
    assert "recommendation" in {e["kind"] for e in coordinator.get(first).json["history"]}
    assert refusal(line(council[0], path, first, 1)) == (409, "wrong-state")
    assert refusal(vote(council[0], path, first)) == (409, "wrong-state")


def test_a_vote_can_be_changed_and_counts_once(closed, council, begun):
    round_path, [(case, _)] = closed()
    path = begun(round_path)
    vote(council[0], path, case)

    answer = vote(council[0], path, case, "against")

    (shown,) = answer.json["lines"]
    assert shown["votes"] == {"for": 0, "against": 1, "abstain": 0}
    assert shown["my_vote"] == "against"
    assert refusal(vote(council[0], path, case, "perhaps")) == (422, "invalid")


@pytest.mark.parametrize("office", ["coordinator", "caseworker", "committee", "centre"])
def test_only_the_council_recommends(closed, official, begun, office):
    round_path, [(case, _)] = closed()
    path = begun(round_path)
    other = official(office)

    assert refusal(assess(other, case)) == (403, "forbidden")
    assert refusal(line(other, path, case, 1)) == (403, "forbidden")
    assert refusal(vote(other, path, case)) == (403, "forbidden")
