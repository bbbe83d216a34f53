"""Local copies of what other services say, written by ``handlers.py`` alone.

No foreign keys point here: events of different aggregates arrive in any order.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.meetings.model.mapping import Base


class Association(Base):
    """An association as the directory knows it.

    ``published`` while it is in the public vejviser.
    """

    __tablename__ = "association"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    published: Mapped[bool] = mapped_column(index=True)


class Person(Base):
    """The name of a person who can sign up or respond; the row goes when the person is erased."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Membership(Base):
    """Who has a role in which association.

    ``ended`` when they left, so that an old token is noticed.
    """

    __tablename__ = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID] = mapped_column(index=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    role: Mapped[str]
    ended: Mapped[bool]


class Office(Base):
    """Who holds which office, and for how long."""

    __tablename__ = "office"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    body: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended: Mapped[bool]

    def is_held_on(self, day: date) -> bool:
        """Whether the office is held on this day."""
        return (
            not self.ended
            and self.starts_on <= day
            and (self.ends_on is None or day <= self.ends_on)
        )


class Round(Base):
    """A grant round: planned for the committee's day, and proof of the yearly duty when decided."""

    __tablename__ = "round"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    programme: Mapped[str]
    committee_on: Mapped[date | None]
    decided_on: Mapped[date | None]
