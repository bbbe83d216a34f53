"""The directory's aggregates: associations, people, memberships, offices, sign-in and sessions.

State changes here and returns the event that records it; nothing here knows HTTP or other modules.
"""

from services.directory.model import problems
from services.directory.model.associations import Association, AssociationForm
from services.directory.model.confirmation import ConfirmationLink, Freshness, Periods
from services.directory.model.delegation import Call, CallOutcome, EditingAgreement
from services.directory.model.history import AssociationChange, ChangeKind, forget
from services.directory.model.identity import FLOW_MINUTES, Identity, SignInFlow
from services.directory.model.leftovers import old_rows
from services.directory.model.limits import Attempt
from services.directory.model.mapping import Base
from services.directory.model.memberships import Membership, MembershipRole
from services.directory.model.offices import DENMARK, Office, today
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
from services.directory.model.status import LIVING, AssociationStatus
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
    "Association",
    "AssociationChange",
    "AssociationForm",
    "AssociationStatus",
    "Attempt",
    "Base",
    "Call",
    "CallOutcome",
    "ChangeKind",
    "ConfirmationLink",
    "EditingAgreement",
    "Freshness",
    "Identity",
    "Membership",
    "MembershipRole",
    "Office",
    "Periods",
    "Person",
    "SignInFlow",
    "SignInLink",
    "SignInSession",
    "SigningKey",
    "Vocabulary",
    "Word",
    "digest",
    "email_key",
    "forget",
    "new_secret",
    "old_rows",
    "problems",
    "same",
    "today",
]
