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
