"""Hearings: a question to the associations it concerns, to the council, or both (N21, N30).

::

    draft ──opening──► open ──(its deadline)──► closed ──conclusion──► concluded
                        │  reminder before it       │
                        └─ one response each        └─ an answer to each

No statute sets the period; four weeks is held to be suitable (mission.md section 4.5), so that is
the default, and a shorter one, or one across holidays, is warned of but not forbidden.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.events import Event
from chassis.problems import FieldError, Invalid
from contracts import meetings as events
from contracts.values import AnswerOutcome
from services.meetings.model.danish_time import (
    EARLIEST,
    LATEST,
    crosses_holidays,
    end_of,
    local_date,
    working_days,
)
from services.meetings.model.mapping import Base, one_of
from services.meetings.model.problems import (
    AudienceEmpty,
    DeadlinePassed,
    HearingClosed,
    HearingIsConcluded,
    HearingNotClosed,
    HearingNotOpen,
    NotDraft,
    UnansweredResponses,
)

SHORT_DEADLINE: Final = "short-deadline"
HOLIDAY_PERIOD: Final = "holiday-period"


class HearingStatus(StrEnum):
    """Where a hearing is in its life."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CONCLUDED = "concluded"


class Party(StrEnum):
    """On whose behalf a response speaks."""

    ASSOCIATION = "association"
    COUNCIL = "council"


class Policy(Base):
    """What the municipality's profile says about hearings and meetings.

    One row, written by ``adopt``.
    """

    __tablename__ = "policy"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    default_days: Mapped[int]
    warn_days: Mapped[int]
    reminder_days: Mapped[int]
    registration_closes_days: Mapped[int | None]
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text))

    @classmethod
    def standard(cls) -> "Policy":
        """What holds where the profile says nothing: four weeks, a warning under three."""
        return cls(
            id=1,
            default_days=28,
            warn_days=21,
            reminder_days=3,
            registration_closes_days=None,
            target_groups=[],
        )

    def closing_of(self, opened_at: datetime) -> datetime:
        """The deadline of a hearing that opens now and names none."""
        return end_of(local_date(opened_at) + timedelta(days=self.default_days))

    def reminder_of(self, opened_at: datetime, closes_at: datetime) -> datetime | None:
        """When those who have not responded are reminded.

        None where the period is too short for it.
        """
        reminder_at = closes_at - timedelta(days=self.reminder_days)
        return reminder_at if reminder_at > opened_at else None

    def warnings(self, opened_at: datetime, closes_at: datetime) -> list[str]:
        """Say what is wrong with a period, if anything: too short, or when nobody is at home."""
        first, last = local_date(opened_at), local_date(closes_at)
        found = []
        if (last - first).days < self.warn_days:
            found.append(SHORT_DEADLINE)
        if crosses_holidays(first, last):
            found.append(HOLIDAY_PERIOD)
        return found


def working_days_of(opened_at: datetime, closes_at: datetime) -> int:
    """Count the working days a party has, the last day included and the day of opening not."""
    return working_days(local_date(opened_at) + timedelta(days=1), local_date(closes_at))


@dataclass(frozen=True, kw_only=True)
class HearingPlan:
    """What the coordinator decides about a hearing.

    ``closes_at`` None means the default after opening.
    """

    title: str
    question: str
    background: str
    closes_at: datetime | None
    to_council: bool
    audience_all: bool
    audience_association_ids: tuple[UUID, ...]
    audience_target_groups: tuple[str, ...]

    def check(self, known_target_groups: Iterable[str]) -> None:
        """Raise :class:`Invalid` for an impossible date or an unknown target group."""
        errors = []
        if self.closes_at is not None and not EARLIEST <= self.closes_at < LATEST:
            errors.append(FieldError("/closes_at", "Must lie between the years 2000 and 2100."))
        known = set(known_target_groups)
        errors += [
            FieldError(f"/audience/target_groups/{place}", "Not a target group of the vejviser.")
            for place, key in enumerate(self.audience_target_groups)
            if key not in known
        ]
        if errors:
            raise Invalid(errors=errors)


class Hearing(Base):
    """A hearing with its question, deadline and audience.

    Whom it reaches is settled when it opens.
    """

    __tablename__ = "hearing"
    __table_args__ = (
        Index("ix_hearing_due", "closes_at", postgresql_where=sql("status = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    title: Mapped[str]
    question: Mapped[str]
    background: Mapped[str]
    to_council: Mapped[bool]
    audience_all: Mapped[bool]
    audience_association_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    audience_target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    closes_at: Mapped[datetime | None]
    status: Mapped[HearingStatus] = mapped_column(one_of(HearingStatus, name="status"))
    created_at: Mapped[datetime] = mapped_column(index=True)
    opened_at: Mapped[datetime | None]
    reminder_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    concluded_at: Mapped[datetime | None]
    conclusion: Mapped[str | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    @classmethod
    def drafted(cls, id_: UUID, plan: HearingPlan, *, at: datetime) -> "Hearing":
        """Make a draft."""
        hearing = cls(id=id_, status=HearingStatus.DRAFT, created_at=at)
        hearing._write(plan)
        return hearing

    @property
    def plan(self) -> HearingPlan:
        """What is decided about the hearing at present."""
        return HearingPlan(
            title=self.title,
            question=self.question,
            background=self.background,
            closes_at=self.closes_at,
            to_council=self.to_council,
            audience_all=self.audience_all,
            audience_association_ids=tuple(self.audience_association_ids),
            audience_target_groups=tuple(self.audience_target_groups),
        )

    def replan(self, plan: HearingPlan) -> None:
        """Change a draft. Raises :class:`NotDraft` once it is open."""
        if plan == self.plan:
            return
        if self.status is not HearingStatus.DRAFT:
            raise NotDraft(status=self.status)
        self._write(plan)

    def open(
        self, association_ids: Sequence[UUID], *, policy: Policy, at: datetime
    ) -> events.HearingOpened:
        """Open the hearing for these associations, and for the council where it is asked.

        Raises :class:`NotDraft`, :class:`DeadlinePassed`, or :class:`AudienceEmpty` where it would
        reach nobody.
        """
        if self.status is not HearingStatus.DRAFT:
            raise NotDraft(status=self.status)
        closes_at = self.closes_at or policy.closing_of(at)
        if closes_at <= at:
            raise DeadlinePassed(closes_at=closes_at)
        if not association_ids and not self.to_council:
            raise AudienceEmpty
        self.status = HearingStatus.OPEN
        self.opened_at = at
        self.closes_at = closes_at
        self.reminder_at = policy.reminder_of(at, closes_at)
        return events.HearingOpened(
            hearing_id=self.id,
            title=self.title,
            question=self.question,
            closes_at=closes_at,
            association_ids=tuple(association_ids),
            to_council=self.to_council,
        )

    def require_takes_responses(self, at: datetime) -> datetime:
        """Return the deadline.

        Raises :class:`HearingNotOpen` before, :class:`HearingClosed` from the deadline on.
        """
        if self.status is HearingStatus.DRAFT or self.closes_at is None:
            raise HearingNotOpen
        if self.status is not HearingStatus.OPEN or at >= self.closes_at:
            raise HearingClosed(closed_at=self.closes_at)
        return self.closes_at

    def remind(
        self, silent: Sequence[UUID], *, council_is_silent: bool, at: datetime
    ) -> events.HearingClosingSoon | None:
        """Mark the reminder as sent; return it, or None when everybody has responded."""
        self.reminded_at = at
        if self.closes_at is None or not (silent or council_is_silent):
            return None
        return events.HearingClosingSoon(
            hearing_id=self.id,
            title=self.title,
            closes_at=self.closes_at,
            unanswered_association_ids=tuple(silent),
            council_unanswered=council_is_silent,
        )

    def is_overdue(self, at: datetime) -> bool:
        """Whether the deadline of an open hearing has passed.

        It closes as soon as somebody looks.
        """
        return (
            self.status is HearingStatus.OPEN
            and self.closes_at is not None
            and at >= self.closes_at
        )

    def close(self, *, response_count: int, at: datetime) -> events.HearingClosed:
        """Close at the deadline; from now on every response waits for its answer."""
        if not self.is_overdue(at):
            raise HearingNotOpen(status=self.status)
        self.status = HearingStatus.CLOSED
        self.closed_at = at
        return events.HearingClosed(
            hearing_id=self.id, title=self.title, response_count=response_count
        )

    def require_closed(self) -> None:
        """Raise where responses cannot be answered.

        :class:`HearingNotClosed` before, :class:`HearingIsConcluded` after.
        """
        if self.status is HearingStatus.CONCLUDED:
            raise HearingIsConcluded
        if self.status is not HearingStatus.CLOSED:
            raise HearingNotClosed(status=self.status, closes_at=self.closes_at)

    def conclude(
        self, conclusion: str, responses: Sequence["Response"], *, at: datetime
    ) -> list[Event]:
        """Conclude; every response gets its answer, and the conclusion, at the same moment.

        Raises :class:`UnansweredResponses` where one has none.
        """
        self.require_closed()
        unanswered = [response.id for response in responses if response.outcome is None]
        if unanswered:
            raise UnansweredResponses(response_ids=unanswered)
        self.status = HearingStatus.CONCLUDED
        self.concluded_at = at
        self.conclusion = conclusion
        concluded = events.HearingConcluded(
            hearing_id=self.id, title=self.title, conclusion=conclusion
        )
        return [
            concluded,
            *(response.publish_answer(self.title, conclusion) for response in responses),
        ]

    def _write(self, plan: HearingPlan) -> None:
        self.title = plan.title
        self.question = plan.question
        self.background = plan.background
        self.closes_at = plan.closes_at
        self.to_council = plan.to_council
        self.audience_all = plan.audience_all
        self.audience_association_ids = list(plan.audience_association_ids)
        self.audience_target_groups = list(plan.audience_target_groups)


class Invitation(Base):
    """An association that a hearing reached when it opened."""

    __tablename__ = "invitation"

    hearing_id: Mapped[UUID] = mapped_column(ForeignKey("hearing.id"), primary_key=True)
    association_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)


class Response(Base):
    """What one association, or the council, says; and the municipality's answer to it.

    The answer is the municipality's own until the hearing is concluded.
    """

    __tablename__ = "response"
    __table_args__ = (
        Index("uq_response_hearing_id_association_id", "hearing_id", "association_id", unique=True),
        Index(
            "uq_response_council",
            "hearing_id",
            unique=True,
            postgresql_where=sql("on_behalf_of = 'council'"),
        ),
        CheckConstraint("(on_behalf_of = 'council') = (association_id IS NULL)", name="party"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    hearing_id: Mapped[UUID] = mapped_column(ForeignKey("hearing.id"))
    association_id: Mapped[UUID | None] = mapped_column(index=True)
    on_behalf_of: Mapped[Party] = mapped_column(one_of(Party, name="on_behalf_of"))
    text: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(index=True)
    submitted_at: Mapped[datetime]
    outcome: Mapped[AnswerOutcome | None] = mapped_column(one_of(AnswerOutcome, name="outcome"))
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    def received(self, hearing_title: str) -> events.ResponseReceived:
        """Record that the response came in."""
        return events.ResponseReceived(
            response_id=self.id,
            hearing_id=self.hearing_id,
            hearing_title=hearing_title,
            association_id=self.association_id,
            person_id=self.person_id,
        )

    def take_answer(
        self, outcome: AnswerOutcome, text: str, *, by: UUID | None, at: datetime
    ) -> None:
        """Write the municipality's answer; it can be changed until the hearing is concluded."""
        if (self.outcome, self.answer) == (outcome, text):
            return
        self.outcome = outcome
        self.answer = text
        self.answered_by = by
        self.answered_at = at

    def publish_answer(self, hearing_title: str, conclusion: str) -> events.ResponseAnswered:
        """Send the answer, together with the conclusion."""
        if self.outcome is None or self.answer is None:
            raise UnansweredResponses(response_ids=[self.id])
        return events.ResponseAnswered(
            response_id=self.id,
            hearing_id=self.hearing_id,
            hearing_title=hearing_title,
            association_id=self.association_id,
            person_id=self.person_id,
            outcome=self.outcome,
            answer=self.answer,
            conclusion=conclusion,
        )
