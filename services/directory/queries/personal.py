"""What the directory keeps of people (GDPR art. 15); the machinery is :mod:`chassis.personal`."""

from collections.abc import Mapping
from typing import Final

from chassis.personal import Held
from services.directory.model import (
    Association,
    AssociationChange,
    Call,
    Erasure,
    Identity,
    Import,
    ImportRow,
    Membership,
    Office,
    Person,
    SignInSession,
)

HELD: Final = (
    Held("person", Person, by=("id",), without=("version", "email_key")),
    Held("membership", Membership, by=("person_id",), without=("version",)),
    Held("office", Office, by=("person_id",), without=("version",)),
    Held(
        "association-contact",
        Association,
        by=("contact_person_id",),
        only=("id", "name", "registered_at", "contact_bounced_at"),
    ),
    Held(
        "session",
        SignInSession,
        by=("person_id",),
        only=("id", "started_at", "rotated_at", "ended_at", "acr", "amr"),
    ),
    Held("identity", Identity, by=("person_id",)),
    # What an association says is the association's; that somebody changed it is theirs.
    Held(
        "record-change",
        AssociationChange,
        by=("actor_id",),
        only=("id", "association_id", "at", "kind", "on_behalf"),
    ),
    Held("call", Call, by=("person_id",), only=("id", "association_id", "at", "outcome")),
    Held(
        "import",
        Import,
        by=("uploaded_by", "started_by", "introduced_by"),
        only=("id", "name", "uploaded_at", "ended_at"),
    ),
    Held("import-row", ImportRow, by=("person_id",), only=("id", "cells", "settled_at")),
)
EXCUSED: Final[Mapping[str, str]] = {
    "sign_in_link": "hashes of secrets, for a quarter of an hour",
    Erasure.__tablename__: "made when nothing else of the person is left",
    "erasure_answer": "as the erasure",
}
"""Tables with an id of a person that are not handed out, and why."""
