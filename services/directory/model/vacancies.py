"""That an office that must always be held is not, or will not be (V17)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Index, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.directory import VacancyAnnounced, VacancyFilled
from contracts.values import Body
from services.directory.model.mapping import Base, one_of
from services.directory.model.offices import Office, first_vacant_day, today

SEEN_AHEAD_DAYS: Final = 30
"""How long before an office falls vacant somebody is told of it."""


class Vacancy(Base):
    """One vacancy of an office, from when it was seen to come until somebody holds the office.

    ``came_at``: it was told that the day has come.
    """

    __tablename__ = "vacancy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[Body] = mapped_column(one_of(Body, name="body"))
    vacant_on: Mapped[date]
    seen_at: Mapped[datetime]
    came_at: Mapped[datetime | None]
    filled_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_vacancy_open",
            "body",
            unique=True,
            postgresql_where=text("filled_at IS NULL"),
        ),
    )

    def announce(self, *, day: date, at: datetime, has_deputy: bool) -> VacancyAnnounced:
        """Record that it comes, or has come by this day."""
        is_vacant = self.vacant_on <= day
        self.came_at = at if is_vacant else None
        return VacancyAnnounced(
            vacancy_id=self.id,
            body=self.body,
            vacant_on=self.vacant_on,
            is_vacant=is_vacant,
            has_deputy=has_deputy,
        )

    def fill(self, *, at: datetime) -> VacancyFilled:
        """Record that it is over."""
        self.filled_at = at
        return VacancyFilled(vacancy_id=self.id, body=self.body)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is to be told of the office: from which day it is vacant, and what was told before."""

    vacant_on: date | None
    has_deputy: bool
    known: Vacancy | None

    def is_news(self, day: date) -> bool:
        """Whether that differs from what was told."""
        if self.vacant_on is None or self.known is None:
            return (self.vacant_on is None) != (self.known is None)
        came = self.known.came_at is None and self.vacant_on <= day
        return came or self.known.vacant_on != self.vacant_on


def find_vacancy(session: Session, now: datetime) -> Found:
    """Find out whether the office is vacant, or will be within a month, and what was told of it."""
    day = today(now)
    deputy = select(Office.id).where(
        Office.body == Body.COORDINATOR, Office.is_deputy, Office.held_on(day)
    )
    known = select(Vacancy).where(Vacancy.body == Body.COORDINATOR, Vacancy.filled_at.is_(None))
    return Found(
        vacant_on=vacant_on(session, day),
        has_deputy=session.scalar(deputy.limit(1)) is not None,
        known=session.scalar(known),
    )


def vacant_on(session: Session, day: date) -> date | None:
    """Return the day the contact person's office falls vacant, if that is soon, or when it did."""
    mine = (Office.body == Body.COORDINATOR, Office.is_deputy.is_(False))
    terms = session.execute(
        select(Office.starts_on, Office.ends_on).where(
            *mine,
            Office.ended_at.is_(None),
            or_(Office.ends_on.is_(None), Office.ends_on >= day),
        )
    ).all()
    found = first_vacant_day([(row.starts_on, row.ends_on) for row in terms], from_=day)
    if found is None or found > day + timedelta(days=SEEN_AHEAD_DAYS):
        return None
    if found > day:
        return found
    last = session.scalar(
        select(Office.ends_on)
        .where(*mine, Office.ends_on <= day)
        .order_by(Office.ends_on.desc())
        .limit(1)
    )
    if last is not None:
        return min(last + timedelta(days=1), day)
    # Nobody ever held it: since it was first told.
    told = select(Vacancy.vacant_on).where(
        Vacancy.body == Body.COORDINATOR, Vacancy.filled_at.is_(None)
    )
    return min(session.scalar(told) or day, day)
