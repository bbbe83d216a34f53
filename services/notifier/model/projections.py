"""Local copies of what other services say: who is who, and what mails speak of.

Kept by ``handlers.py``, never changed by this service's own commands. No foreign keys point here:
events of different aggregates arrive in any order.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.model.mapping import Base


class Person(Base):
    """A person and where mail reaches them; ``erased`` stays when the rest is gone (GDPR art. 17)."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    language: Mapped[str]
    erased: Mapped[bool]


class Association(Base):
    """An association; ``published`` while it is in the vejviser.

    ``contact_person_id`` is who registered it: mail goes there while no membership says otherwise.
    """

    __tablename__ = "association"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    published: Mapped[bool] = mapped_column(index=True)
    contact_person_id: Mapped[UUID | None] = mapped_column(index=True)


class Membership(Base):
    """Who has a role in which association, and who of them gets its mail."""

    __tablename__ = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID] = mapped_column(index=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    role: Mapped[str]
    is_contact: Mapped[bool]
    ended: Mapped[bool]


class Office(Base):
    """Who holds which office, and for how long."""

    __tablename__ = "office"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    person_name: Mapped[str]
    body: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended: Mapped[bool]


class Application(Base):
    """What an application is called, for mails about events that only name its id."""

    __tablename__ = "application"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_number: Mapped[str]
    title: Mapped[str]
    round_title: Mapped[str]


class Meeting(Base):
    """A called meeting, as it stands in people's calendars."""

    __tablename__ = "meeting"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str]
    agenda: Mapped[list[str]] = mapped_column(ARRAY(Text))
    revision: Mapped[int]


class Registration(Base):
    """Who has signed up for a meeting."""

    __tablename__ = "registration"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(index=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    association_id: Mapped[UUID | None] = mapped_column(index=True)
    status: Mapped[str]
