"""Duplicates are seen, mergers and closures keep history, and what was closed comes back."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from contracts.directory import (
    AssociationClosed,
    AssociationMerged,
    AssociationReopened,
    MembershipGranted,
)
from services.directory.queries.sign_in import claims


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture
def staff(client, coordinator):
    return lambda: client.as_(coordinator)


@pytest.fixture
def merged(staff):
    def merge(one, other, reason="To blev til én"):
        return staff().post(
            f"/api/v1/associations/{one['id']}/merger",
            json={"into_id": other["id"], "reason": reason},
        )

    return merge


@pytest.fixture
def waiting(client, registration):
    """Register an association that waits; return its id."""

    def register(**changes):
        id_ = uuid4()
        contact = {"name": "Ny Nysen", "email": f"ny-{id_.hex[:6]}@example.org"}
        body = registration(**{"contact": contact, "cvr": None, **changes})
        assert client.as_(None).put(f"/api/v1/associations/{id_}", json=body).status_code == 201
        return str(id_)

    return register


@pytest.mark.parametrize(
    ("known", "new", "reasons"),
    [
        ({"name": "Aars Skakklub"}, {"name": "Skakklubben i Aars"}, {"name"}),
        ({"name": "Sønderup Kor"}, {"name": "Soenderup kor"}, {"name"}),
        ({"name": "Besøgsvennerne Aars"}, {"name": "Besøgsvenerne Aars"}, {"name"}),
        (
            {"name": "Madklubben", "phone": "99 66 70 00"},
            {"name": "Kokkene", "phone": "+45 99667000"},
            {"phone"},
        ),
        (
            {"name": "Madklubben", "website": "https://www.mad.dk/"},
            {"name": "Kokkene", "website": "http://mad.dk"},
            {"website"},
        ),
        (
            {"name": "Madklubben", "public_email": "Mad@example.org"},
            {"name": "Kokkene", "public_email": "mad@example.org"},
            {"email"},
        ),
        (
            {"name": "Madklubben", "street": "Søndergade 12 B", "postcode": "9600"},
            {
                "name": "Madklubben for Unge",
                "street": "søndergade 12b, 1. tv.",
                "postcode": "9600",
            },
            {"address", "name"},
        ),
    ],
)
def test_what_may_be_the_same_association_is_pointed_out(
    published, waiting, staff, known, new, reasons
):
    one = published(**known)
    published(name="Natteravnene", contact={"name": "N", "email": "nat@example.org"})
    id_ = waiting(**new)

    (found,) = staff().get(f"/api/v1/associations/{id_}/duplicates").json["items"]

    assert found["association"]["id"] == one["id"]
    assert found["association"]["contact"]["name"] == "Skjalm Skak"
    assert set(found["reasons"]) == reasons


def test_a_closed_association_with_the_same_number_is_pointed_out(published, waiting, staff):
    one = published(cvr="13748136")
    staff().post(f"/api/v1/associations/{one['id']}/closure", json={"reason": "Nedlagt"})
    id_ = waiting(name="Noget helt andet", cvr="13748136")

    (found,) = staff().get(f"/api/v1/associations/{id_}/duplicates").json["items"]

    assert (found["association"]["status"], found["reasons"]) == ("closed", ["cvr"])


def test_unlike_associations_with_one_contact_are_no_duplicates(published, waiting, staff):
    published(name="Natteravnene")
    id_ = waiting(name="Sangkoret", contact={"name": "Skjalm", "email": "skjalm@example.org"})

    assert staff().get(f"/api/v1/associations/{id_}/duplicates").json["items"] == []


def test_unlike_associations_in_one_house_are_no_duplicates(published, waiting, staff):
    house = {"street": "Frivillighuset, Søndergade 12", "postcode": "9600", "city": "Aars"}
    published(name="Madklubben", **house)
    id_ = waiting(name="Skakvennerne", **house)

    assert staff().get(f"/api/v1/associations/{id_}/duplicates").json["items"] == []


def test_duplicates_are_the_coordinators_to_see(client, published, waiting, principal):
    published()
    path = f"/api/v1/associations/{waiting()}/duplicates"

    for somebody in (principal("centre"), principal("caseworker"), principal()):
        assert client.as_(somebody).get(path).status_code == 403


def test_a_duplicate_registration_is_merged_and_its_address_leads_on(
    client, published, waiting, merged, outbox
):
    known, id_ = published(), waiting(name="Noerrebro skakklub")
    outbox.clear()

    answer = merged({"id": id_}, known)

    assert (answer.json["status"], answer.json["merged_into_id"]) == ("closed", known["id"])
    (event,) = outbox.of(AssociationMerged)
    assert (event.name, event.into_name) == ("Noerrebro skakklub", "Nørrebro Skakklub")
    assert outbox.of(MembershipGranted, AssociationClosed) == []
    public = client.as_(None).get(f"/api/v1/associations/{id_}")
    assert (public.status_code, slug(public)) == (404, "association-merged")
    assert public.json["merged_into"] == known["id"]


def test_a_merger_moves_nobodys_role(client, published, merged, principal):
    one, other = published(), published(name="Ranum Kor")
    merged(one, other)
    chair = client.as_(principal(associations={UUID(one["id"]): "administrator"}))

    refused = chair.patch(f"/api/v1/associations/{other['id']}", json={"phone": "1"})
    own = chair.get(f"/api/v1/associations/{one['id']}")

    assert refused.status_code == 403
    assert own.json["merged_into_id"] == other["id"]


def test_the_people_of_a_merged_association_still_speak_for_it_and_of_a_closed_one_not(
    published, merged, staff, database
):
    one, other = published(), published(name="Ranum Kor")
    closed = published(name="Aars Madklub")
    merged(one, other)
    staff().post(f"/api/v1/associations/{closed['id']}/closure", json={"reason": "Nedlagt"})

    with database.reading() as session:
        token = claims(session, UUID(one["contact"]["person_id"]), day=date(2024, 5, 1))

    assert token["associations"] == {one["id"]: "administrator", other["id"]: "administrator"}


def test_those_merged_before_go_on_with_the_last_one(client, published, merged, outbox):
    first, second, third = (published(name=name) for name in ("Ét Kor", "To Kor", "Tre Kor"))
    merged(first, second)

    merged(second, third)

    leads = client.as_(None).get(f"/api/v1/associations/{first['id']}").json["merged_into"]
    assert leads == third["id"]
    told = [(str(event.association_id), event.into_name) for event in outbox.of(AssociationMerged)]
    assert told == [
        (first["id"], "To Kor"),
        (second["id"], "Tre Kor"),
        (first["id"], "Tre Kor"),
    ]


def test_what_cannot_be_merged_is_refused(client, published, waiting, merged, staff, outbox):
    one, id_ = published(), waiting(name="Venter")
    rejected = waiting(name="Afvist")
    staff().post(f"/api/v1/associations/{rejected}/rejection", json={"reason": "Nej"})

    itself = merged(one, one)
    into_waiting = merged(one, {"id": id_})
    out_of_rejected = merged({"id": rejected}, one)
    into_nothing = merged(one, {"id": str(uuid4())})

    assert (itself.status_code, itself.json["errors"][0]["pointer"]) == (422, "/into_id")
    assert [slug(each) for each in (into_waiting, out_of_rejected)] == ["wrong-state"] * 2
    assert into_nothing.status_code == 404
    assert outbox.of(AssociationMerged) == []


def test_merging_twice_is_once(published, merged, outbox):
    one, other = published(), published(name="Ranum Kor")

    assert [merged(one, other).status_code for _ in range(2)] == [200, 200]
    assert len(outbox.of(AssociationMerged)) == 1


def test_a_merged_or_closed_association_comes_back_as_it_was(
    client, published, merged, staff, outbox
):
    one, other = published(), published(name="Ranum Kor")
    merged(one, other)
    path = f"/api/v1/associations/{one['id']}"

    back = staff().post(f"{path}/reopening")
    twice = staff().post(f"{path}/reopening")

    assert (back.status_code, twice.status_code) == (200, 200)
    public = client.as_(None).get(path).json
    assert (public["status"], public["name"]) == ("published", "Nørrebro Skakklub")
    (event,) = outbox.of(AssociationReopened)
    assert (event.purpose, event.area) == (one["purpose"], one["area"])


def test_reopening_needs_a_free_number_and_somebody_who_answers(
    client, published, waiting, staff, outbox
):
    one = published(cvr="13748136")
    path = f"/api/v1/associations/{one['id']}"
    staff().post(f"{path}/closure", json={"reason": "Nedlagt"})
    taker = waiting(name="Den nye", cvr="13748136")

    taken = staff().post(f"{path}/reopening")
    staff().post(f"/api/v1/associations/{taker}/rejection", json={"reason": "Nej"})
    (role,) = staff().get(f"/api/v1/memberships?association_id={one['id']}").json["items"]
    staff().delete(f"/api/v1/memberships/{role['id']}")
    nobody = staff().post(f"{path}/reopening")

    assert (taken.status_code, slug(taken)) == (409, "cvr-taken")
    assert (nobody.status_code, slug(nobody)) == (409, "last-administrator")
    assert client.as_(None).get(path).status_code == 404
    assert outbox.of(AssociationReopened) == []


def test_a_refused_registration_is_not_reopened(waiting, staff):
    id_ = waiting()
    staff().post(f"/api/v1/associations/{id_}/rejection", json={"reason": "Nej"})

    assert slug(staff().post(f"/api/v1/associations/{id_}/reopening")) == "wrong-state"
