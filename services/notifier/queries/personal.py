"""What the notifier keeps of people (GDPR art. 15); the machinery is :mod:`chassis.personal`."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, select

from chassis.personal import Held
from services.notifier.model import (
    Association,
    Delivery,
    Membership,
    Office,
    Person,
    Preference,
    Registration,
    Subscription,
    email_key,
)

_MAIL: Final = ("id", "template", "content", "status", "error", "created_at", "sent_at")


def _subscribed(address: str) -> ColumnElement[bool]:
    return Subscription.email_key == email_key(address)


def _mailed(address: str) -> ColumnElement[bool]:
    return Delivery.person_id.in_(select(Subscription.id).where(_subscribed(address)))


HELD: Final = (
    Held("person", Person, by=("id",)),
    Held("membership", Membership, by=("person_id",)),
    Held("office", Office, by=("person_id",)),
    Held("association-contact", Association, by=("contact_person_id",), only=("id", "name")),
    Held("registration", Registration, by=("person_id",)),
    Held("preference", Preference, by=("person_id",), only=("person_id", "news")),
    Held("delivery", Delivery, by=("person_id",), only=_MAIL),
    # Whoever subscribes is an address here, and no person (ADR 65).
    Held(
        "subscription",
        Subscription,
        at=_subscribed,
        only=("id", "email", "language", "subjects", "wanted", "asked_at", "confirmed_at"),
    ),
    Held("subscription-delivery", Delivery, at=_mailed, only=_MAIL),
)
EXCUSED: Final[Mapping[str, str]] = {}
"""Tables with an id of a person that are not handed out, and why."""
