"""What grants keeps of people (GDPR art. 15); the machinery is :mod:`chassis.personal`."""

from collections.abc import Mapping
from typing import Final

from chassis.personal import Held
from services.grants.model import (
    Application,
    Assessment,
    Attachment,
    Decision,
    Disqualification,
    FileEntry,
    OfficeHolder,
    Person,
    Retention,
    Tie,
    Vote,
)

HELD: Final = (
    Held("person", Person, by=("id",)),
    Held("office", OfficeHolder, by=("person_id",)),
    Held("membership", Tie, by=("person_id",)),
    Held(
        "application",
        Application,
        by=("submitted_by",),
        only=(
            "id",
            "case_number",
            "association_id",
            "title",
            "status",
            "contact_name",
            "signatory_name",
            "submitted_at",
        ),
    ),
    Held("attachment", Attachment, by=("stored_by",), without=("sha256",)),
    Held("file-entry", FileEntry, by=("actor_id",), only=("application_id", "at", "kind")),
    # What was said in the council or the committee is read by who said it: somebody who has a
    # conflict in the case must not get at it by asking for another's data (forvaltningsloven § 3).
    Held("assessment", Assessment, by=("person_id",), without=("version",), in_person=True),
    Held("vote", Vote, by=("person_id",), in_person=True),
    Held(
        "decision",
        Decision,
        by=("decided_by",),
        only=("id", "application_id", "round_id", "status", "sent_at"),
        in_person=True,
    ),
    Held(
        "disqualification",
        Disqualification,
        by=("person_id",),
        without=("id", "ruled_by", "ruled_by_name"),
        in_person=True,
    ),
    Held(
        "ruling",
        Disqualification,
        by=("ruled_by",),
        only=("application_id", "ruling", "ruled_at", "ruled_by_name"),
        in_person=True,
    ),
    Held("retention", Retention, by=("person_id",), without=("id",)),
)
EXCUSED: Final[Mapping[str, str]] = {}
"""Tables with an id of a person that are not handed out, and why."""
