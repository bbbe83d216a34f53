"""The directory's aggregates: associations, people, memberships, offices, imports, sessions.

State changes here and returns the event that records it; nothing here knows HTTP or other modules.
"""

from services.directory.model import problems
from services.directory.model.associations import (
    LIVING,
    Association,
    AssociationForm,
    AssociationStatus,
)
from services.directory.model.identity import FLOW_MINUTES, Identity, SignInFlow
from services.directory.model.imports import (
    WORKING,
    Answer,
    Existing,
    Import,
    ImportRow,
    ImportStatus,
    Outcome,
)
from services.directory.model.leftovers import old_rows
from services.directory.model.limits import Attempt
from services.directory.model.mapping import Base
from services.directory.model.memberships import Membership, MembershipRole
from services.directory.model.offices import DENMARK, Office, today
from services.directory.model.origin import Source
from services.directory.model.people import Person, email_key
from services.directory.model.sign_in import (
    ABSOLUTE,
    CODE_ATTEMPTS,
    GRACE,
    IDLE,
    KEY_ANNOUNCED,
    KEY_LIFE,
    LINK_MINUTES,
    SigningKey,
    SignInLink,
    SignInSession,
    digest,
    new_secret,
    same,
)
from services.directory.model.vocabulary import Vocabulary, Word

__all__ = [
    "ABSOLUTE",
    "CODE_ATTEMPTS",
    "DENMARK",
    "FLOW_MINUTES",
    "GRACE",
    "IDLE",
    "KEY_ANNOUNCED",
    "KEY_LIFE",
    "LINK_MINUTES",
    "LIVING",
    "WORKING",
    "Answer",
    "Association",
    "AssociationForm",
    "AssociationStatus",
    "Attempt",
    "Base",
    "Existing",
    "Identity",
    "Import",
    "ImportRow",
    "ImportStatus",
    "Membership",
    "MembershipRole",
    "Office",
    "Outcome",
    "Person",
    "SignInFlow",
    "SignInLink",
    "SignInSession",
    "SigningKey",
    "Source",
    "Vocabulary",
    "Word",
    "digest",
    "email_key",
    "new_secret",
    "old_rows",
    "problems",
    "same",
    "today",
]
