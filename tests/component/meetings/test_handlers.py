"""Every event this service listens to: once, twice, late, and from a rebuild."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from contracts import directory, grants
from contracts.values import Body
from services.meetings.app import service as meetings_service
from services.meetings.model import Association, Membership, Office, Person, Round
from tests.component.meetings.conftest import office

DAY = date(2024, 4, 8)
ID = uuid4()
PERSON = uuid4()
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
    cvr=None,
    purpose="Samvær",
    target_groups=("lonely",),
    area="aars",
)
CLOSED = directory.AssociationClosed(association_id=ID, name="Sønder Samvær")
MERGED = directory.AssociationMerged(
    association_id=ID, name="Nørre Samvær", into_id=uuid4(), into_name="Aars Samvær"
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
REGISTERED = directory.PersonRegistered(
    person_id=PERSON, name="Anna Andersen", email="anna@example.org"
)
RENAMED = directory.PersonChanged(
    person_id=PERSON, name="Anna Bendtsen", email="anna@example.org", language="da"
)
ERASED = directory.PersonErased(person_id=PERSON)
GRANTED = directory.MembershipGranted(
    membership_id=ID,
    association_id=uuid4(),
    person_id=PERSON,
    role="editor",
    leads=False,
    is_contact=False,
)
ENDED = directory.MembershipEnded(
    membership_id=ID, association_id=GRANTED.association_id, person_id=PERSON
)
SEATED = office("council", person_id=PERSON)
UNSEATED = directory.OfficeEnded(office_id=SEATED.office_id, person_id=PERSON, body=Body.COUNCIL)
ANNOUNCED = grants.RoundAnnounced(
    round_id=ID,
    programme="paragraf-18",
    title="§ 18-puljen 2024",
    frame_ore=72_630_700,
    opens_at=datetime(2024, 2, 15, 7, tzinfo=UTC),
    closes_at=datetime(2024, 3, 15, 22, 59, tzinfo=UTC),
    council_on=date(2024, 4, 3),
    committee_on=date(2024, 4, 8),
    criteria=(),
    focus_areas=(),
    decided_by="committee",
)
DECIDED = grants.RoundDecided(
    round_id=ID,
    title="§ 18-puljen 2024",
    decided_on=date(2024, 4, 8),
    frame_ore=72_630_700,
    awarded_ore=72_000_000,
    award_count=12,
    application_count=15,
)

# What was said, in order; what is kept of it; and whether the last of it alone says as much.
STORIES = [
    ([PUBLISHED], Association, {"name": "Nørre Samvær", "published": True}, True),
    ([PUBLISHED, CHANGED], Association, {"target_groups": ["lonely"], "published": True}, True),
    ([PUBLISHED, CHANGED, CLOSED], Association, {"published": False}, True),
    ([PUBLISHED, CLOSED, PUBLISHED], Association, {"published": True}, True),
    ([PUBLISHED, MERGED], Association, {"name": "Nørre Samvær", "published": False}, True),
    ([PUBLISHED, MERGED, REOPENED], Association, {"published": True}, True),
    ([PUBLISHED, CLOSED, REOPENED], Association, {"target_groups": ["older"]}, True),
    ([REGISTERED], Person, {"name": "Anna Andersen"}, True),
    ([REGISTERED, RENAMED], Person, {"name": "Anna Bendtsen"}, True),
    ([REGISTERED, ERASED], Person, None, True),
    ([GRANTED], Membership, {"role": "editor", "ended": False}, True),
    ([GRANTED, ENDED], Membership, {"ended": True}, False),
    ([GRANTED, ENDED, GRANTED], Membership, {"ended": False}, True),
    ([SEATED], Office, {"title": "Medlem", "ended": False}, True),
    ([SEATED, UNSEATED], Office, {"ended": True}, False),
    ([ANNOUNCED], Round, {"committee_on": date(2024, 4, 8), "decided_on": None}, True),
    ([ANNOUNCED, DECIDED], Round, {"programme": "paragraf-18", "decided_on": DAY}, False),
    ([DECIDED], Round, {"programme": "", "decided_on": DAY}, True),
]  # fmt: skip


def kept(database, cls):
    with database.reading() as session:
        rows = session.scalars(select(cls)).all()
    assert len(rows) <= 1
    return rows[0] if rows else None


def check(row, expected):
    if expected is None:
        assert row is None
    else:
        assert {name: getattr(row, name) for name in expected} == expected


@pytest.mark.parametrize(("story", "cls", "expected", "_alone"), STORIES)
@pytest.mark.parametrize("times", [1, 2])
def test_a_story_told_once_and_twice(deliver, database, clock, story, cls, expected, times, _alone):
    for event in story:
        deliver(event, times=times)

    check(kept(database, cls), expected)


@pytest.mark.parametrize(
    ("story", "cls", "expected"),
    [(story, cls, expected) for story, cls, expected, alone in STORIES if alone],
)
def test_the_end_of_a_story_alone_is_enough(deliver, database, clock, story, cls, expected):
    deliver(story[-1])

    check(kept(database, cls), expected)


@pytest.mark.parametrize("ended", [ENDED, UNSEATED])
def test_the_end_of_what_was_never_known_is_nothing(deliver, database, ended):
    assert deliver(ended) not in {"failed", "dead"}


@pytest.mark.parametrize(
    ("story", "cls", "expected", "_alone"), [each for each in STORIES if len(each[0]) == 2]
)
def test_an_event_that_overtakes_another_waits_for_it(
    deliver, database, clock, story, cls, expected, _alone
):
    first, second = story

    deliver(second, sequence=2, expect="parked")
    deliver(first, sequence=1)

    check(kept(database, cls), expected)


def test_every_projection_is_cleared_by_a_rebuild():
    assert {Association, Person, Membership, Office, Round} == set(meetings_service.projections)
