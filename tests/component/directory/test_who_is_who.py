"""The contact person's office: who holds it, who stands in, and who is told when nobody does."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.directory import OfficeGranted, VacancyAnnounced, VacancyFilled

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock(clock):
    clock.set(NOON)
    return clock


@pytest.fixture
def staff(client, coordinator):
    return client.as_(coordinator)


@pytest.fixture
def holder(client):
    """The office of the contact person that the profile brought."""
    items = client.get("/api/v1/offices?body=coordinator&current=true").json["items"]
    return next(each for each in items if not each["is_deputy"])


def appointment(**changes):
    return {
        "person": {"name": "Nye Navn", "email": "nye@example.org"},
        "body": "coordinator",
        "title": "Frivilligkonsulent",
        "starts_on": "2026-01-01",
        **changes,
    }


def shown(client):
    return client.as_(None).get("/api/v1/contact-office").json


def told(outbox):
    return [(each.vacant_on.isoformat(), each.is_vacant) for each in outbox.of(VacancyAnnounced)]


def test_everybody_sees_who_the_contact_person_is_and_who_stands_in(client, clock):
    found = shown(client)

    assert (found["holder"]["person_name"], found["holder"]["starts_on"]) == (
        "Karen Kontakt",
        "2023-01-01",
    )
    assert found["deputy"]["person_name"] == "Steen Stedfortræder"
    assert (found["is_vacant"], found["vacant_on"]) == (False, None)
    assert found["email"] == "frivillighed@vesthimmerland.example.org"
    assert "karen.kontakt@" not in str(found)


def test_an_office_that_falls_vacant_is_told_once_ahead_and_once_when_it_has(
    client, staff, holder, clock, schedule, outbox
):
    staff.post(f"/api/v1/offices/{holder['id']}/end", json={"ends_on": "2026-03-31"})
    schedule()
    schedule()
    ahead = shown(client)
    first = told(outbox)

    clock.set(datetime(2026, 4, 1, 12, tzinfo=UTC))
    schedule()
    clock.move(timedelta(days=40))
    schedule()

    assert first == [("2026-04-01", False)]
    assert (ahead["is_vacant"], ahead["vacant_on"]) == (False, "2026-04-01")
    assert ahead["holder"]["ends_on"] == "2026-03-31"
    assert told(outbox) == [("2026-04-01", False), ("2026-04-01", True)]
    assert [each.has_deputy for each in outbox.of(VacancyAnnounced)] == [True, True]
    now = shown(client)
    assert (now["is_vacant"], now["vacant_on"], now["holder"]) == (True, "2026-04-01", None)
    assert now["deputy"]["person_name"] == "Steen Stedfortræder"


def test_an_office_that_ends_far_ahead_alarms_nobody_yet(
    client, staff, holder, clock, schedule, outbox
):
    staff.post(f"/api/v1/offices/{holder['id']}/end", json={"ends_on": "2026-06-30"})

    schedule()

    assert told(outbox) == []
    assert shown(client)["vacant_on"] is None


def test_whoever_ends_today_leaves_it_vacant_today(client, staff, holder, clock, schedule, outbox):
    staff.post(f"/api/v1/offices/{holder['id']}/end", json={})

    schedule()

    assert told(outbox) == [("2026-03-02", True)]
    assert shown(client)["is_vacant"] is True


def test_a_successor_without_a_gap_is_no_vacancy(client, staff, holder, clock, schedule, outbox):
    staff.post(f"/api/v1/offices/{holder['id']}/end", json={"ends_on": "2026-03-31"})
    body = appointment(starts_on="2026-04-01")
    staff.put(f"/api/v1/offices/{uuid4()}", json=body)

    schedule()

    assert told(outbox) == []


def test_a_gap_of_one_day_is_one(client, staff, holder, clock, schedule, outbox):
    staff.post(f"/api/v1/offices/{holder['id']}/end", json={"ends_on": "2026-03-31"})
    staff.put(f"/api/v1/offices/{uuid4()}", json=appointment(starts_on="2026-04-02"))

    schedule()

    assert told(outbox) == [("2026-04-01", False)]


def test_the_vacancy_ends_when_somebody_is_appointed_and_the_next_one_is_another(
    client, staff, holder, clock, schedule, outbox
):
    staff.post(f"/api/v1/offices/{holder['id']}/end", json={})
    schedule()
    id_ = uuid4()
    staff.put(f"/api/v1/offices/{id_}", json=appointment())
    schedule()
    schedule()
    staff.post(f"/api/v1/offices/{id_}/end", json={})
    schedule()

    first, second = outbox.of(VacancyAnnounced)
    (filled,) = outbox.of(VacancyFilled)
    assert filled.vacancy_id == first.vacancy_id != second.vacancy_id


def test_a_deputy_does_not_hold_the_office(client, staff, holder, clock, schedule, outbox):
    staff.post(f"/api/v1/offices/{holder['id']}/end", json={})
    staff.put(f"/api/v1/offices/{uuid4()}", json=appointment(is_deputy=True))

    schedule()

    assert shown(client)["is_vacant"] is True
    assert outbox.of(OfficeGranted)[-1].is_deputy is True


def test_a_bridge_builder_represents_a_department_and_says_what_to_ask(client, staff, outbox):
    body = appointment(
        body="bridge-builder", title="Brobygger", questions="Børn, unge og familier."
    )
    refused = [
        staff.put(f"/api/v1/offices/{uuid4()}", json=body),
        staff.put(f"/api/v1/offices/{uuid4()}", json={**body, "department": "unknown"}),
    ]
    given = staff.put(f"/api/v1/offices/{uuid4()}", json={**body, "department": "social"})

    assert [each.status_code for each in refused] == [422, 422]
    assert {each["pointer"] for answer in refused for each in answer.json["errors"]} == {
        "/department"
    }
    assert given.status_code == 201
    found = client.as_(None).get("/api/v1/offices?body=bridge-builder&current=true").json["items"]
    assert [(each["department"], each["questions"]) for each in found] == [
        ("social", "Børn, unge og familier.")
    ]
    assert outbox.of(OfficeGranted)[-1].department == "social"


def test_a_bridge_builder_and_a_head_have_no_rights_by_it(client, staff, outbox, principal):
    head = appointment(body="department-head", department="social")
    given = staff.put(f"/api/v1/offices/{uuid4()}", json=head).json

    refused = client.as_(principal(id=given["person_id"])).get("/api/v1/people")

    assert refused.status_code == 403


@pytest.mark.parametrize("role", ["caseworker", "centre", "council", None])
def test_only_the_coordinator_appoints(client, principal, role):
    somebody = client.as_(principal(role) if role else None)

    refused = somebody.put(f"/api/v1/offices/{uuid4()}", json=appointment())

    assert refused.status_code == (403 if role else 401)
