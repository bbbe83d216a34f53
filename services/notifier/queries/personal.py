"""What the notifier keeps of people (GDPR art. 15); the machinery is :mod:`chassis.personal`."""

from collections.abc import Mapping
from typing import Final

from chassis.personal import Held
from services.notifier.model import (
    Association,
    Delivery,
    Membership,
    Office,
    Person,
    Preference,
    Registration,
)

HELD: Final = (
    Held("person", Person, by=("id",)),
    Held("membership", Membership, by=("person_id",)),
    Held("office", Office, by=("person_id",)),
    Held("association-contact", Association, by=("contact_person_id",), only=("id", "name")),
    Held("registration", Registration, by=("person_id",)),
    Held("preference", Preference, by=("person_id",), only=("person_id", "news")),
    Held(
        "delivery",
        Delivery,
        by=("person_id",),
        only=("id", "template", "content", "status", "error", "created_at", "sent_at"),
    ),
)
EXCUSED: Final[Mapping[str, str]] = {}
"""Tables with an id of a person that are not handed out, and why."""
