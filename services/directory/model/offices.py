"""Seats and functions that are held from a day to a day."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import OfficeEnded, OfficeGranted
from contracts.values import Body
from services.directory.model.mapping import Base, one_of

DENMARK: Final = ZoneInfo("Europe/Copenhagen")


class Office(Base):
    """A seat or function a person holds from a day to a day (V14, V17)."""

    __tablename__ = "office"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    body: Mapped[Body] = mapped_column(one_of(Body, name="body"))
    title: Mapped[str]
    # Stands in for the holder: signs nothing while there is one.
    is_deputy: Mapped[bool] = mapped_column(default=False, server_default="false")
    department: Mapped[str | None]
    # Which questions go to them, for everybody to read (N26).
    questions: Mapped[str] = mapped_column(default="", server_default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days_in_order"),
        Index("ix_office_person_id", "person_id"),
        Index("ix_office_ends_on", "ends_on", postgresql_where=text("ended_at IS NULL")),
    )

    def is_held_on(self, day: date) -> bool:
        """Whether the office is held on a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @classmethod
    def held_on(cls, day: date) -> ColumnElement[bool]:
        """Say in SQL: held on this day, and not ended before its time."""
        return and_(
            cls.starts_on <= day,
            or_(cls.ends_on.is_(None), cls.ends_on >= day),
            cls.ended_at.is_(None),
        )

    def grant(self, *, person_name: str) -> OfficeGranted:
        """Record the office as it is now."""
        self.ended_at = None
        return OfficeGranted(
            office_id=self.id,
            person_id=self.person_id,
            person_name=person_name,
            body=self.body,
            title=self.title,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            is_deputy=bool(self.is_deputy),
            department=self.department,
        )

    def end(self, *, on: date, at: datetime) -> OfficeEnded:
        """End the office with a day; the person is told to others as gone at once."""
        self.ends_on = max(on, self.starts_on)
        self.ended_at = at
        return OfficeEnded(office_id=self.id, person_id=self.person_id, body=self.body)


def today(now: datetime) -> date:
    """The day it is in Denmark."""
    return now.astimezone(DENMARK).date()


def first_vacant_day(terms: Iterable[tuple[date, date | None]], *, from_: date) -> date | None:
    """Return the first day, from a day on, that no term covers; None where there is none.

    A term is its first and its last day; one without a last day covers all that follows.
    """
    day = from_
    for starts_on, ends_on in sorted(terms, key=lambda term: term[0]):
        if starts_on > day:
            break
        if ends_on is None:
            return None
        day = max(day, ends_on + timedelta(days=1))
    return day
