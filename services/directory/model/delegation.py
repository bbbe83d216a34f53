"""Who else may keep an association's record: the volunteer centre, by agreement (N29).

The municipality agrees with the centre from when to when, and how fresh the vejviser is to be; each
association decides for itself whether the centre may touch its record. What came of a phone call is
kept, so that nobody is called twice for nothing.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, or_
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import EditingAgreementMade
from contracts.values import OnBehalf
from services.directory.model.mapping import Base, one_of


class EditingAgreement(Base):
    """That the centre keeps the vejviser, from a day to a day, and how much of it must be fresh.

    ``freshness_target`` is in per cent of the published associations.
    """

    __tablename__ = "editing_agreement"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    freshness_target: Mapped[int]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days_in_order"),
        CheckConstraint("freshness_target BETWEEN 0 AND 100", name="per_cent"),
        Index("ix_editing_agreement_starts_on", "starts_on"),
    )

    @classmethod
    def in_force_on(cls, day: date) -> ColumnElement[bool]:
        """Say in SQL that an agreement holds on a day."""
        return (cls.starts_on <= day) & or_(cls.ends_on.is_(None), cls.ends_on >= day)

    def make(self) -> EditingAgreementMade:
        """Record what was agreed."""
        return EditingAgreementMade(
            editing_agreement_id=self.id,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            freshness_target=self.freshness_target,
        )


class CallOutcome(StrEnum):
    """What came of a phone call: all is right, nobody answered, or the association is no more."""

    CONFIRMED = "confirmed"
    NO_ANSWER = "no-answer"
    CLOSED = "closed"


class Call(Base):
    """A phone call to an association that did not answer the mail. ``note``: what to remember."""

    __tablename__ = "call"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    person_id: Mapped[UUID]
    on_behalf: Mapped[OnBehalf] = mapped_column(one_of(OnBehalf, name="on_behalf"))
    outcome: Mapped[CallOutcome] = mapped_column(one_of(CallOutcome, name="outcome"))
    note: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_call_association_id", "association_id", "at", "id"),)
