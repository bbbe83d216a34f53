"""What meetings keeps of people (GDPR art. 15); the machinery is :mod:`chassis.personal`."""

from collections.abc import Mapping
from typing import Final

from chassis.personal import Held
from services.meetings.model import Membership, Office, Person, Registration, Response

HELD: Final = (
    Held("person", Person, by=("id",)),
    Held("membership", Membership, by=("person_id",)),
    Held("office", Office, by=("person_id",)),
    Held("registration", Registration, by=("person_id",), without=("version",)),
    # The municipality's answer is read where it is published.
    Held(
        "response",
        Response,
        by=("person_id",),
        only=("id", "hearing_id", "association_id", "on_behalf_of", "text", "submitted_at"),
    ),
    Held(
        "answer",
        Response,
        by=("answered_by",),
        only=("id", "hearing_id", "outcome", "answered_at"),
    ),
)
EXCUSED: Final[Mapping[str, str]] = {}
"""Tables with an id of a person that are not handed out, and why."""
