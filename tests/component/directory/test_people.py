"""Memberships, offices, people; what the schedule ends; migrations."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from chassis import migrations
from chassis.database import Database, chassis_metadata
from contracts.directory import (
    MembershipEnded,
    MembershipGranted,
    OfficeEnded,
    OfficeGranted,
    PersonChanged,
    PersonErased,
)


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def membership(association, **changes):
    return {
        "association_id": association["id"],
        "person": {"name": "Karla Kasserer", "email": "karla@example.org"},
        "role": "editor",
        "leads": True,
        "is_contact": False,
        **changes,
    }


def test_an_administrator_changes_and_ends_roles(client, coordinator, published, principal, outbox):
    one = published()
    chair = client.as_(principal(associations={one["id"]: "administrator"}))
    id_ = uuid4()
    outbox.clear()

    given = client.as_(coordinator).put(f"/api/v1/memberships/{id_}", json=membership(one))
    same = chair.put(f"/api/v1/memberships/{id_}", json=membership(one))
    contact = chair.put(f"/api/v1/memberships/{id_}", json=membership(one, is_contact=True))
    listed = chair.get(f"/api/v1/memberships?association_id={one['id']}").json["items"]
    ended = chair.delete(f"/api/v1/memberships/{id_}")

    assert (given.status_code, same.status_code, contact.status_code) == (201, 200, 200)
    assert {each["person_name"]: each["is_contact"] for each in listed} == {
        "Karla Kasserer": True,
        "Skjalm Skak": False,
    }
    assert ended.status_code == 204
    # Given, made contact (and the chair not any more), and back to the chair when Karla left.
    assert [each.is_contact for each in outbox.of(MembershipGranted)] == [False, False, True, True]
    assert len(outbox.of(MembershipEnded)) == 1


def test_the_last_administrator_cannot_leave(client, published, principal):
    one = published()
    chair = client.as_(principal(associations={one["id"]: "administrator"}))
    mine = chair.get(f"/api/v1/memberships?association_id={one['id']}").json["items"][0]

    answer = chair.delete(f"/api/v1/memberships/{mine['id']}")

    assert (answer.status_code, slug(answer)) == (409, "last-administrator")


def test_another_association_sees_and_changes_nothing(client, published, principal):
    one = published()
    stranger = client.as_(principal(associations={uuid4(): "administrator"}))
    known = client.as_(principal("coordinator")).get(
        f"/api/v1/memberships?association_id={one['id']}"
    )
    id_ = known.json["items"][0]["id"]

    assert stranger.get(f"/api/v1/memberships?association_id={one['id']}").json["items"] == []
    assert stranger.get(f"/api/v1/memberships/{id_}").status_code == 404
    assert stranger.delete(f"/api/v1/memberships/{id_}").status_code == 404
    assert stranger.put(f"/api/v1/memberships/{uuid4()}", json=membership(one)).status_code == 403
    assert stranger.get(f"/api/v1/people/{one['contact']['person_id']}").status_code == 404


def test_a_person_changes_their_own_address_unless_it_is_anothers(
    client, published, principal, outbox
):
    one = published()
    published(name="Sorø Sangkor", contact={"name": "Solvejg", "email": "solvejg@example.org"})
    me = client.as_(principal(id=one["contact"]["person_id"]))
    path = f"/api/v1/people/{one['contact']['person_id']}"

    taken = me.patch(path, json={"email": "SOLVEJG@example.org"})
    changed = me.patch(path, json={"email": "nyt@example.org", "language": "en"})

    assert (taken.status_code, slug(taken)) == (409, "email-taken")
    assert changed.json["email"] == "nyt@example.org"
    assert outbox.of(PersonChanged)[-1].language == "en"


def test_an_erased_person_is_nowhere(client, coordinator, published, principal, outbox, database):
    one = published()
    person_id = one["contact"]["person_id"]
    staff = client.as_(coordinator)
    staff.put(f"/api/v1/memberships/{uuid4()}", json=membership(one, role="administrator"))
    me = client.as_(principal(id=person_id))

    answer = me.delete(f"/api/v1/people/{person_id}")

    assert answer.status_code == 200
    assert len(outbox.of(PersonErased)) == 1
    assert me.get(f"/api/v1/people/{person_id}").status_code == 404
    with database.reading() as session:
        log = str([bytes(row.body) for row in outbox.entries])
        people = str(session.connection().exec_driver_sql("SELECT person::text FROM person").all())
    assert "skjalm@example.org" not in log + people
    assert "Skjalm Skak" not in log + people


def test_who_is_who_is_public_without_private_addresses(client):
    items = client.get("/api/v1/offices?current=true&limit=200").json["items"]

    council = [each for each in items if each["body"] == "council"]
    contact = next(each for each in items if each["title"] == "Frivilligkonsulent")
    assert len(council) == 5
    assert {each["email"] for each in council} == {None}
    assert contact["email"] == "frivillighed@vesthimmerland.example.org"


def test_an_office_gives_its_role_from_its_first_to_its_last_day(
    client, coordinator, clock, outbox, schedule
):
    clock.set(datetime(2026, 11, 20, 12, tzinfo=UTC))
    id_ = uuid4()
    body = {
        "person": {"name": "Nye Navn", "email": "nye@example.org"},
        "body": "council",
        "title": "Medlem",
        "starts_on": "2026-11-01",
        "ends_on": "2026-11-21",
    }
    put = client.as_(coordinator).put(f"/api/v1/offices/{id_}", json=body)
    wrong = client.as_(coordinator).put(
        f"/api/v1/offices/{uuid4()}", json={**body, "ends_on": "2026-10-01"}
    )
    assert (put.status_code, wrong.status_code) == (201, 422)
    assert outbox.of(OfficeGranted)[-1].title == "Medlem"
    schedule()
    assert outbox.of(OfficeEnded) == []

    clock.move(datetime(2026, 11, 25, 12, tzinfo=UTC))
    schedule()
    schedule()

    assert [event.office_id for event in outbox.of(OfficeEnded)] == [id_]


def test_the_profile_can_be_adopted_again(service, settings, outbox, database):
    before = len(outbox.events)

    service.migrate(settings)

    assert len(outbox.events) == before


def test_migrations_go_up_and_down_and_make_what_the_models_say(service, postgres):
    url = postgres.ensure_database("directory_migrations")
    migrations.upgrade(url, service.migrations_folder)
    database = Database(url, service=service.name)

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, service.metadata)
    database.close()
    migrations.downgrade(url, service.migrations_folder)

    ours = [each for each in difference if getattr(each[-1], "name", "") not in _chassis_names()]
    assert ours == []


def _chassis_names():
    tables = chassis_metadata.tables.values()
    return {table.name for table in tables} | {
        index.name for table in tables for index in table.indexes
    }


@pytest.mark.parametrize("path", ["associations", "memberships", "people", "offices"])
def test_unknown_ids_are_not_found(client, coordinator, path):
    assert client.as_(coordinator).get(f"/api/v1/{path}/{uuid4()}").status_code == 404
    assert client.as_(coordinator).get(f"/api/v1/{path}/not-an-id").status_code == 404


def test_a_stale_version_of_a_role_an_office_or_a_person_is_refused(
    client, coordinator, published, principal
):
    one = published()
    staff = client.as_(coordinator)
    chair = client.as_(principal(id=one["contact"]["person_id"]))
    office = {
        "person": {"name": "Ruth Råd", "email": "ruth@example.org"},
        "body": "council",
        "title": "Medlem",
        "starts_on": "2024-01-01",
    }
    for path, body in (
        (f"/api/v1/memberships/{uuid4()}", membership(one)),
        (f"/api/v1/offices/{uuid4()}", office),
    ):
        gone = staff.put(path, json=body, headers={"If-Match": '"1"'})
        assert (gone.status_code, slug(gone)) == (412, "stale"), path
        assert staff.put(path, json=body).status_code == 201, path
        stale = staff.put(path, json=body, headers={"If-Match": '"7"'})
        assert (stale.status_code, slug(stale)) == (412, "stale"), path
    person = f"/api/v1/people/{one['contact']['person_id']}"
    stale = chair.patch(person, json={"name": "Skjalm"}, headers={"If-Match": '"7"'})

    assert (stale.status_code, slug(stale)) == (412, "stale")
