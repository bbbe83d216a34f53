"""What may become of an offer, and what is told of it."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.directory import OfferChanged, OfferPublished, OfferWithdrawn
from services.directory.model import Offer, PublicationStatus
from services.directory.model.problems import WrongState

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
ASSOCIATION = uuid4()
DESCRIPTION = {
    "title": "Besøgsven",
    "description": "En kop kaffe og en snak.",
    "target_groups": ["older"],
    "topics": ["visiting"],
    "area": "aars",
    "place": "Kulturcentret, Aars",
    "postcode": "9600",
    "latitude": None,
    "longitude": None,
    "times": [
        {
            "rrule": "FREQ=WEEKLY;BYDAY=TU",
            "starts_on": date(2026, 3, 3),
            "starts": "10:00",
            "ends": "12:00",
        }
    ],
    "contact_title": "Besøgstjenesten",
    "contact_email": "besoeg@example.org",
    "contact_phone": None,
    "languages": ["da"],
    "price_ore": 0,
    "price_text": None,
    "wheelchair": True,
    "takes_new_users": True,
    "needs_volunteers": True,
}


@pytest.fixture
def draft():
    """Make a draft of an association's offer."""
    made = Offer(id=uuid4(), association_id=ASSOCIATION, status=PublicationStatus.DRAFT)
    made.describe(DESCRIPTION, at=NOW)
    return made


def test_it_is_drafted_published_and_withdrawn(draft):
    assert draft.status is PublicationStatus.DRAFT
    assert draft.occasions == ["tu", "morning", "tu-morning"]

    published = draft.publish(at=NOW)
    withdrawn = draft.withdraw(at=LATER)
    again = draft.publish(at=LATER)

    assert isinstance(published, OfferPublished)
    assert (published.title, published.times[0].starts_on) == ("Besøgsven", date(2026, 3, 3))
    assert isinstance(withdrawn, OfferWithdrawn)
    assert withdrawn.association_id == ASSOCIATION
    assert isinstance(again, OfferPublished)
    assert (draft.published_at, draft.withdrawn_at) == (LATER, None)


def test_whom_to_ask_is_told_to_nobody(draft):
    told = vars(draft.publish(at=NOW))

    assert not {name for name in told if name.startswith("contact")}
    assert "besoeg@example.org" not in repr(told)


def test_a_change_is_told_once_it_is_public(draft):
    changed = {**DESCRIPTION, "title": "Besøgsvenner"}

    assert draft.describe(changed, at=NOW) is False
    draft.publish(at=NOW)
    assert draft.describe(changed, at=LATER) is False
    assert draft.changed_at == NOW
    assert draft.describe({**changed, "times": []}, at=LATER) is True
    event = draft.changed()

    assert isinstance(event, OfferChanged)
    assert (event.title, event.times) == ("Besøgsvenner", ())
    assert (draft.occasions, draft.changed_at) == ([], LATER)


def test_whether_it_takes_new_users_is_as_of_when_that_was_last_said(draft):
    draft.publish(at=LATER)
    draft.describe({**DESCRIPTION, "title": "Besøgsvenner"}, at=LATER)
    assert draft.capacity_said_at == NOW

    draft.describe({**DESCRIPTION, "takes_new_users": False}, at=LATER)
    assert (draft.capacity_said_at, draft.changed().capacity_said_at) == (LATER, LATER)


def test_to_say_it_again_changes_nothing_but_when(draft):
    assert draft.say_capacity(takes_new_users=True, at=LATER) is False
    assert (draft.capacity_said_at, draft.changed_at) == (LATER, NOW)

    draft.publish(at=LATER)
    assert draft.say_capacity(takes_new_users=False, at=LATER) is True
    assert (draft.takes_new_users, draft.changed_at) == (False, LATER)


def test_what_nobody_has_seen_is_deleted_and_the_rest_is_withdrawn(draft):
    draft.require_draft()
    with pytest.raises(WrongState):
        draft.withdraw(at=NOW)

    draft.publish(at=NOW)

    with pytest.raises(WrongState):
        draft.publish(at=NOW)
    with pytest.raises(WrongState):
        draft.require_draft()
