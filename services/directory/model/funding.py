"""Where associations can seek money: pools of the state and of foundations, written by staff (V22).

The municipality's own rounds are the grants service's; the directory keeps a copy of what is
announced (:class:`RoundNotice`), so that one list shows all of it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, Date, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import FundingOpportunityPublished, FundingOpportunityWithdrawn
from contracts.values import FundingProvider
from services.directory.model.mapping import Base, one_of
from services.directory.model.publication import PublicationStatus, Rewritable

MOST_QUESTIONS: Final = 6
MOST_DEADLINES: Final = 6


class DeadlineKind(StrEnum):
    """Whether one must apply by a day, by the same days each year, or whenever one likes."""

    ONCE = "once"
    YEARLY = "yearly"
    ROLLING = "rolling"


class FundingOpportunity(Rewritable, Base):
    """A pool that somebody else gives from.

    ``deadlines`` are days: of a yearly one only month and day count. ``applicants`` are the forms
    of associations that may apply (see :class:`AssociationForm`). ``questions`` are what one must
    be able to answer, in order: ``{"question", "needed", "reason"}``, where ``needed`` is whether
    the answer must be yes, and ``reason`` is said to those who answer otherwise.
    """

    __tablename__ = "funding_opportunity"

    DESCRIPTION = (
        "provider_kind",
        "provider",
        "title",
        "summary",
        "applicants",
        "target_groups",
        "amount_min_ore",
        "amount_max_ore",
        "deadline_kind",
        "deadlines",
        "link",
        "questions",
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    provider_kind: Mapped[FundingProvider] = mapped_column(
        one_of(FundingProvider, name="provider_kind")
    )
    provider: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    applicants: Mapped[list[str]] = mapped_column(ARRAY(Text))
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    amount_min_ore: Mapped[int | None] = mapped_column(BigInteger)
    amount_max_ore: Mapped[int | None] = mapped_column(BigInteger)
    deadline_kind: Mapped[DeadlineKind] = mapped_column(one_of(DeadlineKind, name="deadline_kind"))
    deadlines: Mapped[list[date]] = mapped_column(ARRAY(Date))
    link: Mapped[str]
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(search_vector(title), 'A') || setweight(search_vector(provider), 'B')"
            " || setweight(search_vector(summary), 'C')",
            persisted=True,
        ),
        deferred=True,
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("amount_min_ore <= amount_max_ore", name="amounts_in_order"),
        CheckConstraint(
            "(deadline_kind = 'rolling') = (cardinality(deadlines) = 0)", name="has_its_deadlines"
        ),
        Index("ix_funding_opportunity_search", "search", postgresql_using="gin"),
        Index("ix_funding_opportunity_status", "status", "title", "id"),
    )

    def publish(self, *, at: datetime) -> FundingOpportunityPublished:
        """Let everybody read of it, for the first time or again."""
        is_new = self.published_at is None
        self.status = PublicationStatus.PUBLISHED
        self.published_at = self.published_at or at
        return self.told(is_new=is_new)

    def withdrawn(self) -> FundingOpportunityWithdrawn:
        """Say that it is off the list."""
        return FundingOpportunityWithdrawn(funding_opportunity_id=self.id, title=self.title)

    def told(self, *, is_new: bool) -> FundingOpportunityPublished:
        """Say what everybody can read now."""
        return FundingOpportunityPublished(
            funding_opportunity_id=self.id,
            provider_kind=self.provider_kind,
            provider=self.provider,
            title=self.title,
            deadlines=tuple(self.deadlines),
            is_yearly=self.deadline_kind is DeadlineKind.YEARLY,
            link=self.link,
            is_new=is_new,
        )


class RoundNotice(Base):
    """A round of the municipality's own, as the grants service told of it: a local copy."""

    __tablename__ = "round_notice"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    frame_ore: Mapped[int] = mapped_column(BigInteger)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    announced_at: Mapped[datetime]
    is_closed: Mapped[bool]


def next_deadline(kind: DeadlineKind, deadlines: list[date], *, on: date) -> date | None:
    """Return the first deadline that has not passed; None where there is none, or none is left.

    The 29th of February counts as the 28th where the year has no such day.
    """
    if kind is DeadlineKind.YEARLY:
        coming = [_in_year(day, year) for day in deadlines for year in (on.year, on.year + 1)]
    else:
        coming = list(deadlines)
    return min((day for day in coming if day >= on), default=None)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
