"""The volunteer centre's part: the agreement, who says no, the call list, and the figures (N29)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.directory import AssociationConfirmed, EditingAgreementMade
from contracts.notifier import DeliveryFailed
from contracts.values import OnBehalf


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture
def centre(principal):
    return principal("centre")


@pytest.fixture
def agreement(client):
    """The agreement that the profile brought."""
    (found,) = client.as_(None).get("/api/v1/editing-agreements").json["items"]
    return found


@pytest.fixture
def listed(published, deliver):
    """Put an association on the call list, by a mail that bounced."""

    def put(**changes):
        name = changes.get("name", "Nørrebro Skakklub")
        email = f"{name.split()[0].lower()}@example.org"
        one = published(contact={"name": f"Kontakt i {name}", "email": email}, **changes)
        deliver(
            DeliveryFailed(
                delivery_id=uuid4(),
                template="round_announced",
                person_id=UUID(one["contact"]["person_id"]),
                association_id=None,
                reason="550",
            )
        )
        return one

    return put


def call(one, outcome="no-answer", note="Prøver igen torsdag."):
    return {"association_id": one["id"], "outcome": outcome, "note": note}


def administrator_of(client, principal, one):
    return client.as_(principal(associations={UUID(one["id"]): "administrator"}))


def test_the_centre_edits_and_confirms_while_an_agreement_is_in_force(
    client, published, centre, coordinator, agreement, clock
):
    one = published()
    path = f"/api/v1/associations/{one['id']}"
    ended = {"starts_on": "2023-01-01", "ends_on": "2023-12-31", "freshness_target": 80}

    edited = client.as_(centre).patch(path, json={"phone": "99 66 70 00"})
    client.as_(coordinator).put(f"/api/v1/editing-agreements/{agreement['id']}", json=ended)
    refused = [
        client.as_(centre).patch(path, json={"phone": "1"}),
        client.as_(centre).post(f"{path}/confirmation"),
        client.as_(centre).put(f"/api/v1/calls/{uuid4()}", json=call(one)),
    ]

    assert edited.status_code == 200
    assert {(each.status_code, slug(each), each.json["reason"]) for each in refused} == {
        (403, "not-delegated", "no-agreement")
    }
    assert client.as_(coordinator).post(f"{path}/confirmation").status_code == 200


@pytest.mark.parametrize("changes", [{"name": "Ny Klub"}, {"cvr": "13748136"}, {"form": "group"}])
def test_who_an_association_is_the_centre_does_not_say(client, published, centre, changes):
    one = published()
    path = f"/api/v1/associations/{one['id']}"

    refused = client.as_(centre).patch(path, json={**changes, "phone": "1"})
    same = client.as_(centre).patch(path, json={"name": one["name"], "cvr": None, "phone": "2"})

    assert (refused.status_code, refused.json["reason"]) == (403, "identity")
    assert (same.status_code, same.json["phone"]) == (200, "2")


def test_an_association_that_says_no_keeps_its_record_itself(
    client, listed, centre, coordinator, principal
):
    one, other = listed(), listed(name="Ranum Kor")
    path = f"/api/v1/associations/{one['id']}"
    chair = administrator_of(client, principal, one)

    said_no = chair.put(f"{path}/delegation", json={"centre_may_edit": False})

    assert said_no.json["centre_may_edit"] is False
    refused = [
        client.as_(centre).patch(path, json={"phone": "1"}),
        client.as_(centre).post(f"{path}/confirmation"),
        client.as_(centre).put(f"/api/v1/calls/{uuid4()}", json=call(one)),
    ]
    assert {each.json["reason"] for each in refused} == {"declined"}
    seen = client.as_(centre).get("/api/v1/call-list").json["items"]
    assert [each["association_id"] for each in seen] == [other["id"]]
    everything = client.as_(coordinator).get("/api/v1/call-list").json["items"]
    assert {each["association_id"] for each in everything} == {one["id"], other["id"]}
    assert client.get(path).json["centre_may_edit"] is None


def test_the_centre_cannot_decide_for_an_association_that_it_may_edit(
    client, published, centre, principal
):
    one, other = published(), published(name="Ranum Kor")
    path = f"/api/v1/associations/{one['id']}/delegation"
    yes = {"centre_may_edit": True}

    answers = [
        client.as_(centre).put(path, json=yes),
        administrator_of(client, principal, other).put(path, json=yes),
        client.as_(principal(associations={UUID(one["id"]): "editor"})).put(path, json=yes),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403]


def test_two_agreements_never_hold_on_one_day(client, coordinator, agreement, outbox):
    staff = client.as_(coordinator)
    body = {"starts_on": "2030-01-01", "ends_on": None, "freshness_target": 95}

    clash = staff.put(f"/api/v1/editing-agreements/{uuid4()}", json=body)
    ended = {**agreement, "ends_on": "2029-12-31"}
    for name in ("id", "version"):
        del ended[name]
    staff.put(
        f"/api/v1/editing-agreements/{agreement['id']}",
        json=ended,
        headers={"If-Match": f'"{agreement["version"]}"'},
    )
    made = staff.put(f"/api/v1/editing-agreements/{uuid4()}", json=body)

    assert (clash.status_code, slug(clash)) == (409, "agreement-overlaps")
    assert made.status_code == 201
    assert [each.freshness_target for each in outbox.of(EditingAgreementMade)][-2:] == [90, 95]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"freshness_target": 101}, "/freshness_target"),
        ({"freshness_target": "90"}, "/freshness_target"),
        ({"ends_on": "2022-12-31"}, "/ends_on"),
        ({"starts_on": "i morgen"}, "/starts_on"),
    ],
)
def test_an_agreement_that_makes_no_sense_is_named_at_its_field(
    client, coordinator, changes, pointer
):
    body = {"starts_on": "2023-01-01", "ends_on": None, "freshness_target": 90, **changes}

    answer = client.as_(coordinator).put(f"/api/v1/editing-agreements/{uuid4()}", json=body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_a_call_without_an_answer_stays_on_the_list_and_is_seen_there(client, listed, centre):
    one = listed(phone="99 66 70 00")
    path = f"/api/v1/calls/{uuid4()}"

    first = client.as_(centre).put(path, json=call(one))
    again = client.as_(centre).put(path, json=call(one))
    other = client.as_(centre).put(path, json=call(one, note="Noget andet"))

    assert [each.status_code for each in (first, again, other)] == [201, 200, 409]
    (entry,) = client.as_(centre).get("/api/v1/call-list").json["items"]
    assert (entry["call_count"], entry["last_outcome"]) == (1, "no-answer")
    assert (entry["phone"], entry["contact_name"]) == (
        "99 66 70 00",
        "Kontakt i Nørrebro Skakklub",
    )
    assert entry["stale_reason"] == "bounced"
    (kept,) = client.as_(centre).get(f"/api/v1/calls?association_id={one['id']}").json["items"]
    assert (kept["note"], kept["on_behalf"]) == ("Prøver igen torsdag.", "centre")


def test_a_call_that_confirms_does_so_on_the_associations_behalf(client, listed, centre, outbox):
    one = listed()

    client.as_(centre).put(f"/api/v1/calls/{uuid4()}", json=call(one, "confirmed"))

    assert client.as_(centre).get("/api/v1/call-list").json["items"] == []
    (event,) = outbox.of(AssociationConfirmed)
    assert event.confirmed_by is OnBehalf.CENTRE
    assert client.get(f"/api/v1/associations/{one['id']}").json["confirmed_by"] == "centre"


def test_that_an_association_is_no_more_waits_for_the_coordinator(
    client, listed, centre, coordinator
):
    one = listed()

    client.as_(centre).put(f"/api/v1/calls/{uuid4()}", json=call(one, "closed", "Formanden sagde."))

    (entry,) = client.as_(coordinator).get("/api/v1/call-list").json["items"]
    assert entry["last_outcome"] == "closed"
    closing = f"/api/v1/associations/{one['id']}/closure"
    assert client.as_(centre).post(closing, json={"reason": "Nedlagt"}).status_code == 403
    client.as_(coordinator).post(closing, json={"reason": "Nedlagt"})
    assert client.as_(coordinator).get("/api/v1/call-list").json["items"] == []


def test_calls_and_their_notes_are_for_those_who_call(client, listed, centre, principal):
    one = listed()
    client.as_(centre).put(f"/api/v1/calls/{uuid4()}", json=call(one))
    others = [
        principal("caseworker"),
        principal("council"),
        principal(associations={UUID(one["id"]): "administrator"}),
        principal(),
    ]

    for path in ("/api/v1/calls", "/api/v1/call-list"):
        assert [client.as_(each).get(path).status_code for each in others] == [403] * 4
        assert client.as_(None).get(path).status_code == 401
    refused = client.as_(others[2]).put(f"/api/v1/calls/{uuid4()}", json=call(one))
    assert refused.status_code == 403


def test_the_figures_count_ages_fields_and_the_target(client, published, listed, clock):
    published(area="aars", phone="99 66 70 00")
    clock.move(timedelta(days=370))
    published(name="Ranum Kor", area="farso", website="https://ranumkor.dk")
    clock.move(timedelta(days=50))
    listed(name="Aars Madklub", area="aars", cvr="13748136", public_email="mad@example.org")

    figures = client.as_(None).get("/api/v1/vejviser-figures").json

    counted = {name: figures[name] for name in ("total", "fresh", "ageing", "unconfirmed")}
    assert counted == {"total": 3, "fresh": 2, "ageing": 0, "unconfirmed": 1}
    assert (figures["fresh_percent"], figures["freshness_target"]) == (66, 90)
    assert {each["field"]: each["filled"] for each in figures["completeness"]} == {
        "cvr": 1,
        "website": 1,
        "phone": 1,
        "public_email": 1,
    }
    assert figures["complete_percent"] == 33
    by_area = {each["area"]: (each["fresh"], each["total"]) for each in figures["areas"]}
    assert by_area == {"aars": (1, 2), "farso": (1, 1)}
    assert (figures["on_call_list"], figures["kept_by_themselves"]) == (1, 0)


def test_the_counted_ages_are_those_of_the_records(client, published, clock):
    for day in range(0, 420, 60):
        published(
            name=f"Klub {day}",
            contact={"name": "Klub", "email": f"klub{day}@example.org"},
        )
        clock.move(timedelta(days=60))

    figures = client.get("/api/v1/vejviser-figures").json
    listed = client.get("/api/v1/associations?limit=200").json["items"]

    for age in ("fresh", "ageing", "unconfirmed"):
        assert figures[age] == sum(each["freshness"] == age for each in listed), age
    assert figures["fresh"] not in {0, len(listed)}


def test_an_empty_vejviser_has_figures_too(client):
    figures = client.get("/api/v1/vejviser-figures").json

    assert (figures["total"], figures["fresh_percent"], figures["complete_percent"]) == (0, 0, 0)
