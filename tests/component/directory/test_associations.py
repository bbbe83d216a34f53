"""Registration, review, the vejviser and its Danish search."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.directory import (
    AssociationChanged,
    AssociationClosed,
    AssociationPublished,
    AssociationRegistered,
    AssociationRejected,
    MembershipGranted,
    PersonRegistered,
)
from contracts.notifier import DeliveryFailed, DeliverySent


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def pointers(answer):
    return {error["pointer"] for error in answer.json["errors"]}


def test_registering_makes_an_association_its_contact_and_their_role(client, outbox, registration):
    id_ = uuid4()

    answer = client.put(f"/api/v1/associations/{id_}", json=registration())

    assert answer.status_code == 201
    assert answer.json["status"] == "registered"
    kinds = [
        type(event)
        for event in outbox.of(PersonRegistered, AssociationRegistered, MembershipGranted)
    ]
    assert kinds[-3:] == [PersonRegistered, AssociationRegistered, MembershipGranted]
    granted = outbox.of(MembershipGranted)[-1]
    assert (granted.role, granted.leads, granted.is_contact) == ("administrator", True, True)


def test_registering_twice_changes_nothing(client, outbox, registration):
    id_ = uuid4()
    client.put(f"/api/v1/associations/{id_}", json=registration())
    outbox.clear()

    again = client.put(f"/api/v1/associations/{id_}", json=registration())
    other = client.put(f"/api/v1/associations/{id_}", json=registration(name="En anden klub"))

    assert again.status_code == 200
    assert (other.status_code, slug(other)) == (409, "already-registered")
    assert outbox.events == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"cvr": "1234567"}, "/cvr"),
        ({"cvr": "13748137"}, "/cvr"),
        ({"cvr": "abcdefgh"}, "/cvr"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 300}, "/name"),
        ({"purpose": "Ring til 010190-1234"}, "/purpose"),
        ({"purpose": "nul\x00tegn"}, "/purpose"),
        ({"target_groups": []}, "/target_groups"),
        ({"target_groups": ["martians"]}, "/target_groups/0"),
        ({"area": "atlantis"}, "/area"),
        ({"contact": {"name": "A", "email": "not an address"}}, "/contact/email"),
        ({"status": "published"}, "/status"),
        ({"version": 7}, "/version"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(client, outbox, registration, changes, pointer):
    answer = client.put(f"/api/v1/associations/{uuid4()}", json=registration(**changes))

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert pointer in pointers(answer)
    assert outbox.of(AssociationRegistered) == []


def test_one_cvr_number_belongs_to_one_living_association_also_when_two_register_at_once(
    client, registration
):
    def register(number):
        contact = {"name": "Skjalm", "email": f"skjalm{number}@example.org"}
        return client.as_(None).put(
            f"/api/v1/associations/{uuid4()}", json=registration(contact=contact)
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(register, range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {slug(answer) for answer in answers if answer.status_code == 409} == {"cvr-taken"}


def test_nothing_is_public_before_it_is_approved(
    client, coordinator, principal, outbox, registration
):
    id_ = uuid4()
    client.put(f"/api/v1/associations/{id_}", json=registration())

    assert client.get(f"/api/v1/associations/{id_}").status_code == 404
    assert client.get("/api/v1/associations").json["items"] == []
    assert client.get("/api/v1/associations?status=registered").status_code == 403
    stranger = principal(associations={uuid4(): "administrator"})
    assert client.as_(stranger).get(f"/api/v1/associations/{id_}").status_code == 404
    waiting = client.as_(coordinator).get("/api/v1/associations?status=registered").json["items"]
    assert [each["contact"]["email"] for each in waiting] == ["skjalm@example.org"]

    client.as_(coordinator).post(f"/api/v1/associations/{id_}/approval")
    twice = client.as_(coordinator).post(f"/api/v1/associations/{id_}/approval")

    assert twice.status_code == 200
    shown = client.get(f"/api/v1/associations/{id_}").json
    assert shown["status"] == "published"
    assert "contact" not in shown
    assert len(outbox.of(AssociationPublished)) == 1


def test_a_refused_registration_says_why_and_frees_its_cvr_number(
    client, coordinator, outbox, registration
):
    id_ = uuid4()
    client.put(f"/api/v1/associations/{id_}", json=registration())

    refused = client.as_(coordinator).post(
        f"/api/v1/associations/{id_}/rejection", json={"reason": "Ikke en social indsats."}
    )

    assert refused.json["rejection_reason"] == "Ikke en social indsats."
    assert outbox.of(AssociationRejected)[0].reason == "Ikke en social indsats."
    again = client.as_(coordinator).post(f"/api/v1/associations/{id_}/approval")
    assert (again.status_code, slug(again)) == (409, "wrong-state")
    anew = client.put(f"/api/v1/associations/{uuid4()}", json=registration())
    assert anew.status_code == 201


def test_an_association_changes_its_own_description_only(client, published, principal, outbox):
    mine, theirs = published(), published(name="Sorø Sangkor")
    me = principal(associations={mine["id"]: "editor"})

    changed = client.as_(me).patch(
        f"/api/v1/associations/{mine['id']}",
        json={"name": "Nørrebro Skak"},
        headers={"If-Match": f'"{mine["version"]}"'},
    )
    stale = client.as_(me).patch(
        f"/api/v1/associations/{mine['id']}",
        json={"name": "Skak"},
        headers={"If-Match": f'"{mine["version"]}"'},
    )
    foreign = client.as_(me).patch(f"/api/v1/associations/{theirs['id']}", json={"name": "Ha"})

    assert changed.json["name"] == "Nørrebro Skak"
    assert stale.status_code == 412
    assert foreign.status_code == 403
    assert [event.name for event in outbox.of(AssociationChanged)] == ["Nørrebro Skak"]


def test_a_closed_association_leaves_the_vejviser(client, coordinator, published, outbox):
    one = published()

    client.as_(coordinator).post(
        f"/api/v1/associations/{one['id']}/closure", json={"reason": "Nedlagt"}
    )

    assert client.get(f"/api/v1/associations/{one['id']}").status_code == 404
    assert client.get("/api/v1/associations").json["total"] == 0
    assert len(outbox.of(AssociationClosed)) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("vandring", "Skovglæde"),  # the stem of "vandringer"
        ("natur", "Skovglæde"),  # the beginning of a compound
        ("naturvandring", "Skovglæde"),
        ("Aagade", "Kvindecaféen Ågade"),
        ("ågade", "Kvindecaféen Ågade"),
        ("soevnloese", "Natteravnene"),
        ("lektihjælp", "Lektiehjælpen"),  # a typing error
        ("lektiehjelpen", "Lektiehjælpen"),
    ],
)
def test_the_vejviser_understands_danish(client, published, query, found):
    published(name="Skovglæde", purpose="Naturvandringer og lange vandringer ved bål.")
    published(name="Kvindecaféen Ågade", purpose="Håndarbejde og samtale.")
    published(name="Natteravnene", purpose="For søvnløse unge.")
    published(name="Lektiehjælpen", purpose="Lektiehjælp på biblioteket.")

    answer = client.get("/api/v1/associations", query_string={"q": query}).json

    assert [each["name"] for each in answer["items"]] == [found]


def test_a_typing_error_is_pointed_out(client, published, service):
    published(name="Lektiehjælpen", purpose="Lektiehjælp på biblioteket.")

    answer = client.get("/api/v1/associations?q=lektihjælp").json

    assert answer["did_you_mean"] == "lektiehjælp"
    assert client.get("/api/v1/associations?q=qqqqqq").json["items"] == []


def test_filters_count_and_pages_follow_each_other(client, published):
    names = [f"Forening {number:02d}" for number in range(7)]
    for number, name in enumerate(names):
        published(name=name, area="aars" if number % 2 else "farso", target_groups=["older"])

    first = client.get("/api/v1/associations?limit=3").json
    second = client.get(f"/api/v1/associations?limit=3&cursor={first['next']}").json
    filtered = client.get("/api/v1/associations?area=aars&target_group=older&q=forening").json

    assert [each["name"] for each in first["items"] + second["items"]] == names[:6]
    assert first["facets"] == {"target_groups": {"older": 7}, "areas": {"aars": 3, "farso": 4}}
    assert filtered["total"] == 3
    assert client.get("/api/v1/associations?cursor=rubbish").status_code == 422


def test_a_bounced_mail_is_noted_on_the_association(client, coordinator, published, deliver):
    one = published()
    event = DeliveryFailed(
        delivery_id=uuid4(),
        template="round_announced",
        person_id=one["contact"]["person_id"],
        association_id=None,
        reason="550 no such mailbox",
    )

    deliver(event, times=2)

    shown = client.as_(coordinator).get(f"/api/v1/associations/{one['id']}").json
    assert shown["contact_bounced_at"] is not None


def test_a_later_mail_that_is_taken_ends_the_note(client, coordinator, published, deliver, clock):
    one, other = published(), published(contact={"name": "Ole", "email": "ole@example.org"})

    def mail(of, outcome, **more):
        about = {"template": "round_announced", "association_id": None}
        person_id = of["contact"]["person_id"]
        return outcome(delivery_id=uuid4(), person_id=person_id, **about, **more)

    def is_noted(which):
        path = f"/api/v1/associations/{which['id']}"
        return client.as_(coordinator).get(path).json["contact_bounced_at"] is not None

    noted_at = clock.now()
    for each in (one, other):
        deliver(mail(each, DeliveryFailed, reason="550 sender is on a blocking list"))
    assert (is_noted(one), is_noted(other)) == (True, True)

    # One that left before comes late.
    clock.set(noted_at - timedelta(minutes=1))
    deliver(mail(one, DeliverySent))
    assert is_noted(one)
    clock.set(noted_at + timedelta(minutes=1))
    deliver(mail(one, DeliverySent), times=2)

    assert (is_noted(one), is_noted(other)) == (False, True)
