"""Offers: written, published, changed, withdrawn, by those who may; and the municipality's note."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis import migrations
from chassis.database import Database
from contracts.directory import (
    AssociationAnnotated,
    AssociationClosed,
    OfferChanged,
    OfferPublished,
    OfferWithdrawn,
)

OFFERS = "/api/v1/offers"
MUNICIPAL = "/api/v1/municipal-offers"


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def pointers(answer):
    return {error["pointer"] for error in answer.json["errors"]}


@pytest.fixture
def mine(published, principal):
    """Give an association and its editor."""
    association = published()
    return association, principal(associations={association["id"]: "editor"})


def test_an_association_writes_several_offers_and_publishes_them(client, mine, described, outbox):
    association, editor = mine
    me = client.as_(editor)
    ids = [uuid4(), uuid4()]
    outbox.clear()

    for id_, title in zip(ids, ["Besøgsven", "Gåtur i skoven"], strict=True):
        body = described(association_id=association["id"], title=title)
        assert me.put(f"{OFFERS}/{id_}", json=body).status_code == 201
    assert outbox.events == []
    assert client.get(f"{OFFERS}/{ids[0]}").status_code == 404
    for id_ in ids:
        assert me.post(f"{OFFERS}/{id_}/publication").json["status"] == "published"

    assert [event.title for event in outbox.of(OfferPublished)] == ["Besøgsven", "Gåtur i skoven"]
    listed = client.get(f"{OFFERS}?association_id={association['id']}").json["items"]
    assert [each["title"] for each in listed] == ["Besøgsven", "Gåtur i skoven"]
    shown = client.get(f"{OFFERS}/{ids[0]}").json
    assert shown["association_name"] == association["name"]
    assert shown["contact_email"] == "besoeg@example.org"
    assert shown["times"][0]["rrule"] == "FREQ=WEEKLY;BYDAY=TU"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"description": "Ring til Jens, 010190-1234"}, "/description"),
        ({"contact_title": "Jens 0101901234"}, "/contact_title"),
        ({"target_groups": []}, "/target_groups"),
        ({"target_groups": ["martians"]}, "/target_groups/0"),
        ({"topics": ["visiting", "gambling"]}, "/topics/1"),
        ({"area": "atlantis"}, "/area"),
        ({"postcode": "96000"}, "/postcode"),
        ({"latitude": 56.8}, "/longitude"),
        ({"latitude": 0, "longitude": 0}, "/latitude"),
        ({"contact_email": "no address"}, "/contact_email"),
        ({"languages": ["dansk!"]}, "/languages/0"),
        ({"price_ore": -1}, "/price_ore"),
        ({"price_ore": 12.5}, "/price_ore"),
        ({"times": [{"rrule": "FREQ=WEEKLY"}]}, "/times/0/starts"),
        ({"times": [{"rrule": "x", "starts_on": "2026-03-03", "starts": "9", "ends": "10:00"}]},
         "/times/0/starts"),
        ({"times": [{"rrule": "FREQ=HOURLY", "starts_on": "2026-03-03", "starts": "09:00",
                     "ends": "10:00"}]}, "/times/0/rrule"),
        ({"status": "published"}, "/status"),
        ({"department": "social"}, "/department"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_at_its_field(client, mine, described, changes, pointer):
    association, editor = mine

    answer = client.as_(editor).put(
        f"{OFFERS}/{uuid4()}", json=described(association_id=association["id"], **changes)
    )

    assert answer.status_code == 422
    assert pointer in pointers(answer)


def test_nobody_touches_the_offers_of_another_association(
    client, mine, published, principal, described, outbox
):
    association, editor = mine
    other = published(name="Sorø Sangkor")
    stranger = principal(associations={other["id"]: "administrator"})
    me, them = client.as_(editor), client.as_(stranger)
    path = f"{OFFERS}/{uuid4()}"
    me.put(path, json=described(association_id=association["id"]))
    outbox.clear()

    theirs = described(association_id=other["id"])
    mine_again = described(association_id=association["id"])

    assert them.get(path).status_code == 404
    assert them.put(path, json=mine_again).status_code == 403
    assert slug(them.put(path, json=theirs)) == "id-taken"
    assert them.post(f"{path}/publication").status_code == 404
    assert them.post(f"{path}/withdrawal").status_code == 404
    assert them.delete(path).status_code == 404
    assert them.get(f"{OFFERS}?status=draft&association_id={association['id']}").json["items"] == []
    assert me.get(f"{OFFERS}?status=draft").json["items"] != []
    assert outbox.events == []


def test_a_member_reads_drafts_and_writes_none(client, mine, principal, described):
    association, editor = mine
    path = f"{OFFERS}/{uuid4()}"
    body = described(association_id=association["id"])
    client.as_(editor).put(path, json=body)
    member = client.as_(principal(associations={association["id"]: "member"}))

    assert member.get(path).json["status"] == "draft"
    assert member.put(path, json=body).status_code == 403
    assert member.post(f"{path}/publication").status_code == 403


def test_an_offer_waits_for_its_association_to_be_in_the_vejviser(
    client, registration, principal, described
):
    id_ = uuid4()
    client.put(f"/api/v1/associations/{id_}", json=registration())
    me, path = client.as_(principal(associations={id_: "editor"})), f"{OFFERS}/{uuid4()}"

    assert me.put(path, json=described(association_id=str(id_))).status_code == 201
    refused = me.post(f"{path}/publication")

    assert (refused.status_code, slug(refused)) == (409, "association-not-published")


def test_an_editor_withdraws_reads_and_brings_back_their_own(client, mine, offered, described):
    association, editor = mine
    me, path = client.as_(editor), f"{OFFERS}/{offered(association)['id']}"
    draft = f"{OFFERS}/{uuid4()}"

    assert me.post(f"{path}/withdrawal").json["status"] == "withdrawn"
    assert me.get(path).status_code == 200
    assert me.post(f"{path}/publication").status_code == 200
    me.put(draft, json=described(association_id=association["id"]))
    assert me.delete(draft).status_code == 204


def test_who_keeps_an_offer_says_whether_there_is_room(
    client, mine, offered, principal, clock, outbox
):
    association, editor = mine
    offer = offered(association)
    me, path = client.as_(editor), f"{OFFERS}/{offer['id']}/capacity"
    outbox.clear()
    clock.move(timedelta(days=1))

    still = me.post(path, json={"takes_new_users": True}).json
    clock.move(timedelta(days=1))
    full = me.post(path, json={"takes_new_users": False}).json

    assert offer["capacity_said_at"] < still["capacity_said_at"] < full["capacity_said_at"]
    assert (still["changed_at"], full["takes_new_users"]) == (offer["changed_at"], False)
    assert client.get(f"{OFFERS}/{offer['id']}").json == full
    events = outbox.of(OfferChanged)
    assert [event.takes_new_users for event in events] == [True, False]
    assert events[0].capacity_said_at < events[1].capacity_said_at
    assert pointers(me.post(path, json={})) == {"/takes_new_users"}
    for other, status in (
        (client.as_(principal(associations={association["id"]: "member"})), 403),
        (client.as_(principal(associations={uuid4(): "administrator"})), 404),
        (client.as_(principal("caseworker")), 403),
        (client, 401),
    ):
        assert other.post(path, json={"takes_new_users": True}).status_code == status


def test_a_department_says_whether_there_is_room_for_its_own_alone(
    client, mine, offered, coordinator, principal, described
):
    association, _ = mine
    staff, path = client.as_(coordinator), f"{MUNICIPAL}/{uuid4()}"
    staff.put(path, json=described(department="social"))
    others = f"{MUNICIPAL}/{offered(association)['id']}/capacity"
    body = {"takes_new_users": False}

    assert staff.post(f"{path}/capacity", json=body).json["takes_new_users"] is False
    assert staff.post(others, json=body).status_code == 404
    council = client.as_(principal("council"))
    assert council.post(f"{path}/capacity", json=body).status_code == 403


def test_what_the_version_before_wrote_counts_as_of_when_it_was_written(service, postgres):
    url, folder = postgres.ensure_database("directory_capacity"), service.migrations_folder
    migrations.upgrade(url, folder, "0017")
    database = Database(url, service=service.name)
    written, published = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
    as_before = text(
        "INSERT INTO offer (id, version, department, title, description, target_groups, topics,"
        " area, times, occasions, languages, takes_new_users, needs_volunteers, status,"
        " created_at, changed_at, published_at) VALUES (gen_random_uuid(), 1, 'social', :title, '',"
        " '{}', '{}', 'aars', '[]', '{}', '{da}', true, false, 'published', :at, :at, :out)"
    )

    with database.engine.begin() as connection:
        connection.execute(as_before, {"title": "draft", "at": written, "out": None})
        connection.execute(as_before, {"title": "public", "at": written, "out": published})
    migrations.upgrade(url, folder)
    with database.engine.begin() as connection:
        # The version before goes on writing until it has gone.
        connection.execute(as_before, {"title": "meanwhile", "at": written, "out": None})
        found = connection.execute(text("SELECT title, capacity_said_at FROM offer"))
        said = {row.title: row.capacity_said_at for row in found}
    database.close()
    migrations.downgrade(url, folder)

    assert (said["draft"], said["public"]) == (written, published)
    assert said["meanwhile"] > published


def test_an_association_that_closes_takes_its_offers_along(
    client, mine, offered, coordinator, outbox
):
    association, editor = mine
    offers = [offered(association, title=title) for title in ("Besøgsven", "Gåtur")]
    outbox.clear()

    client.as_(coordinator).post(
        f"/api/v1/associations/{association['id']}/closure", json={"reason": "Nedlagt"}
    )

    withdrawn = {str(event.offer_id) for event in outbox.of(OfferWithdrawn)}
    assert withdrawn == {each["id"] for each in offers}
    assert len(outbox.of(AssociationClosed)) == 1
    assert client.get("/api/v1/search").json["total"] == 0
    again = client.as_(editor).post(f"{OFFERS}/{offers[0]['id']}/publication")
    assert slug(again) == "association-not-published"


def test_closing_and_publishing_at_once_leaves_nothing_behind(client, mine, described, coordinator):
    association, editor = mine
    paths = [f"{OFFERS}/{uuid4()}" for _ in range(4)]
    for path in paths:
        client.as_(editor).put(path, json=described(association_id=association["id"]))

    def act(path):
        if path is None:
            return client.as_(coordinator).post(
                f"/api/v1/associations/{association['id']}/closure", json={"reason": "Nedlagt"}
            )
        return client.as_(editor).post(f"{path}/publication")

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(act, [paths[0], paths[1], None, paths[2], paths[3]]))

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert client.get("/api/v1/search").json["total"] == 0


@pytest.mark.parametrize("office", ["coordinator", "caseworker", "centre"])
def test_the_municipality_offers_in_the_name_of_a_department(
    client, principal, described, outbox, office
):
    staff, path = client.as_(principal(office)), f"{MUNICIPAL}/{uuid4()}"
    id_ = path.rpartition("/")[2]

    assert staff.put(path, json=described(department="social")).status_code == 201
    assert slug(staff.put(path, json=described(department="culture"))) == "id-taken"
    assert staff.post(f"{path}/publication").status_code == 200

    shown = client.get(f"{OFFERS}/{id_}").json
    assert (shown["department"], shown["association_id"]) == ("social", None)
    assert outbox.of(OfferPublished)[-1].department == "social"
    assert client.get(f"{OFFERS}?department=social").json["items"][0]["id"] == id_
    assert staff.post(f"{path}/withdrawal").json["status"] == "withdrawn"


def test_the_two_kinds_are_not_changed_at_each_others_address(
    client, mine, coordinator, described, offered
):
    association, _ = mine
    offer = offered(association)
    staff = client.as_(coordinator)
    municipal = f"{MUNICIPAL}/{uuid4()}"
    staff.put(municipal, json=described(department="social"))

    assert staff.post(f"{MUNICIPAL}/{offer['id']}/withdrawal").status_code == 404
    assert staff.post(f"{OFFERS}/{municipal.rpartition('/')[2]}/publication").status_code == 404
    unknown = staff.put(f"{MUNICIPAL}/{uuid4()}", json=described(department="police"))
    assert pointers(unknown) == {"/department"}


def test_the_note_stands_apart_from_the_associations_own_words(
    client, mine, coordinator, principal, outbox
):
    association, editor = mine
    path = f"/api/v1/associations/{association['id']}/municipal-note"
    staff = client.as_(coordinator)
    outbox.clear()
    assert client.get(path).status_code == 404

    written = staff.put(path, json={"text": "Har aftale med jobcentret."})
    again = staff.put(path, json={"text": "Har aftale med jobcentret."})

    assert (written.status_code, again.status_code) == (201, 200)
    assert client.get(path).json["text"] == "Har aftale med jobcentret."
    stated = client.get(f"/api/v1/associations/{association['id']}").json
    assert "jobcentret" not in stated["purpose"]
    assert stated["version"] == association["version"]
    assert [event.note for event in outbox.of(AssociationAnnotated)] == [
        "Har aftale med jobcentret."
    ]
    assert client.as_(editor).put(path, json={"text": "Vi er bedst"}).status_code == 403
    assert client.as_(principal("centre")).put(path, json={"text": "x"}).status_code == 403
    cpr = staff.put(path, json={"text": "Formanden er 010190-1234"})
    assert pointers(cpr) == {"/text"}
    assert staff.put(path, json={"text": " "}).status_code == 200
    assert client.get(path).status_code == 404
