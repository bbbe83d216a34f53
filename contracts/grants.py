"""What the grants service says: rounds, applications, the council's recommendation, decisions."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from chassis.events import Event, event, personal
from contracts.values import Ground, Kept, Outcome, Reasons, RecommendedAmount, Ruling


@event("grants.round.announced.v1")
class RoundAnnounced(Event):
    """The coordinator announced a round: dates, frame and criteria are public (V22, V26, N4)."""

    round_id: UUID
    programme: str
    title: str
    frame_ore: int
    opens_at: datetime
    closes_at: datetime
    council_on: date
    committee_on: date
    criteria: tuple[str, ...]
    focus_areas: tuple[str, ...]
    decided_by: str


@event("grants.round.opened.v1")
class RoundOpened(Event):
    """A round takes applications from now on."""

    round_id: UUID
    title: str
    closes_at: datetime


@event("grants.round.closing-soon.v1")
class RoundClosingSoon(Event):
    """A round closes in a few days.

    ``unfinished_association_ids`` have a draft that is not handed in.
    """

    round_id: UUID
    title: str
    closes_at: datetime
    unfinished_association_ids: tuple[UUID, ...]


@event("grants.round.closed.v1")
class RoundClosed(Event):
    """A round closed; from now on the council assesses."""

    round_id: UUID
    title: str
    closed_at: datetime
    application_count: int
    applied_ore: int


@event("grants.round.decided.v1")
class RoundDecided(Event):
    """The committee's decisions of a round are final and public (V28)."""

    round_id: UUID
    title: str
    decided_on: date
    frame_ore: int
    awarded_ore: int
    award_count: int
    application_count: int


@event("grants.application.submitted.v1")
class ApplicationSubmitted(Event):
    """An association handed in an application in time."""

    application_id: UUID
    case_number: str
    round_id: UUID
    round_title: str
    association_id: UUID
    title: str
    amount_ore: int
    submitted_by: UUID
    submitted_at: datetime


@event("grants.application.withdrawn.v1")
class ApplicationWithdrawn(Event):
    """An association withdrew an application before it was decided."""

    application_id: UUID
    round_id: UUID
    association_id: UUID


@event("grants.application.conflict-raised.v1")
class ConflictRaised(Event):
    """Somebody who takes part in deciding is held to have a conflict of interest in a case.

    From now on they take no part in it (forvaltningsloven § 3), until it is ruled that they may.
    ``took_part`` says that they have assessed, voted or decided already.
    """

    application_id: UUID
    case_number: str
    round_title: str
    association_id: UUID
    association_name: str
    person_id: UUID
    ground: Ground
    took_part: bool


@event("grants.application.conflict-ruled.v1")
class ConflictRuled(Event):
    """It was ruled, for a reason, whether somebody takes part in a case (forvaltningsloven § 6)."""

    application_id: UUID
    case_number: str
    round_title: str
    association_id: UUID
    association_name: str
    person_id: UUID
    ruling: Ruling
    reason: Annotated[str, personal("ruling")]


@event("grants.recommendation.submitted.v1")
class RecommendationSubmitted(Event):
    """The council forwarded its recommendation to the committee (V13)."""

    recommendation_id: UUID
    round_id: UUID
    round_title: str
    lines: tuple[RecommendedAmount, ...]
    total_ore: int


@event("grants.decision.made.v1")
class DecisionMade(Event):
    """One application is decided and its letter goes out.

    With all it has to say (forvaltningsloven §§ 22-26).
    """

    decision_id: UUID
    application_id: UUID
    case_number: str
    round_id: UUID
    round_title: str
    association_id: UUID
    association_name: str
    title: str
    outcome: Outcome
    applied_ore: int
    granted_ore: int
    reasons: Reasons
    legal_basis: str
    conditions: tuple[str, ...]
    report_on: date | None
    appeal: str
    decided_by: str
    decided_on: date


@event("grants.person.redacted.v1")
class PersonRedacted(Event):
    """An erased person is forgotten in grants; ``kept`` is what stays, and why (GDPR art. 17(3)).

    Said again, with the whole of what is left, when a rule to keep something has run out.
    """

    person_id: UUID
    kept: tuple[Kept, ...]
