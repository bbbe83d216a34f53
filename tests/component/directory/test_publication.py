"""The life of whatever is drafted, published and withdrawn: the same for every kind of thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from chassis.events import Event
from contracts import directory as told

API = "/api/v1"

STEPS = ("publication", "withdrawal")


@dataclass(frozen=True)
class Kind:
    """A kind of thing: what is written of it, what is told of it, and who may not touch it."""

    written: Mapping[str, Any]
    published: type[Event]
    withdrawn: type[Event]
    # What a change is told by; where it is the same event, that says that it is not new.
    changed: type[Event]
    # The attribute that is written anew, and another office that writes them.
    called: str = "title"
    also: str = "centre"
    others: tuple[str, ...] = ("council", "committee", "operator")
    read_at: str = ""
    of_association: bool = False
    needs_file: bool = False


OFFER = {
    "title": "Besøgsven",
    "description": "En kop kaffe og en snak en gang om ugen.",
    "target_groups": ["older"],
    "topics": ["visiting"],
    "area": "aars",
}
OFFER_EVENTS = {
    "published": told.OfferPublished,
    "changed": told.OfferChanged,
    "withdrawn": told.OfferWithdrawn,
}
KINDS = {
    "funding-opportunities": Kind(
        written={
            "provider_kind": "foundation",
            "provider": "Nordfonden",
            "title": "Små midler til fællesskaber",
            "summary": "Til madklubber og udflugter for ensomme.",
            "applicants": ["association", "group"],
            "deadline_kind": "rolling",
            "link": "https://nordfonden.example.org/soeg",
        },
        published=told.FundingOpportunityPublished,
        changed=told.FundingOpportunityPublished,
        withdrawn=told.FundingOpportunityWithdrawn,
    ),
    "rooms": Kind(
        written={
            "name": "Mødelokalet i Kulturcentret",
            "area": "aars",
            "place": "Himmerlandsgade 59",
            "persons": 20,
            "contact_title": "Kulturcentrets kontor",
        },
        published=told.RoomPublished,
        changed=told.RoomPublished,
        withdrawn=told.RoomWithdrawn,
        called="name",
    ),
    "documents": Kind(
        written={
            "kind": "policy",
            "title": "Politik for frivilligt socialt arbejde",
            "summary": "Hvad kommunen og foreningerne har aftalt om samarbejdet.",
            "owner": "Kultur og Fritid",
        },
        published=told.DocumentPublished,
        changed=told.DocumentPublished,
        withdrawn=told.DocumentWithdrawn,
        also="caseworker",
        others=("council", "committee", "centre", "operator"),
        needs_file=True,
    ),
    "news-items": Kind(
        written={
            "topic": "volunteering",
            "title": "Frivillig fredag",
            "summary": "Vi fejrer de frivillige.",
        },
        published=told.NewsItemPublished,
        changed=told.NewsItemPublished,
        withdrawn=told.NewsItemWithdrawn,
        also="caseworker",
        others=("council", "committee", "centre", "operator"),
    ),
    "offers": Kind(
        written=OFFER,
        of_association=True,
        others=("caseworker", "council", "committee", "operator"),
        **OFFER_EVENTS,
    ),
    "municipal-offers": Kind(
        written={**OFFER, "department": "social"}, read_at="offers", **OFFER_EVENTS
    ),
}


@dataclass
class Thing:
    """A draft of a kind: where it is written, where it is read, and what was written."""

    kind: Kind
    plural: str
    body: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def path(self):
        return f"{API}/{self.plural}/{self.id}"

    @property
    def read_in(self):
        return f"{API}/{self.kind.read_at or self.plural}"

    @property
    def read_at(self):
        return f"{self.read_in}/{self.id}"

    def titled(self, title):
        return {**self.body, self.kind.called: title}


@pytest.fixture(params=KINDS)
def draft(request, client, coordinator, published, outbox):
    """Write a draft that can be published."""
    kind = KINDS[request.param]
    owner = {"association_id": published()["id"]} if kind.of_association else {}
    made, staff = Thing(kind, request.param, {**kind.written, **owner}), client.as_(coordinator)
    answer = staff.put(made.path, json=made.body)
    assert answer.status_code == 201, answer.json
    if kind.needs_file:
        answer = staff.put(
            f"{made.path}/editions/{uuid4()}",
            query_string={"dated_on": "2024-03-01"},
            data=b"Frivillige er partnere.",
            headers={"X-File-Name": "politik.txt"},
            content_type="application/octet-stream",
        )
        assert answer.status_code == 201, answer.json
    outbox.clear()
    return made


@pytest.fixture
def staff(client, coordinator):
    return client.as_(coordinator)


@pytest.fixture
def public(staff, draft, move, outbox):
    """Publish it, and forget that it was told."""
    assert move(staff, "publication").status_code == 200
    outbox.clear()
    return draft


@pytest.fixture
def move(draft):
    """Take a step with it."""

    def post(who, step, **headers):
        return who.post(f"{draft.path}/{step}", json={}, headers=headers)

    return post


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def listed(who, thing, status="published"):
    found = who.get(thing.read_in, query_string={"status": status})
    return [each["id"] for each in found.json["items"]]


def kinds(outbox, thing):
    """Name the events about the thing itself: that it is out may be news besides."""
    own = {thing.kind.published, thing.kind.changed, thing.kind.withdrawn}
    return [type(event) for event in outbox.events if type(event) in own]


def match(answer):
    return {"If-Match": f'"{answer.json["version"]}"'}


def test_a_draft_is_for_those_who_write_it(client, staff, principal, draft, outbox):
    also = client.as_(principal(draft.kind.also))

    assert client.get(draft.read_at).status_code == 404
    assert client.as_(principal("council")).get(draft.read_at).status_code == 404
    assert listed(client, draft) == listed(client, draft, "draft") == []
    assert also.get(draft.read_at).json["status"] == "draft"
    assert listed(also, draft, "draft") == listed(staff, draft, "draft") == [draft.id]
    assert outbox.events == []


def test_sent_twice_it_is_one_and_changed_it_is_still_a_draft(staff, draft, outbox):
    before = staff.get(draft.read_at).json

    again = staff.put(draft.path, json=draft.body)
    changed = staff.put(draft.path, json=draft.titled("Et bedre navn"))

    assert (again.status_code, again.json["version"]) == (200, before["version"])
    assert (changed.json[draft.kind.called], changed.json["status"]) == ("Et bedre navn", "draft")
    assert outbox.events == []


def test_published_it_is_everybodys_and_told_once(client, staff, draft, move, outbox):
    answers = [move(staff, "publication") for _ in range(2)]

    assert answers[0].json["status"] == "published"
    # A document that has no other edition says so.
    assert answers[1].status_code == (409 if draft.kind.needs_file else 200)
    assert client.get(draft.read_at).json["id"] == draft.id
    assert listed(client, draft) == [draft.id]
    assert kinds(outbox, draft) == [draft.kind.published]


def test_withdrawn_it_is_gone_but_for_those_who_write_it(
    client, staff, principal, public, move, outbox
):
    assert move(staff, "withdrawal").json["status"] == "withdrawn"
    assert move(staff, "withdrawal").status_code == 200

    assert client.get(public.read_at).status_code == 404
    assert listed(client, public) == listed(client, public, "withdrawn") == []
    assert listed(client.as_(principal(public.kind.also)), public, "withdrawn") == [public.id]
    assert staff.get(public.read_at).json["status"] == "withdrawn"
    assert kinds(outbox, public) == [public.kind.withdrawn]


def test_published_again_it_comes_back_and_is_told_as_not_new(client, staff, public, move, outbox):
    move(staff, "withdrawal")

    assert move(staff, "publication").json["status"] == "published"

    assert client.get(public.read_at).status_code == 200
    assert kinds(outbox, public) == [public.kind.withdrawn, public.kind.published]
    assert getattr(outbox.of(public.kind.published)[-1], "is_new", False) is False


def test_a_change_carries_the_version_it_was_made_on_and_is_told(client, staff, public, outbox):
    version = match(client.get(public.read_at))

    right = staff.put(public.path, json=public.titled("Et bedre navn"), headers=version)
    stale = staff.put(public.path, json=public.titled("Ha"), headers=version)
    same = staff.put(public.path, json=public.titled("Et bedre navn"))

    assert right.headers["ETag"].strip('"').split("-")[0] == str(right.json["version"])
    assert (stale.status_code, same.status_code) == (412, 200)
    assert client.get(public.read_at).json[public.kind.called] == "Et bedre navn"
    (event,) = outbox.of(public.kind.changed)
    assert getattr(event, public.kind.called) == "Et bedre navn"
    assert getattr(event, "is_new", False) is False


def test_a_step_carries_the_version_it_was_made_on_too(client, staff, draft, move):
    old = match(staff.get(draft.read_at))
    staff.put(draft.path, json=draft.titled("Et bedre navn"))

    assert [move(staff, step, **old).status_code for step in STEPS] == [412, 412]
    assert staff.delete(draft.path, headers=old).status_code == 412
    assert (
        staff.put(f"{API}/{draft.plural}/{uuid4()}", json=draft.body, headers=old).status_code
        == 412
    )
    assert move(staff, "publication", **match(staff.get(draft.read_at))).status_code == 200


def test_what_nobody_has_seen_is_deleted_and_the_rest_is_withdrawn(staff, draft, move):
    assert slug(move(staff, "withdrawal")) == "wrong-state"
    assert staff.delete(draft.path).status_code == 204
    assert staff.get(draft.read_at).status_code == 404
    assert staff.delete(draft.path).status_code == 404


def test_what_was_seen_is_not_deleted_not_even_withdrawn(staff, public, move):
    seen = staff.delete(public.path)
    move(staff, "withdrawal")

    assert slug(seen) == slug(staff.delete(public.path)) == "wrong-state"


def test_nobody_else_writes(client, principal, public, move):
    # The offers of other associations have rules of their own.
    elsewhere = {} if public.kind.of_association else {uuid4(): "administrator"}

    for office in public.kind.others:
        me = client.as_(principal(office, associations=elsewhere))

        assert me.put(public.path, json=public.body).status_code == 403, office
        assert [move(me, step).status_code for step in STEPS] == [403, 403], office
        assert me.delete(public.path).status_code == 403, office
