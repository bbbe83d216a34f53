"""The private papers of an association, so that it is asked for each of them once.

What was filed is kept as it was: a newer paper takes the place of the one before and never
overwrites it, so that a case can always show what was known when it was decided.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.config import Misconfigured
from chassis.files import StoredFile
from chassis.problems import FieldError, Invalid
from contracts.directory import (
    AssociationPaperExpired,
    AssociationPaperExpiring,
    AssociationPaperFiled,
)
from contracts.values import ChildProtection, OnBehalf, PaperKind
from services.directory.model.mapping import Base, one_of
from services.directory.model.vocabulary import Vocabulary

PAPERS_KEY: Final = "papers"
# Voluntary associations renew their registration every three years, or it lapses (mission.md 4).
CVR_MONTHS: Final = 36
# The accounts of a year are the latest until those of the next can be asked for: half a year after
# it ended.
ACCOUNTS_MONTHS: Final = 18
# A declaration about children holds to 31 December. One made in the month before the new year is
# meant for it, else who answers the reminder would be asked again within weeks.
DECEMBER: Final = 12


class PaperStatus(StrEnum):
    """How it stands with a kind of paper: never filed, good, soon not good any more, or not."""

    MISSING = "missing"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


class Paper(Base):
    """One paper as it was filed. ``superseded_at`` is null for the one that counts.

    ``reminded_at`` and ``expired_at`` say when the association was told, so that it is told once.
    """

    __tablename__ = "paper"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    kind: Mapped[PaperKind] = mapped_column(one_of(PaperKind, name="kind"))
    statement: Mapped[ChildProtection | None] = mapped_column(
        one_of(ChildProtection, name="statement")
    )
    dated_on: Mapped[date]
    expires_on: Mapped[date | None]
    filed_at: Mapped[datetime]
    filed_by: Mapped[UUID | None]
    on_behalf: Mapped[OnBehalf] = mapped_column(one_of(OnBehalf, name="on_behalf"))
    superseded_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_paper_current",
            "association_id",
            "kind",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_paper_association_id", "association_id", "kind", "filed_at"),
        Index("ix_paper_filed_by", "filed_by"),
        Index(
            "ix_paper_expires_on",
            "expires_on",
            postgresql_where=text("superseded_at IS NULL AND expired_at IS NULL"),
        ),
    )

    def file(self) -> AssociationPaperFiled:
        """Record that it counts from now on."""
        return AssociationPaperFiled(
            association_id=self.association_id,
            paper_id=self.id,
            kind=self.kind,
            dated_on=self.dated_on,
            expires_on=self.expires_on,
            statement=self.statement,
            filed_at=self.filed_at,
        )

    def remind(self, name: str, *, at: datetime) -> AssociationPaperExpiring | None:
        """Record that the association ``name`` is reminded; None where it was, or need not be."""
        if self.expires_on is None or self.superseded_at or self.reminded_at or self.expired_at:
            return None
        self.reminded_at = at
        return AssociationPaperExpiring(
            association_id=self.association_id,
            name=name,
            paper_id=self.id,
            kind=self.kind,
            expires_on=self.expires_on,
        )

    def expire(self, name: str, *, at: datetime) -> AssociationPaperExpired | None:
        """Record that it holds no more, and that ``name`` is told; None where that was done."""
        if self.expires_on is None or self.superseded_at or self.expired_at:
            return None
        self.expired_at = at
        return AssociationPaperExpired(
            association_id=self.association_id,
            name=name,
            paper_id=self.id,
            kind=self.kind,
            expires_on=self.expires_on,
        )

    def status_on(self, day: date, *, remind_before: timedelta) -> PaperStatus:
        """Tell how it stands on a day."""
        if self.expires_on is None or self.expires_on > day + remind_before:
            return PaperStatus.VALID
        return PaperStatus.EXPIRING if self.expires_on >= day else PaperStatus.EXPIRED


class PaperFile(StoredFile, Base):
    """The file of a paper that is a document."""

    __tablename__ = "paper_file"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("paper.id"), unique=True)


def expiry(kind: PaperKind, dated_on: date) -> date | None:
    """Return the last day a paper holds; None where it holds until the next one."""
    if kind is PaperKind.CVR:
        return _months_after(dated_on, CVR_MONTHS)
    if kind is PaperKind.ACCOUNTS:
        return _months_after(dated_on, ACCOUNTS_MONTHS)
    if kind is PaperKind.CHILDREN:
        return date(dated_on.year + (dated_on.month == DECEMBER), 12, 31)
    return None


def require_holds(kind: PaperKind, dated_on: date, *, day: date) -> date | None:
    """Return the last day a paper holds that is filed on ``day``.

    Raises :class:`Invalid` for a date to come, and where it would hold no more.
    """
    if dated_on > day:
        raise Invalid(errors=[FieldError("/dated_on", "Must not be in the future.")])
    expires_on = expiry(kind, dated_on)
    if expires_on is not None and expires_on < day:
        raise Invalid(
            errors=[FieldError("/dated_on", "Is too long ago: this holds no more, file a newer.")]
        )
    return expires_on


def remind_before_here(session: Session) -> timedelta:
    """Read how long before a paper expires the association is reminded: the profile's policy."""
    stated = session.scalar(select(Vocabulary.value).where(Vocabulary.key == PAPERS_KEY))
    if stated is None:
        raise Misconfigured("the profile's [papers] was not adopted: run migrate")
    return timedelta(days=int(stated["remind_before_days"]))


def _months_after(day: date, months: int) -> date:
    """Go on by months; the last day of one month leads to the last of another."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = monthrange(year, month)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month, last if is_last else min(day.day, last))
