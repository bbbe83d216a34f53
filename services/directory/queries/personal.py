"""What the directory keeps of people (GDPR art. 15); the machinery is :mod:`chassis.personal`."""

from collections.abc import Mapping
from typing import Final

from chassis.personal import Held
from services.directory.model import (
    Association,
    AssociationChange,
    Call,
    ContactPair,
    DocumentEdition,
    Erasure,
    Identity,
    Import,
    ImportRow,
    Invitation,
    Membership,
    Office,
    Paper,
    PaperFile,
    Person,
    RoomPicture,
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
        only=("id", "started_at", "authenticated_at", "rotated_at", "ended_at", "acr", "amr"),
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
    Held(
        "contact-pair",
        ContactPair,
        by=("staff_person_id", "association_person_id"),
        only=("id", "association_id", "department", "team", "starts_on", "ends_on", "made_at"),
    ),
    # Whom somebody invited is another's matter.
    Held(
        "invitation",
        Invitation,
        by=("person_id", "invited_by"),
        only=("id", "association_id", "role", "status", "invited_at", "ended_at"),
    ),
    Held("paper", Paper, by=("filed_by",), only=("id", "association_id", "kind", "filed_at")),
    Held("paper-file", PaperFile, by=("stored_by",), only=("id", "name", "stored_at")),
    Held("document-edition", DocumentEdition, by=("stored_by",), only=("id", "name", "stored_at")),
    Held("room-picture", RoomPicture, by=("stored_by",), only=("id", "name", "stored_at")),
)
EXCUSED: Final[Mapping[str, str]] = {
    "sign_in_link": "hashes of secrets, for a quarter of an hour",
    Erasure.__tablename__: "made when nothing else of the person is left",
    "erasure_answer": "as the erasure",
}
"""Tables with an id of a person that are not handed out, and why."""
