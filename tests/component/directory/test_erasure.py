"""Being forgotten: at once here, answered by every service, seen by who asked (GDPR art. 17)."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts import grants, meetings, notifier
from contracts.directory import AssociationChanged, OfferChanged, PersonErased
from contracts.values import Kept, KeptForm, KeptKind, KeptRule

NAME = "Canary Kanariefugl"
EMAIL = "canary@example.org"
PHONE = "99 66 70 17"
RECEIPTS = "/api/v1/erasure-receipts/opening"
MAIL_LOG = Kept(
    what=KeptKind.MAIL_LOG, form=KeptForm.PSEUDONYM, rule=KeptRule.PUBLIC_RECORD, count=3
)


@pytest.fixture
def everything(database):
    """Give the text of every row of every table: columns, documents, bytes, search vectors."""

    def read():
        with database.reading() as session:
            tables = session.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).all()
            return "\n".join(
                bytes(value).decode(errors="replace") if isinstance(value, bytes) else str(value)
                for table in tables
                for row in session.execute(text(f'SELECT * FROM "{table}"'))
                for value in row
            )

    return read


@pytest.fixture
def canary(client, published, coordinator, offered):
    """Let somebody stand wherever a person can stand here; return them and their association."""
    one = published(public_email=EMAIL, phone=PHONE)
    staff = client.as_(coordinator)
    role = {
        "association_id": one["id"],
        "person": {"name": NAME, "email": EMAIL},
        "role": "editor",
    }
    given = staff.put(f"/api/v1/memberships/{uuid4()}", json=role).json
    staff.patch(
        f"/api/v1/associations/{one['id']}", json={"purpose": f"Skak. Ring til {NAME} på {PHONE}."}
    )
    note = {"text": f"{NAME} er en ildsjæl."}
    staff.put(f"/api/v1/associations/{one['id']}/municipal-note", json=note)
    offered(
        one,
        title=f"Skak med {NAME}",
        description=f"{NAME} viser brættet.",
        contact_title=f"Formand {NAME}",
        contact_email=EMAIL.upper(),
        contact_phone=PHONE,
    )
    office = {
        "person": {"name": NAME, "email": EMAIL},
        "body": "council",
        "title": "Medlem",
        "starts_on": "2020-01-01",
        "ends_on": None,
    }
    assert staff.put(f"/api/v1/offices/{uuid4()}", json=office).status_code == 201
    call = {"association_id": one["id"], "outcome": "no-answer", "note": f"Talte med {NAME}"}
    staff.put(f"/api/v1/calls/{uuid4()}", json=call)
    return UUID(given["person_id"]), one


def test_nothing_anywhere_says_who_it_was(canary, client, coordinator, everything, outbox):
    person, one = canary
    before = everything()
    assert NAME in before
    assert PHONE in before

    assert client.as_(coordinator).delete(f"/api/v1/people/{person}").status_code == 200

    after = everything()
    traces = ("anari", "anary", PHONE)
    left = [line for line in after.splitlines() if any(trace in line for trace in traces)]
    assert left == []
    shown = client.get(f"/api/v1/associations/{one['id']}").json
    assert shown["purpose"] == "Skak. Ring til (slettet) på (slettet)."
    assert shown["public_email"] is None
    assert outbox.of(AssociationChanged)[-1].purpose == "Skak. Ring til (slettet) på (slettet)."
    assert outbox.of(OfferChanged)[-1].title == "Skak med (slettet)"
    assert len(outbox.of(PersonErased)) == 1


def test_the_receipt_shows_what_every_service_answers(canary, client, principal, deliver):
    person, _ = canary
    me = client.as_(principal(id=person))
    receipt = me.delete(f"/api/v1/people/{person}").json["receipt"]
    nobody = client.as_(None)

    first = nobody.post(RECEIPTS, json={"receipt": receipt}).json
    deliver(notifier.PersonRedacted(person_id=person, kept=(MAIL_LOG,)))
    deliver(meetings.PersonRedacted(person_id=person, kept=()))
    deliver(grants.PersonRedacted(person_id=person, kept=()), times=2)
    second = nobody.post(RECEIPTS, json={"receipt": receipt}).json

    assert (first["asked_by"], first["is_complete"]) == ("person", False)
    assert [each["service"] for each in first["answers"] if each["answered_at"]] == ["directory"]
    own = {each["what"]: each["count"] for each in first["answers"][0]["kept"]}
    assert own == {"role": 2}
    assert second["is_complete"] is True
    (kept,) = second["answers"][-1]["kept"]
    assert kept == {
        "what": "mail-log",
        "form": "pseudonym",
        "rule": "public-record",
        "count": 3,
        "until": None,
    }
    assert NAME not in str(second)


def test_a_later_answer_counts(canary, client, coordinator, deliver):
    person, _ = canary
    staff = client.as_(coordinator)
    staff.delete(f"/api/v1/people/{person}")
    deliver(notifier.PersonRedacted(person_id=person, kept=(MAIL_LOG,)))

    deliver(notifier.PersonRedacted(person_id=person, kept=()), sequence=2)

    answers = staff.get(f"/api/v1/erasures/{person}").json["answers"]
    assert [each["kept"] for each in answers if each["service"] == "notifier"] == [[]]


def test_an_answer_that_comes_before_the_erasure_is_known_is_kept(
    canary, client, coordinator, deliver
):
    """The directory was put back: the others have answered already."""
    person, _ = canary
    deliver(notifier.PersonRedacted(person_id=person, kept=(MAIL_LOG,)))

    staff = client.as_(coordinator)
    staff.delete(f"/api/v1/people/{person}")

    answers = staff.get(f"/api/v1/erasures/{person}").json["answers"]
    assert {each["service"] for each in answers if each["answered_at"]} == {
        *("directory", "notifier")
    }


@pytest.mark.parametrize("receipt", ["x", "a" * 43])
def test_a_made_up_receipt_opens_nothing(canary, client, coordinator, receipt):
    person, _ = canary
    client.as_(coordinator).delete(f"/api/v1/people/{person}")

    assert client.as_(None).post(RECEIPTS, json={"receipt": receipt}).status_code == 404


def test_erasing_twice_tells_no_second_receipt(canary, client, coordinator, outbox):
    person, _ = canary
    staff = client.as_(coordinator)

    first, second = (staff.delete(f"/api/v1/people/{person}") for _ in range(2))

    assert first.json["receipt"]
    assert (second.status_code, second.json["receipt"]) == (200, None)
    assert len(outbox.of(PersonErased)) == 1


def test_only_the_coordinator_lists_erasures(canary, client, coordinator, principal):
    person, _ = canary
    staff = client.as_(coordinator)
    staff.delete(f"/api/v1/people/{person}")

    (listed,) = staff.get("/api/v1/erasures").json["items"]

    assert (listed["person_id"], listed["asked_by"]) == (str(person), "coordinator")
    for who in ("caseworker", "centre", "council"):
        assert client.as_(principal(who)).get("/api/v1/erasures").status_code == 403
    assert client.as_(principal(id=person)).get(f"/api/v1/erasures/{person}").status_code == 403


def test_a_stranger_can_have_nobody_erased(canary, client, principal):
    person, one = canary
    chair = principal(associations={UUID(one["id"]): "administrator"})

    for who in (chair, principal(), principal("caseworker")):
        assert client.as_(who).delete(f"/api/v1/people/{person}").status_code == 403
    assert client.as_(None).delete(f"/api/v1/people/{person}").status_code == 401


def test_whom_a_restore_brought_back_is_erased_again_though_they_were_the_last(
    client, published, coordinator, database, schedule, everything, outbox
):
    one = published(contact={"name": NAME, "email": EMAIL})
    person = one["contact"]["person_id"]
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tombstone (person_id, erased_at) VALUES (:id, now())"),
            {"id": person},
        )

    schedule()

    assert "anary" not in everything()
    assert len(outbox.of(PersonErased)) == 1
    shown = client.as_(coordinator).get(f"/api/v1/erasures/{person}").json
    assert shown["asked_by"] == "restore"


def test_a_tombstone_of_somebody_who_is_not_here_is_taken_note_of(database, schedule):
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tombstone (person_id, erased_at) VALUES (:id, now())"),
            {"id": uuid4()},
        )

    schedule()

    with database.reading() as session:
        (applied,) = session.scalars(text("SELECT applied_at FROM tombstone"))
    assert applied is not None


def test_ones_own_data_are_all_that_is_kept(canary, client, principal):
    person, one = canary

    found = client.as_(principal(id=person)).get(f"/api/v1/personal-data/directory/{person}").json

    parts = {part["kind"]: part["rows"] for part in found["parts"]}
    assert parts["person"][0]["email"] == EMAIL
    assert parts["membership"][0]["association_id"] == one["id"]
    assert parts["office"][0]["body"] == "council"
    assert found["withheld"] == []
    assert "hash" not in str(found)


def test_of_very_many_rows_the_newest_are_told_and_how_many_are_not(
    canary, client, coordinator, monkeypatch
):
    _, one = canary
    staff = client.as_(coordinator)
    call = {"association_id": one["id"], "outcome": "no-answer", "note": ""}
    for _ in range(3):
        staff.put(f"/api/v1/calls/{uuid4()}", json=call)
    monkeypatch.setattr("chassis.personal.MOST", 2)

    found = staff.get(f"/api/v1/personal-data/directory/{coordinator.id}").json

    (calls,) = [part for part in found["parts"] if part["kind"] == "call"]
    assert (len(calls["rows"]), calls["left_out"]) == (2, 2)
    (deeds,) = [part for part in found["parts"] if part["kind"] == "deed"]
    assert len(deeds["rows"]) == 2
    assert deeds["left_out"] > 0
