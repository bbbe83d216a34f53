"""Meetings: prepared as a draft, called, perhaps changed, then held or cancelled (V19, N23, N25).

::

    draft ──calling──► called ──holding──► held ──► minutes
                         │  ▲
                         │  └─ change (revision + 1)
                         └──cancellation──► cancelled
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.problems import FieldError, Invalid
from contracts.meetings import MeetingCalled, MeetingCancelled, MeetingChanged, MeetingHeld
from services.meetings.model.danish_time import EARLIEST, LATEST
from services.meetings.model.mapping import Base, one_of
from services.meetings.model.problems import (
    CapacityBelowConfirmed,
    MeetingInPast,
    MeetingNotCalled,
    MeetingNotStarted,
    NotDraft,
)

LONGEST: Final = timedelta(days=14)
_IN_THE_CALENDAR: Final = ("title", "starts_at", "ends_at", "place", "agenda")


class MeetingKind(StrEnum):
    """What sort of meeting it is; the yearly duties look for some of them."""

    DIALOGUE = "dialogue"
    CONFERENCE = "conference"
    THEME = "theme"
    OTHER = "other"


class Audience(StrEnum):
    """Who is invited."""

    ASSOCIATIONS = "associations"
    COUNCIL = "council"
    ALL = "all"


class MeetingStatus(StrEnum):
    """Where a meeting is in its life."""

    DRAFT = "draft"
    CALLED = "called"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class MeetingPlan:
    """What the coordinator decides about a meeting."""

    kind: MeetingKind
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    place: str
    capacity: int | None
    audience: Audience
    agenda: tuple[str, ...]
    registration_closes_at: datetime | None

    def check(self) -> None:
        """Raise :class:`Invalid` where the times do not fit each other."""
        errors = []
        if not EARLIEST <= self.starts_at < LATEST:
            errors.append(FieldError("/starts_at", "Must lie between the years 2000 and 2100."))
        if self.ends_at <= self.starts_at:
            errors.append(FieldError("/ends_at", "Must be after the meeting begins."))
        elif self.ends_at - self.starts_at > LONGEST:
            errors.append(FieldError("/ends_at", "A meeting lasts at most 14 days."))
        closes_at = self.registration_closes_at
        if closes_at is not None and not EARLIEST <= closes_at <= self.starts_at:
            errors.append(
                FieldError("/registration_closes_at", "Must not be after the meeting begins.")
            )
        if errors:
            raise Invalid(errors=errors)


class Meeting(Base):
    """A meeting.

    ``revision`` is what calendars call SEQUENCE: it counts the changes they must take in.
    """

    __tablename__ = "meeting"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    kind: Mapped[MeetingKind] = mapped_column(one_of(MeetingKind, name="kind"))
    title: Mapped[str]
    description: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    place: Mapped[str]
    capacity: Mapped[int | None]
    audience: Mapped[Audience] = mapped_column(one_of(Audience, name="audience"))
    agenda: Mapped[list[str]] = mapped_column(ARRAY(Text))
    registration_closes_at: Mapped[datetime | None]
    status: Mapped[MeetingStatus] = mapped_column(one_of(MeetingStatus, name="status"))
    revision: Mapped[int]
    revised_at: Mapped[datetime]
    cancellation_reason: Mapped[str | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    @classmethod
    def drafted(cls, id_: UUID, plan: MeetingPlan, *, at: datetime) -> "Meeting":
        """Make a draft. Raises :class:`Invalid` where its times do not fit."""
        plan.check()
        meeting = cls(id=id_, status=MeetingStatus.DRAFT, revision=0, revised_at=at)
        meeting._write(plan)
        return meeting

    @property
    def plan(self) -> MeetingPlan:
        """What is decided about the meeting at present."""
        values = {field.name: getattr(self, field.name) for field in fields(MeetingPlan)}
        return MeetingPlan(**{**values, "agenda": tuple(self.agenda)})

    def changed_plan(self, changes: Mapping[str, Any]) -> MeetingPlan:
        """Return the plan with some of its parts replaced."""
        values = {field.name: getattr(self.plan, field.name) for field in fields(MeetingPlan)}
        return MeetingPlan(**{**values, **changes})

    def replan(
        self, plan: MeetingPlan, *, confirmed_count: int, at: datetime
    ) -> MeetingChanged | None:
        """Take a new plan; return the event where calendars must be told.

        A draft takes anything. A called meeting keeps its kind and audience, moves only into the
        future, and never has fewer places than people who already have one.
        """
        plan.check()
        if self.status is MeetingStatus.DRAFT:
            self._write(plan)
            return None
        if plan == self.plan:
            return None
        self._require_called()
        if (plan.kind, plan.audience) != (self.kind, self.audience):
            raise NotDraft("Kind and audience stand once the meeting is called.")
        if plan.starts_at != self.starts_at and plan.starts_at <= at:
            raise MeetingInPast(starts_at=plan.starts_at)
        if plan.capacity is not None and plan.capacity < confirmed_count:
            raise CapacityBelowConfirmed(confirmed_count=confirmed_count)
        told = any(getattr(plan, name) != getattr(self.plan, name) for name in _IN_THE_CALENDAR)
        self._write(plan)
        if not told:
            return None
        self.revision += 1
        self.revised_at = at
        return MeetingChanged(
            meeting_id=self.id,
            title=self.title,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            place=self.place,
            agenda=tuple(self.agenda),
            audience=self.audience,
            revision=self.revision,
        )

    def call(self, *, at: datetime) -> MeetingCalled:
        """Call the meeting: everybody in its audience is invited.

        Raises :class:`NotDraft` when it was called before, :class:`MeetingInPast` when it is too
        late.
        """
        if self.status is not MeetingStatus.DRAFT:
            raise NotDraft(status=self.status)
        if self.starts_at <= at:
            raise MeetingInPast(starts_at=self.starts_at)
        self.status = MeetingStatus.CALLED
        self.revised_at = at
        return MeetingCalled(
            meeting_id=self.id,
            kind=self.kind,
            title=self.title,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            place=self.place,
            capacity=self.capacity,
            agenda=tuple(self.agenda),
            audience=self.audience,
            registration_closes_at=self.registration_closes_at,
        )

    def cancel(self, *, reason: str, at: datetime) -> MeetingCancelled:
        """Cancel a called meeting, with the reason that those invited are told."""
        self._require_called()
        self.status = MeetingStatus.CANCELLED
        self.cancellation_reason = reason
        self.revision += 1
        self.revised_at = at
        return MeetingCancelled(
            meeting_id=self.id,
            title=self.title,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            place=self.place,
            audience=self.audience,
            reason=reason,
            revision=self.revision,
        )

    def hold(self, *, at: datetime) -> MeetingHeld:
        """Record that the meeting has been held.

        Raises :class:`MeetingNotStarted` before it began.
        """
        self._require_called()
        if at < self.starts_at:
            raise MeetingNotStarted(starts_at=self.starts_at)
        self.status = MeetingStatus.HELD
        return MeetingHeld(
            meeting_id=self.id, kind=self.kind, title=self.title, held_at=self.starts_at
        )

    def takes_registrations(self, at: datetime) -> bool:
        """Whether one can sign up at this moment."""
        return self.status is MeetingStatus.CALLED and at < self.registration_ends_at

    @property
    def registration_ends_at(self) -> datetime:
        """When registration closes: as decided, else when the meeting begins."""
        return self.registration_closes_at or self.starts_at

    def _require_called(self) -> None:
        if self.status is not MeetingStatus.CALLED:
            raise MeetingNotCalled(status=self.status)

    def _write(self, plan: MeetingPlan) -> None:
        for field in fields(plan):
            setattr(self, field.name, getattr(plan, field.name))
        self.agenda = list(plan.agenda)
