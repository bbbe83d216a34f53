"""The directory's aggregates: associations, offers, imports, people, memberships, offices, sign-in.

State changes here and returns the event that records it; nothing here knows HTTP or other modules.
"""

from services.directory.model import problems
from services.directory.model.addresses import MOST_SUGGESTED, SuggestedAddress
from services.directory.model.associations import Association, AssociationForm
from services.directory.model.competences import Competence
from services.directory.model.confirmation import ConfirmationLink, Freshness, Periods
from services.directory.model.contact_pairs import ContactPair
from services.directory.model.delegation import Call, CallOutcome, EditingAgreement
from services.directory.model.documents import (
    READ_AGAIN,
    Document,
    DocumentEdition,
)
from services.directory.model.erasures import AskedBy, Erasure, ErasureAnswer
from services.directory.model.funding import (
    DeadlineKind,
    FundingOpportunity,
    RoundNotice,
    next_deadline,
)
from services.directory.model.history import AssociationChange, ChangeKind
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
from services.directory.model.invitations import Invitation, InvitationStatus
from services.directory.model.leftovers import old_rows
from services.directory.model.limits import Attempt
from services.directory.model.listings import Listing
from services.directory.model.mapping import Base
from services.directory.model.matching import (
    CAPACITY_FRESH,
    GIVEN,
    LEAST,
    WHOLE,
    UnmetNeed,
    tellable,
)
from services.directory.model.memberships import Membership, MembershipRole
from services.directory.model.news import NewsItem, NewsStatus
from services.directory.model.notes import MunicipalNote
from services.directory.model.offers import Offer
from services.directory.model.offices import DENMARK, Office, today
from services.directory.model.origin import Source
from services.directory.model.papers import (
    Paper,
    PaperFile,
    PaperStatus,
    remind_before_here,
    require_holds,
)
from services.directory.model.people import Person, email_key
from services.directory.model.publication import PublicationStatus, Publishable
from services.directory.model.rooms import (
    MOST_PICTURES,
    Access,
    Equipment,
    Room,
    RoomPicture,
    Size,
    UnmetRoomNeed,
    size_of,
)
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
from services.directory.model.times import MOST_TIMES, TIMES_OF_DAY, WEEKDAYS
from services.directory.model.vacancies import Vacancy, find_vacancy, vacant_on
from services.directory.model.vocabulary import Vocabulary, Word, WordState

PROJECTIONS = (RoundNotice,)
"""What a rebuild clears and fills again from the other services' event logs."""

__all__ = [
    "ABSOLUTE",
    "CAPACITY_FRESH",
    "CODE_ATTEMPTS",
    "DENMARK",
    "FLOW_MINUTES",
    "GIVEN",
    "GRACE",
    "IDLE",
    "KEY_ANNOUNCED",
    "KEY_LIFE",
    "LEAST",
    "LINK_MINUTES",
    "LIVING",
    "MOST_PICTURES",
    "MOST_SUGGESTED",
    "MOST_TIMES",
    "PROJECTIONS",
    "READ_AGAIN",
    "TIMES_OF_DAY",
    "WEEKDAYS",
    "WHOLE",
    "WORKING",
    "Access",
    "Answer",
    "AskedBy",
    "Association",
    "AssociationChange",
    "AssociationForm",
    "AssociationStatus",
    "Attempt",
    "Base",
    "Call",
    "CallOutcome",
    "ChangeKind",
    "Competence",
    "ConfirmationLink",
    "ContactPair",
    "DeadlineKind",
    "Document",
    "DocumentEdition",
    "EditingAgreement",
    "Equipment",
    "Erasure",
    "ErasureAnswer",
    "Existing",
    "Freshness",
    "FundingOpportunity",
    "Identity",
    "Import",
    "ImportRow",
    "ImportStatus",
    "Invitation",
    "InvitationStatus",
    "Listing",
    "Membership",
    "MembershipRole",
    "MunicipalNote",
    "NewsItem",
    "NewsStatus",
    "Offer",
    "Office",
    "Outcome",
    "Paper",
    "PaperFile",
    "PaperStatus",
    "Periods",
    "Person",
    "PublicationStatus",
    "Publishable",
    "Room",
    "RoomPicture",
    "RoundNotice",
    "SignInFlow",
    "SignInLink",
    "SignInSession",
    "SigningKey",
    "Size",
    "Source",
    "SuggestedAddress",
    "UnmetNeed",
    "UnmetRoomNeed",
    "Vacancy",
    "Vocabulary",
    "Word",
    "WordState",
    "digest",
    "email_key",
    "find_vacancy",
    "new_secret",
    "next_deadline",
    "old_rows",
    "problems",
    "remind_before_here",
    "require_holds",
    "same",
    "size_of",
    "tellable",
    "today",
    "vacant_on",
]
