"""Every event this service listens to: once, twice, late, and from a rebuild."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis import events, replay
from chassis.inbox import Inbox, Message
from chassis.inbox.message import REPLAY
from contracts import directory
from contracts.values import Body
from services.grants.app import service as grants_service
from services.grants.model import Applicant, OfficeHolder, Person, Tie
from tests.component.grants.conftest import APRIL, FEBRUARY, membership, office

ID = uuid4()
PERSON = uuid4()
REGISTERED = directory.AssociationRegistered(
    association_id=ID,
    name="Nørre Samvær",
    cvr=None,
    area="aars",
    contact_person_id=PERSON,
    registered_at=FEBRUARY,
)
PUBLISHED = directory.AssociationPublished(
    association_id=ID,
    name="Nørre Samvær",
    cvr=None,
    purpose="Samvær",
    target_groups=("older",),
    area="aars",
    contact_person_id=PERSON,
)
CHANGED = directory.AssociationChanged(
    association_id=ID,
    name="Sønder Samvær",
    cvr="12345674",
    purpose="Samvær",
    target_groups=("lonely",),
    area="aars",
)
CLOSED = directory.AssociationClosed(association_id=ID, name="Nørre Samvær")
INTO = uuid4()
MERGED = directory.AssociationMerged(
    association_id=ID, name="Nørre Samvær", into_id=INTO, into_name="Aars Samvær"
)
REOPENED = directory.AssociationReopened(
    association_id=ID,
    name="Nørre Samvær",
    cvr=None,
    purpose="Samvær",
    target_groups=("older",),
    area="aars",
    contact_person_id=PERSON,
)
KNOWN = directory.PersonRegistered(person_id=PERSON, name="Anna Andersen", email="a@example.org")
RENAMED = directory.PersonChanged(
    person_id=PERSON, name="Anna Bendtsen", email="a@example.org", language="da"
)
ERASED = directory.PersonErased(person_id=PERSON)
LEADS = membership(ID, PERSON, leads=True, id_=ID)
STEPS_DOWN = membership(ID, PERSON, leads=False, id_=ID)
LEAVES = directory.MembershipEnded(membership_id=ID, association_id=ID, person_id=PERSON)
SEATED = office("council", person_id=PERSON)
UNSEATED = directory.OfficeEnded(office_id=SEATED.office_id, person_id=PERSON, body=Body.COUNCIL)

# What was said, in order; what is kept of it; and whether the last of it alone says as much.
STORIES = [
    ([REGISTERED], Applicant, {"name": "Nørre Samvær", "published": False}, True),
    ([REGISTERED, PUBLISHED], Applicant, {"published": True, "cvr": None}, True),
    ([PUBLISHED, CHANGED], Applicant, {"name": "Sønder Samvær", "cvr": "12345674"}, True),
    ([PUBLISHED, CLOSED], Applicant, {"name": "Nørre Samvær", "published": False}, False),
    ([PUBLISHED, MERGED], Applicant, {"published": False, "merged_into_id": INTO}, True),
    ([PUBLISHED, CLOSED, REOPENED], Applicant, {"published": True}, True),
    ([PUBLISHED, MERGED, REOPENED], Applicant, {"published": True, "merged_into_id": None}, True),
    ([KNOWN], Person, {"name": "Anna Andersen"}, True),
    ([KNOWN, RENAMED], Person, {"name": "Anna Bendtsen"}, True),
    ([KNOWN, ERASED], Person, {"name": ""}, False),
    ([LEADS], Tie, {"disqualifies": True, "led_until": None}, True),
    ([LEADS, STEPS_DOWN], Tie, {"disqualifies": True, "led_until": APRIL}, False),
    ([STEPS_DOWN], Tie, {"disqualifies": False, "led_until": None}, True),
    ([LEADS, LEAVES], Tie, {"disqualifies": True, "led_until": APRIL, "ended": True}, False),
    ([STEPS_DOWN, LEAVES], Tie, {"disqualifies": False, "led_until": None, "ended": True}, False),
    ([LEADS, LEAVES, LEADS], Tie, {"led_until": None, "ended": False}, True),
    ([SEATED], OfficeHolder, {"body": "council", "ended": False}, True),
    ([SEATED, UNSEATED], OfficeHolder, {"body": "council", "ended": True}, False),
]  # fmt: skip


@pytest.fixture(autouse=True)
def clock(clock):
    """Stand still enough to know when somebody stopped: an April day, to the hour."""
    clock.set(APRIL)
    return clock


def kept(database, cls):
    with database.reading() as session:
        rows = session.scalars(select(cls)).all()
    assert len(rows) <= 1
    return rows[0] if rows else None


def check(row, expected):
    found = {name: getattr(row, name) for name in expected}
    if found.get("led_until") is not None:
        found["led_until"] = found["led_until"].replace(minute=0, second=0, microsecond=0)
    assert found == expected


@pytest.mark.parametrize(("story", "cls", "expected", "_alone"), STORIES)
@pytest.mark.parametrize("times", [1, 2])
def test_a_story_told_once_and_twice(deliver, database, story, cls, expected, times, _alone):
    for event in story:
        deliver(event, times=times)

    check(kept(database, cls), expected)


@pytest.mark.parametrize(
    ("story", "cls", "expected"),
    [(story, cls, expected) for story, cls, expected, alone in STORIES if alone],
)
def test_the_end_of_a_story_alone_is_enough(deliver, database, story, cls, expected):
    deliver(story[-1])

    check(kept(database, cls), expected)


@pytest.mark.parametrize("event", [CLOSED, LEAVES, UNSEATED, ERASED])
def test_the_end_of_what_was_never_known_is_nothing(deliver, database, event):
    assert deliver(event) not in {"failed", "dead"}
    for cls in grants_service.projections:
        assert kept(database, cls) is None


@pytest.mark.parametrize(
    ("story", "cls", "expected", "_alone"), [each for each in STORIES if len(each[0]) == 2]
)
def test_an_event_that_overtakes_another_waits_for_it(
    deliver, database, story, cls, expected, _alone
):
    first, second = story

    deliver(second, sequence=2, expect="parked")
    deliver(first, sequence=1)

    check(kept(database, cls), expected)


@pytest.mark.parametrize(("story", "cls", "expected", "_alone"), STORIES)
def test_a_rebuild_a_year_later_tells_the_same(
    service, deliver, database, clock, story, cls, expected, _alone
):
    for event in story:
        deliver(event)
    live = vars(kept(database, cls)) | {"_sa_instance_state": None}

    clock.move(timedelta(days=365))
    replay.reset(service, database)
    log = [Message(events.encode(envelope), replay=REPLAY) for envelope in deliver.last]
    Inbox(service, database).settle(log)

    assert vars(kept(database, cls)) | {"_sa_instance_state": None} == live
    check(kept(database, cls), expected)


def test_every_projection_is_cleared_by_a_rebuild():
    assert {Applicant, Tie, OfficeHolder, Person} == set(grants_service.projections)
