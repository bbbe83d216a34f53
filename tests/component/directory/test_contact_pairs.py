"""A team and an association with a named contact each: who makes it, sees it, and ends it (N12)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.directory import ContactPairEnded, ContactPairMade

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture(autouse=True)
def clock(clock):
    clock.set(NOON)
    return clock


@pytest.fixture
def staff(client, principal):
    return client.as_(principal("caseworker"))


@pytest.fixture
def one(published):
    return published()


@pytest.fixture
def editor(client, principal, one):
    return client.as_(principal(associations={UUID(one["id"]): "editor"}))


@pytest.fixture
def linked(staff, one):
    """Link the association with a team; return the answer."""

    def link(id_=None, **changes):
        body = {
            "association_id": one["id"],
            "department": "social",
            "team": "Hjemmeplejen, team Aars",
            "person": {"name": "Hanne Hjemmepleje", "email": "hanne@example.org"},
            "starts_on": "2026-03-01",
            "is_shown": True,
            **changes,
        }
        return staff.put(f"/api/v1/contact-pairs/{id_ or uuid4()}", json=body)

    return link


def answer(who, pair, one, **changes):
    body = {"person_id": one["contact"]["person_id"], "is_shown": True, **changes}
    return who.put(f"/api/v1/contact-pairs/{pair['id']}/association-part", json=body)


def seen_by(who, one):
    return who.get(f"/api/v1/contact-pairs?association_id={one['id']}").json["items"]


def test_the_municipality_goes_first_and_the_association_names_its_contact(
    linked, editor, one, outbox
):
    id_ = uuid4()
    made, again = linked(id_), linked(id_)
    before = seen_by(editor, one)

    answered = answer(editor, made.json, one)

    assert (made.status_code, again.status_code, answered.status_code) == (201, 200, 200)
    assert [each["association_contact_name"] for each in before] == [None]
    (pair,) = seen_by(editor, one)
    assert (pair["staff_name"], pair["association_contact_name"]) == (
        "Hanne Hjemmepleje",
        "Skjalm Skak",
    )
    assert pair["staff_person_id"] is None
    told = outbox.of(ContactPairMade)
    assert [each.association_person_id for each in told] == [
        None,
        UUID(one["contact"]["person_id"]),
    ]


@pytest.mark.parametrize(
    ("municipality", "association", "count"),
    [(True, True, 1), (True, False, 0), (False, True, 0), (False, False, 0)],
)
def test_everybody_sees_it_only_where_both_let_them(
    client, linked, editor, one, municipality, association, count
):
    pair = linked(is_shown=municipality).json
    answer(editor, pair, one, is_shown=association)

    public = seen_by(client.as_(None), one)
    single = client.as_(None).get(f"/api/v1/contact-pairs/{pair['id']}")

    assert len(public) == count
    assert single.status_code == (200 if count else 404)
    assert [each["association_person_id"] for each in public] == [None] * count
    assert "example.org" not in str(public)


def test_another_association_neither_sees_nor_answers_nor_ends_it(
    client, principal, linked, editor, one
):
    pair = linked(is_shown=False).json
    stranger = client.as_(principal(associations={uuid4(): "administrator"}))

    assert seen_by(stranger, one) == []
    refused = [
        stranger.get(f"/api/v1/contact-pairs/{pair['id']}"),
        answer(stranger, pair, one),
        stranger.post(f"/api/v1/contact-pairs/{pair['id']}/end", json={}),
    ]
    assert [each.status_code for each in refused] == [404] * 3


def test_its_contact_is_one_of_the_associations_people(linked, editor, one, published):
    other = published(name="Ranum Kor", contact={"name": "Rita", "email": "rita@example.org"})
    pair = linked().json

    refused = answer(editor, pair, one, person_id=other["contact"]["person_id"])

    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json["errors"]] == ["/person_id"]


def test_whoever_left_the_association_is_no_contact_of_it(client, coordinator, linked, editor, one):
    answer(editor, linked().json, one)
    role = {
        "association_id": one["id"],
        "person": {"name": "Karla", "email": "karla@example.org"},
        "role": "administrator",
    }
    office = client.as_(coordinator)
    office.put(f"/api/v1/memberships/{uuid4()}", json=role)
    listed = office.get(f"/api/v1/memberships?association_id={one['id']}").json["items"]
    (mine,) = [each for each in listed if each["person_id"] == one["contact"]["person_id"]]
    office.delete(f"/api/v1/memberships/{mine['id']}")

    (pair,) = seen_by(client.as_(None), one)

    assert pair["association_contact_name"] is None


@pytest.mark.parametrize("side", ["municipality", "association"])
def test_either_side_ends_it_with_a_day_and_then_it_is_gone(
    client, principal, staff, linked, editor, one, clock, outbox, side
):
    pair = linked().json
    answer(editor, pair, one)
    chair = client.as_(principal(associations={UUID(one["id"]): "administrator"}))
    who = staff if side == "municipality" else chair
    path = f"/api/v1/contact-pairs/{pair['id']}/end"

    ended = [who.post(path, json={"ends_on": "2026-03-31"}) for _ in range(2)]

    assert [each.json["ends_on"] for each in ended] == ["2026-03-31"] * 2
    assert [each.ends_on.isoformat() for each in outbox.of(ContactPairEnded)] == ["2026-03-31"]
    assert len(seen_by(client.as_(None), one)) == 1
    clock.move(timedelta(days=31))
    assert seen_by(client.as_(None), one) == []
    assert seen_by(editor, one) == []


def test_an_editor_does_not_end_it_and_the_council_does_not_make_it(
    client, principal, linked, editor, one
):
    pair = linked().json
    path = f"/api/v1/contact-pairs/{pair['id']}"

    refused = [
        editor.post(f"{path}/end", json={}),
        editor.put(path, json={}),
        client.as_(principal("council")).put(path, json={}),
        client.as_(principal("centre")).put(path, json={}),
        answer(client.as_(principal("caseworker")), pair, one),
    ]

    assert [each.status_code for each in refused] == [403] * 5


def test_a_pair_that_is_stale_or_anothers_or_of_no_department_is_refused(
    staff, linked, one, published
):
    id_ = uuid4()
    linked(id_)
    other = published(name="Ranum Kor", contact={"name": "Rita", "email": "rita@example.org"})

    anothers = linked(id_, association_id=other["id"])
    nowhere = linked(department="unknown")

    assert (anothers.status_code, slug(anothers)) == (409, "id-taken")
    assert [each["pointer"] for each in nowhere.json["errors"]] == ["/department"]


def test_an_erased_contact_has_no_name(client, coordinator, linked, editor, one):
    answer(editor, linked().json, one)
    people = client.as_(coordinator).get("/api/v1/people?q=hanne").json["items"]

    client.as_(coordinator).delete(f"/api/v1/people/{people[0]['id']}")

    (pair,) = seen_by(client.as_(None), one)
    assert pair["staff_name"] is None
