"""Programmes and their rounds: dates, criteria and the hard frame."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.problems import FieldError
from contracts.grants import (
    RoundAnnounced,
    RoundClosed,
    RoundClosingSoon,
    RoundDecided,
    RoundOpened,
)
from services.grants.model.mapping import DENMARK, Base, one_of
from services.grants.model.problems import (
    AmountsOutOfOrder,
    DatesOutOfOrder,
    FrameExceeded,
    RoundIsClosed,
    RoundNotOpen,
    WrongState,
)

# "Closes at 23:59" includes the whole of that minute.
CLOSING_MINUTE: Final = timedelta(minutes=1)


class RoundStatus(StrEnum):
    """How far a round has come."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    RECOMMENDED = "recommended"
    DECIDED = "decided"


PUBLIC: Final = tuple(status for status in RoundStatus if status is not RoundStatus.DRAFT)
TAKING: Final = (RoundStatus.ANNOUNCED, RoundStatus.OPEN)


class Programme(Base):
    """A pool of money with its legal basis and rules, from the municipality's profile (V22)."""

    __tablename__ = "programme"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    legal_basis: Mapped[str]
    purpose: Mapped[str]
    decided_by: Mapped[str]
    decided_by_name: Mapped[str]
    recommended_by_name: Mapped[str]
    appeal: Mapped[str]
    conditions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    excluded: Mapped[list[str]] = mapped_column(ARRAY(Text))
    focus_areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    criteria: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    thresholds: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    minimum_ore: Mapped[int] = mapped_column(BigInteger)
    maximum_ore: Mapped[int] = mapped_column(BigInteger)
    reminder_days: Mapped[int]
    accept_without_cvr: Mapped[bool]
    quorum: Mapped[int]
    # The kinds of paper (contracts.values.PaperKind) it asks for. What lives in the directory, or
    # is attached, is not asked for again.
    papers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy


class Round(Base):
    """One opening of a pool.

    ``allocated_ore`` can never pass ``frame_ore``: the database says so.
    """

    __tablename__ = "round"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    title: Mapped[str]
    status: Mapped[RoundStatus] = mapped_column(one_of(RoundStatus, name="status"))
    frame_ore: Mapped[int] = mapped_column(BigInteger)
    allocated_ore: Mapped[int] = mapped_column(BigInteger)
    minimum_ore: Mapped[int] = mapped_column(BigInteger)
    maximum_ore: Mapped[int] = mapped_column(BigInteger)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    council_on: Mapped[date]
    committee_on: Mapped[date]
    report_on: Mapped[date | None]
    criteria: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    focus_areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    information: Mapped[str]
    reminder_days: Mapped[int]
    reminded_at: Mapped[datetime | None]
    decided_on: Mapped[date | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("allocated_ore >= 0 AND allocated_ore <= frame_ore", name="hard_frame"),
        CheckConstraint("frame_ore > 0", name="frame_is_money"),
        Index("ix_round_status_closes_at", "status", "closes_at"),
    )

    @property
    def ends_at(self) -> datetime:
        """The first moment that is too late: the closing minute counts to its end."""
        return self.closes_at.replace(second=0, microsecond=0) + CLOSING_MINUTE

    def require_dates_in_order(self) -> None:
        """Raise :class:`DatesOutOfOrder` unless opening, closing, council, committee follow."""
        errors = []
        if self.closes_at <= self.opens_at:
            errors.append(FieldError("/closes_at", "Must be after opens_at."))
        if self.council_on < self.closes_at.astimezone(DENMARK).date():
            errors.append(FieldError("/council_on", "Must not be before the round closes."))
        if self.committee_on < self.council_on:
            errors.append(FieldError("/committee_on", "Must not be before council_on."))
        if self.report_on is not None and self.report_on <= self.committee_on:
            errors.append(FieldError("/report_on", "Must be after committee_on."))
        if errors:
            raise DatesOutOfOrder(errors=errors)

    def require_amounts_in_order(self) -> None:
        """Raise :class:`AmountsOutOfOrder` unless minimum ≤ maximum ≤ frame."""
        errors = []
        if self.minimum_ore > self.maximum_ore:
            errors.append(FieldError("/minimum_ore", "Must not be more than maximum_ore."))
        if self.maximum_ore > self.frame_ore:
            errors.append(FieldError("/maximum_ore", "Must not be more than frame_ore."))
        if errors:
            raise AmountsOutOfOrder(errors=errors)

    def require(self, *allowed: RoundStatus) -> None:
        """Raise :class:`WrongState` unless the round is in one of these states."""
        if self.status not in allowed:
            raise WrongState(f"The round is {self.status.value}.", current=self.status.value)

    def announce(self, programme: Programme, *, at: datetime) -> RoundAnnounced:
        """Make the round public (V22)."""
        self.require(RoundStatus.DRAFT)
        self.require_dates_in_order()
        self.require_amounts_in_order()
        if self.ends_at <= at:
            raise DatesOutOfOrder(errors=[FieldError("/closes_at", "Has passed already.")])
        self.status = RoundStatus.ANNOUNCED
        return RoundAnnounced(
            round_id=self.id,
            programme=programme.key,
            title=self.title,
            frame_ore=self.frame_ore,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            council_on=self.council_on,
            committee_on=self.committee_on,
            criteria=tuple(each["title"] for each in self.criteria),
            focus_areas=tuple(self.focus_areas),
            decided_by=programme.decided_by_name,
        )

    def open(self) -> RoundOpened:
        """Take applications from now on."""
        self.require(RoundStatus.ANNOUNCED)
        self.status = RoundStatus.OPEN
        return RoundOpened(round_id=self.id, title=self.title, closes_at=self.closes_at)

    def remind(self, unfinished: tuple[UUID, ...], *, at: datetime) -> RoundClosingSoon:
        """Tell that the round closes soon; once."""
        self.reminded_at = at
        return RoundClosingSoon(
            round_id=self.id,
            title=self.title,
            closes_at=self.closes_at,
            unfinished_association_ids=unfinished,
        )

    def close(self, *, application_count: int, applied_ore: int) -> RoundClosed:
        """Take no more applications."""
        # Announced still, where nobody was there to open it all the while.
        self.require(*TAKING)
        self.status = RoundStatus.CLOSED
        return RoundClosed(
            round_id=self.id,
            title=self.title,
            closed_at=self.closes_at,
            application_count=application_count,
            applied_ore=applied_ore,
        )

    def require_takes_applications(self, at: datetime) -> None:
        """Raise unless an application can be handed in at this moment, by the clock alone."""
        if self.status is RoundStatus.DRAFT or at < self.opens_at:
            raise RoundNotOpen(opens_at=self.opens_at)
        if at >= self.ends_at or self.status not in TAKING:
            raise RoundIsClosed("The round has closed.", closed_at=self.closes_at)

    def reallocate(self, *, before_ore: int, after_ore: int) -> None:
        """Give another amount to one application. Raises :class:`FrameExceeded` (V26)."""
        total = self.allocated_ore - before_ore + after_ore
        if not 0 <= total <= self.frame_ore:
            remaining = self.frame_ore - self.allocated_ore + before_ore
            raise FrameExceeded(remaining_ore=remaining, frame_ore=self.frame_ore)
        self.allocated_ore = total

    def decide(self, *, on: date, award_count: int, application_count: int) -> RoundDecided:
        """Make the decisions final and public (V28)."""
        self.require(RoundStatus.CLOSED, RoundStatus.RECOMMENDED)
        self.status = RoundStatus.DECIDED
        self.decided_on = on
        return RoundDecided(
            round_id=self.id,
            title=self.title,
            decided_on=on,
            frame_ore=self.frame_ore,
            awarded_ore=self.allocated_ore,
            award_count=award_count,
            application_count=application_count,
        )
