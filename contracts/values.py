"""Value types on the wire, shared by several events.

Money is always an integer number of øre, in fields named ``*_ore``.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Body(StrEnum):
    """The bodies and functions a person can hold an office in (V14, V17, N26, N29)."""

    COUNCIL = "council"
    COMMITTEE = "committee"
    COORDINATOR = "coordinator"
    CASEWORKER = "caseworker"
    CENTRE = "centre"
    OPERATOR = "operator"
    DEPARTMENT_HEAD = "department-head"
    BRIDGE_BUILDER = "bridge-builder"


class OnBehalf(StrEnum):
    """Who spoke for an association: its own people, or who does it on their behalf (N29).

    Shown to everybody, so it is a role and never a name.
    """

    ASSOCIATION = "association"
    CENTRE = "centre"
    COORDINATOR = "coordinator"


class StaleReason(StrEnum):
    """Why somebody must phone an association: it did not answer, or mail does not reach it."""

    UNANSWERED = "unanswered"
    BOUNCED = "bounced"


class PaperKind(StrEnum):
    """The papers of an association that a municipality asks for again and again.

    Statutes, the latest accounts, that the CVR registration was renewed (every three years for a
    voluntary association), that a NemKonto is tied to it, and that children are looked after:
    børneattestloven (lov nr. 520 af 21/06/2005). They live in the directory; whoever needs to know
    is told by event, and nobody is asked twice.
    """

    STATUTES = "statutes"
    ACCOUNTS = "accounts"
    CVR = "cvr-registration"
    NEMKONTO = "nemkonto"
    CHILDREN = "child-protection"

    @property
    def is_document(self) -> bool:
        """Whether it is a file; the others are only declared."""
        return self in {PaperKind.STATUTES, PaperKind.ACCOUNTS}

    @property
    def needs_cvr(self) -> bool:
        """Whether only an association with a CVR number can have it: a NemKonto hangs on one."""
        return self in {PaperKind.CVR, PaperKind.NEMKONTO}


class ChildProtection(StrEnum):
    """What an association declares of those who are with children under 15.

    A declaration, never the certificates: they are criminal records (GDPR art. 10).
    """

    OBTAINED = "certificates-obtained"
    NO_CHILDREN = "no-children-under-15"


class InvitationOutcome(StrEnum):
    """How an invitation came to nothing."""

    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class CompetenceKind(StrEnum):
    """What an association can lend: somebody who speaks, or knowledge staff may draw on."""

    SPEAKER = "speaker"
    EXPERTISE = "expertise"


class Proof(StrEnum):
    """What the coordinator saw before an association was handed to new people."""

    MINUTES = "minutes"
    REGISTER = "register"
    LETTER = "letter"
    OTHER = "other"


class Outcome(StrEnum):
    """How far a decision follows the application.

    A partial award is not full agreement (forvaltningsloven § 22).
    """

    GRANTED = "granted"
    PARTLY_GRANTED = "partly-granted"
    REJECTED = "rejected"


class AnswerOutcome(StrEnum):
    """What became of a point in a hearing response."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    NOT_ACCEPTED = "not-accepted"
    NOTED = "noted"


class RegistrationStatus(StrEnum):
    """Whether a registration has a place."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


class DocumentKind(StrEnum):
    """What kind of document it is; people subscribe to a kind (V12, V20)."""

    POLICY = "policy"
    STATUTES = "statutes"
    FORM = "form"
    MINUTES = "minutes"
    GUIDANCE = "guidance"
    REPORT = "report"
    OTHER = "other"


class NewsTopic(StrEnum):
    """What a piece of news is about; people subscribe to a topic (V12, V30)."""

    GRANTS = "grants"
    MEETINGS = "meetings"
    VOLUNTEERING = "volunteering"
    COUNCIL = "council"
    OTHER = "other"


class FundingProvider(StrEnum):
    """Whose money it is (V22)."""

    MUNICIPALITY = "municipality"
    STATE = "state"
    FOUNDATION = "foundation"
    OTHER = "other"


class Ground(StrEnum):
    """Why it is held that somebody takes no part in a case (forvaltningsloven § 3).

    They are said to lead the applicant, or have declared a conflict themselves.
    """

    LEADS = "leads"
    DECLARED = "declared"


class Ruling(StrEnum):
    """What was ruled when somebody's part in a case was in question (forvaltningsloven § 6)."""

    CLEARED = "cleared"
    UPHELD = "upheld"


class KeptKind(StrEnum):
    """What is kept of somebody who was erased."""

    CASE = "case"
    CASE_TEXT = "case-text"
    SIGNATURE = "signature"
    DELIBERATION = "deliberation"
    RECORD_HISTORY = "record-history"
    ROLE = "role"
    PARTICIPATION = "participation"
    RESPONSE = "response"
    MAIL_LOG = "mail-log"


class KeptForm(StrEnum):
    """How it is kept: under an id that leads to nobody any more, or as it was written."""

    PSEUDONYM = "pseudonym"
    AS_WRITTEN = "as-written"


class KeptRule(StrEnum):
    """Under which rule it is kept (GDPR art. 17(3)(b) and (d)).

    ``public-record``: what the authority received and did must be filed and may not be destroyed
    without a rule of the national archives (offentlighedsloven § 15, arkivloven § 8).
    ``accounts``: vouchers are kept for five years after the accounting year (bogføringsloven § 12).
    """

    PUBLIC_RECORD = "public-record"
    ACCOUNTS = "accounts"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Something that is kept of an erased person: how much of what, how, and under which rule.

    ``until`` is the last day; null where it stays with its case until the archives take it over.
    """

    what: KeptKind
    form: KeptForm
    rule: KeptRule
    count: int
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """The reasons of a decision.

    Rules applied, main considerations, facts given weight (forvaltningsloven §§ 22-24).
    """

    rules: str
    considerations: str
    facts: str = ""


@dataclass(frozen=True, kw_only=True)
class RecommendedAmount:
    """One line of the council's recommendation."""

    application_id: UUID
    amount_ore: int


@dataclass(frozen=True, kw_only=True)
class OfferTime:
    """When an offer takes place, again and again.

    ``rrule`` is a recurrence rule (RFC 5545, 3.3.10) counted from ``starts_on``; ``starts`` and
    ``ends`` are times on a Danish clock, "19:30"; where ``ends`` is not later, it is the day after.
    """

    rrule: str
    starts_on: date
    starts: str
    ends: str
