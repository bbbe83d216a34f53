"""Forgetting a person: their name goes wherever it is held, their cases stay (GDPR art. 17)."""

from uuid import uuid4

import pytest
import sqlalchemy

from contracts.directory import PersonErased, PersonRegistered
from tests.component.grants.conftest import application_body, id_of, membership, office

NAME = "Torben Todelt"
ASSESSMENT = {"scores": {}, "recommend": "yes"}


@pytest.fixture
def everything(database):
    """Return the text of every row of every table, the stored messages included."""

    def read():
        with database.engine.connect() as connection:
            tables = connection.scalars(
                sqlalchemy.text(
                    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
                )
            ).all()
            rows = []
            for table in tables:
                found = connection.execute(sqlalchemy.text(f"SELECT * FROM {table}"))
                for row in found:
                    rows += [
                        bytes(value).decode(errors="replace")
                        if isinstance(value, bytes | memoryview)
                        else str(value)
                        for value in row
                    ]
        return "\n".join(rows)

    return read


@pytest.fixture
def known(official, deliver):
    """Act as a member of the council whom the directory has told of by name."""
    acting = official("council", NAME)
    deliver(PersonRegistered(person_id=acting.person_id, name=NAME, email="torben@example.org"))
    return acting


def test_a_member_of_the_council_is_forgotten_everywhere(
    closed, known, deliver, everything, coordinator
):
    _, [(first, _), (second, writer)] = closed(30_000_00, 20_000_00)
    place = f"/api/v1/assessments/{uuid4()}"
    known.put(place, json={"application_id": id_of(first), **ASSESSMENT})
    assert known.post(f"{place}/submission").status_code == 200
    deliver(membership(writer.association_id, known.person_id, leads=True))
    known.post(f"{first}/conflicts", json={"ground": "Kender formanden."})
    assert NAME in everything()

    deliver(PersonErased(person_id=known.person_id), times=2)

    assert NAME not in everything()
    (assessed,) = coordinator.get(f"/api/v1/assessments?application_id={id_of(first)}").json[
        "items"
    ]
    assert (assessed["person_id"], assessed["person_name"]) == (str(known.person_id), "")
    told = coordinator.get(second).json
    assert [(each["name"], each["ground"]) for each in told["disqualified"]] == [("", "leads")]
    assert any("(slettet) er inhabil" in each["text"] for each in told["history"])


def test_an_applicants_name_goes_where_it_was_typed(
    open_round, publish_association, member, deliver, everything
):
    association_id = publish_association()
    writer = member(association_id, name=NAME)
    path = f"/api/v1/applications/{uuid4()}"
    round_path = open_round()
    body = application_body(round_path, association_id, contact_name=NAME, signatory_name=NAME)
    writer.put(path, json=body)
    assert writer.post(f"{path}/submission").status_code == 200
    colleague = member(association_id, name="Rita Redaktør")

    deliver(PersonErased(person_id=writer.person_id))

    assert NAME not in everything()
    shown = colleague.get(path).json
    assert shown["contact_name"] == shown["signatory_name"] == "(slettet)"
    assert (shown["status"], shown["case_number"]) == ("submitted", "2024-0001")


def test_a_namesake_in_another_case_is_left_alone(submitted, open_round, known, deliver):
    case, writer = submitted(open_round(), contact_name=NAME)

    deliver(PersonErased(person_id=known.person_id))

    assert writer.get(case).json["contact_name"] == NAME


def test_what_was_typed_as_ones_ground_is_forgotten_too(closed, known, deliver, everything):
    _, [(case, _)] = closed()
    known.post(f"{case}/conflicts", json={"ground": f"Jeg, {NAME}, er gift med formanden."})

    deliver(PersonErased(person_id=known.person_id))

    assert NAME not in everything()


def test_who_is_forgotten_stays_disqualified(closed, known, deliver):
    _, [(case, _)] = closed()
    known.post(f"{case}/conflicts", json={"ground": "Er gift med formanden."})

    deliver(PersonErased(person_id=known.person_id))

    assert known.get(case).status_code == 404


def test_a_name_in_a_later_event_does_not_come_back(known, deliver, everything):
    seat = office("council", person_id=known.person_id, name=NAME)
    deliver(seat)

    deliver(PersonErased(person_id=known.person_id))

    assert NAME not in everything()


def test_who_was_ruled_on_and_who_ruled_are_forgotten(closed, known, official, deliver, everything):
    _, [(case, writer)] = closed()
    ruler = official("coordinator", "Karla Konsulent")
    deliver(PersonRegistered(person_id=ruler.person_id, name="Karla Konsulent", email="k@e.org"))
    deliver(membership(writer.association_id, known.person_id, leads=True))
    ruling = {"ruling": "cleared", "reason": f"{NAME} er ikke i bestyrelsen."}
    answer = ruler.post(f"{case}/conflicts/{known.person_id}/ruling", json=ruling)
    assert answer.status_code == 200, answer.json

    for each in (known, ruler):
        deliver(PersonErased(person_id=each.person_id))

    assert NAME not in everything()
    assert "Karla Konsulent" not in everything()
    assert "er ikke i bestyrelsen" in everything()
