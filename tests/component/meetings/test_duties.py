"""The ledger through the API: what others say, what happens here, and the passing of time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import delete

from chassis.config import Misconfigured
from contracts.directory import AssociationClosed, OfficeEnded
from contracts.grants import RoundAnnounced, RoundDecided
from contracts.meetings import DutyAtRisk, DutyKept
from contracts.values import Body
from services.meetings.commands import duties as commands
from services.meetings.model import Duty, DutyRule, ProofKind
from tests.component.meetings.conftest import JUNE, MAY, id_of, office


@pytest.fixture
def duty_of(client):
    """Read how a duty stands."""

    def read(code, year=2024):
        (item,) = client.get(f"/api/v1/duties?code={code}&year={year}").json["items"]
        return item

    return read


@pytest.fixture
def adopt(arrange, settings):
    """Adopt the profile again, with changes."""

    def again(**changes):
        with arrange() as work:
            commands.adopt(work, {**settings.profile, **changes})

    return again


@pytest.fixture(autouse=True)
def ledger(clock, adopt, arrange):
    """Open the ledger of 2024; what the profile opened when it was adopted is of another year."""
    with arrange() as work:
        work.session.execute(delete(Duty))
        work.session.execute(delete(DutyRule))
    adopt()


def hold(coordinator, clock, meeting, at=JUNE):
    clock.move(at)
    assert coordinator.post(f"{meeting}/holding").status_code == 200


def publish_minutes(coordinator, meeting):
    path = f"/api/v1/minutes/{uuid4()}"
    coordinator.put(path, json={"meeting_id": id_of(meeting), "text": "Referat"})
    assert coordinator.post(f"{path}/publication").status_code == 200


def announced(round_id, committee_on=date(2024, 8, 8)):
    return RoundAnnounced(
        round_id=round_id,
        programme="paragraf-18",
        title="§ 18-puljen 2024",
        frame_ore=72_630_700,
        opens_at=datetime(2024, 5, 15, 6, tzinfo=UTC),
        closes_at=datetime(2024, 7, 15, 22, tzinfo=UTC),
        council_on=date(2024, 8, 3),
        committee_on=committee_on,
        criteria=(),
        focus_areas=(),
        decided_by="committee",
    )


def decided(round_id, decided_on=date(2024, 5, 8)):
    return RoundDecided(
        round_id=round_id,
        title="§ 18-puljen 2024",
        decided_on=decided_on,
        frame_ore=72_630_700,
        awarded_ore=72_630_700,
        award_count=12,
        application_count=15,
    )


def test_the_ledger_is_public_and_in_the_policys_order(client):
    page = client.get("/api/v1/duties?year=2024").json

    assert [item["code"] for item in page["items"]] == ["V19", "V26", "V17", "V14"]
    assert page["total"] == 4
    assert {item["due_on"] for item in page["items"]} == {"2024-12-31"}
    assert client.get(f"/api/v1/duties/{page['items'][0]['id']}").json == page["items"][0]
    assert client.get(f"/api/v1/duties/{uuid4()}").status_code == 404
    assert client.get("/api/v1/duties?year=12").status_code == 422


def test_the_dialogue_meeting_keeps_its_duty_when_its_minutes_are_published(
    coordinator, called, clock, duty_of, outbox
):
    assert duty_of("V19")["status"] == "missing"
    meeting, another = called(), called()

    planned = duty_of("V19")
    assert (planned["status"], planned["planned"]["title"]) == ("planned", "Dialogmøde 2024")
    hold(coordinator, clock, meeting)
    assert duty_of("V19")["status"] == "planned"
    publish_minutes(coordinator, meeting)

    kept = duty_of("V19")
    assert kept["status"] == "kept"
    assert kept["proof"] == {
        "kind": "meeting",
        "id": id_of(meeting),
        "title": "Dialogmøde 2024",
        "at": "2024-06-12T15:00:00Z",
    }
    hold(coordinator, clock, another, at=JUNE + timedelta(hours=1))
    publish_minutes(coordinator, another)
    (event,) = outbox.of(DutyKept)
    assert (event.code, event.year) == ("V19", 2024)
    assert event.proof == "Dialogmøde 2024 (12. juni 2024)"


def test_another_kind_of_meeting_keeps_nothing(coordinator, called, clock, duty_of):
    meeting = called(kind="theme")
    hold(coordinator, clock, meeting)
    publish_minutes(coordinator, meeting)

    assert duty_of("V19")["status"] == "missing"


def test_a_cancelled_meeting_is_no_plan(coordinator, called, duty_of):
    meeting = called()
    coordinator.post(f"{meeting}/cancellation", json={"reason": "Snestorm"})

    assert duty_of("V19")["status"] == "missing"


def test_a_meeting_moved_into_the_next_year_counts_there(coordinator, called, duty_of):
    meeting = called()

    # 23:30 UTC on New Year's Eve is the next year in Denmark.
    moved = {
        "starts_at": "2024-12-31T23:30:00Z",
        "ends_at": "2025-01-01T01:00:00Z",
        "registration_closes_at": None,
    }
    coordinator.patch(meeting, json=moved)

    assert duty_of("V19")["status"] == "missing"
    assert duty_of("V19", 2025)["status"] == "planned"


def test_a_decided_round_keeps_its_duty(deliver, duty_of, outbox):
    round_id = uuid4()

    deliver(announced(round_id), times=2)
    assert duty_of("V26")["planned"]["on"] == "2024-08-08"
    deliver(decided(round_id), times=2)

    assert duty_of("V26")["proof"]["title"] == "§ 18-puljen 2024"
    assert [event.code for event in outbox.of(DutyKept)] == ["V26"]


def test_a_round_decided_before_its_announcement_is_known_counts(deliver, duty_of, outbox):
    deliver(decided(uuid4()))

    assert duty_of("V26")["status"] == "kept"


def test_a_round_of_last_year_proves_last_year(deliver, duty_of):
    deliver(decided(uuid4(), date(2023, 4, 8)))

    assert duty_of("V26", 2023)["status"] == "kept"
    assert duty_of("V26")["status"] == "missing"


def test_an_office_keeps_its_duty_and_a_vacant_one_is_at_risk_at_once(deliver, duty_of, outbox):
    karen = office("coordinator", title="Frivilligkonsulent")

    deliver(karen, times=2)
    assert duty_of("V17")["proof"]["title"] == "Frivilligkonsulent"
    deliver(
        OfficeEnded(office_id=karen.office_id, person_id=karen.person_id, body=Body.COORDINATOR),
        times=2,
    )
    assert duty_of("V17")["status"] == "at-risk"
    deliver(office("coordinator", title="Ny frivilligkonsulent"))

    assert duty_of("V17")["proof"]["title"] == "Ny frivilligkonsulent"
    kinds = [(type(event), event.code) for event in outbox.events]
    assert kinds == [(DutyKept, "V17"), (DutyAtRisk, "V17")]


def test_an_office_that_runs_out_by_date_is_noticed_by_the_schedule(
    deliver, duty_of, schedule, clock, outbox
):
    deliver(office("coordinator", title="Vikar", ends_on=date(2024, 5, 31)))
    deliver(office("coordinator", title="Afløser", starts_on=date(2024, 8, 1)))

    clock.move(datetime(2024, 6, 1, 8, tzinfo=UTC))
    schedule()
    assert duty_of("V17")["status"] == "planned"
    clock.move(datetime(2024, 8, 1, 8, tzinfo=UTC))
    schedule()

    assert duty_of("V17")["proof"]["title"] == "Afløser"
    assert [event.code for event in outbox.of(DutyKept)] == ["V17"]
    assert schedule() == 0


def test_a_duty_with_nothing_planned_is_warned_of_once(schedule, clock, duty_of, outbox):
    clock.move(datetime(2024, 9, 30, 8, tzinfo=UTC))
    schedule()
    outbox.clear()

    clock.move(datetime(2024, 10, 4, 8, tzinfo=UTC))
    for _ in range(2):
        schedule()

    assert duty_of("V19")["status"] == "at-risk"
    assert [(event.code, event.year) for event in outbox.of(DutyAtRisk)] == [("V19", 2024)]


def test_a_duty_with_a_meeting_ahead_is_not_warned_of(called, schedule, clock, outbox):
    called(starts_at="2024-11-12T15:00:00Z", ends_at="2024-11-12T17:00:00Z")

    clock.move(datetime(2024, 10, 4, 8, tzinfo=UTC))
    schedule()
    assert "V19" not in [event.code for event in outbox.of(DutyAtRisk)]
    clock.move(datetime(2024, 11, 14, 8, tzinfo=UTC))  # called, and never held
    schedule()

    assert "V19" in [event.code for event in outbox.of(DutyAtRisk)]


def test_the_new_year_opens_a_new_page_and_the_old_one_stays(
    deliver, schedule, clock, duty_of, client
):
    deliver(office("coordinator", title="Frivilligkonsulent"))

    clock.move(datetime(2026, 1, 2, 8, tzinfo=UTC))  # the schedule slept for a whole year
    schedule()

    assert duty_of("V19", 2024)["status"] == "broken"
    assert duty_of("V19", 2025)["status"] == "broken"
    assert duty_of("V19", 2026)["status"] == "missing"
    assert duty_of("V17", 2024)["status"] == duty_of("V17", 2026)["status"] == "kept"
    years = [item["year"] for item in client.get("/api/v1/duties?code=V19").json["items"]]
    assert years == [2026, 2025, 2024]
    assert schedule() == 0


def test_a_concluded_hearing_of_the_council_keeps_its_duty(
    coordinator, opened, adopt, duty_of, clock, outbox
):
    adopt(
        duties=[
            {
                "code": "N30",
                "title_da": "Høring i Frivilligrådet",
                "title_en": "The council is heard",
                "text_da": "Kommunen sender spørgsmål til høring.",
                "text_en": "The municipality sends questions for a hearing.",
                "kind": "hearing",
                "to_council": True,
                "warn_on": "10-01",
            }
        ]
    )
    hearing = opened()
    assert duty_of("N30")["status"] == "planned"

    clock.move(MAY + timedelta(days=29))
    coordinator.post(f"{hearing}/conclusion", json={"conclusion": "Vi bygger."})

    assert duty_of("N30")["proof"]["id"] == id_of(hearing)
    assert [event.code for event in outbox.of(DutyKept)] == ["N30"]


def test_the_vejviser_keeps_its_duty_while_there_is_somebody_in_it(
    adopt, publish_association, deliver, duty_of
):
    adopt(
        duties=[
            {
                "code": "V21",
                "title_da": "En vejviser på nettet",
                "title_en": "An online vejviser",
                "text_da": "Der er en vejviser.",
                "text_en": "There is a vejviser.",
                "kind": "vejviser",
                "warn_on": "02-01",
            }
        ]
    )
    assert duty_of("V21")["status"] == "at-risk"

    association_id = publish_association()
    assert duty_of("V21")["status"] == "kept"
    deliver(AssociationClosed(association_id=association_id, name="Nørre Samvær"))

    assert duty_of("V21")["status"] == "at-risk"


def test_a_duty_the_policy_no_longer_states_is_left_alone(adopt, client, schedule, clock, outbox):
    adopt(duties=[])
    clock.move(datetime(2025, 11, 1, 8, tzinfo=UTC))

    assert schedule() == 0
    assert outbox.events == []
    assert {item["year"] for item in client.get("/api/v1/duties").json["items"]} == {2024}


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "fest"}, {"warn_on": "13-01"}, {"warn_on": "02-29"}, {"meeting_kind": "fest"}],
)
def test_a_duty_that_cannot_be_proven_stops_the_migration(adopt, settings, wrong):
    duty = {**settings.profile["duties"][0], **wrong}

    with pytest.raises(Misconfigured, match="V19"):
        adopt(duties=[duty])


def test_many_that_open_the_same_year_at_once_make_one_duty(arrange, client):
    start = Barrier(8)

    def assess(_):
        start.wait()
        with arrange() as work:
            commands.assess(work, ProofKind.MEETING, {2027})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(assess, range(8)))

    assert client.get("/api/v1/duties?year=2027").json["total"] == 1
