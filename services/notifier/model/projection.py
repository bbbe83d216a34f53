"""Copies of other services' facts, kept by events: whom to write to, at which address, about what.

They have no foreign keys among themselves: events of different aggregates come in any order.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.model.base import Base


class AssociationStatus(StrEnum):
    """How far an association has come in the directory."""

    REGISTERED = "registered"
    PUBLISHED = "published"
    REJECTED = "rejected"
    CLOSED = "closed"


class Person(Base):
    """Somebody the municipality writes to. An erased person keeps the id and nothing else."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    language: Mapped[str]
    erased: Mapped[bool] = mapped_column(default=False)

    def erase(self) -> None:
        """Forget who this is (GDPR art. 17)."""
        self.name, self.email, self.erased = "", "", True


class Membership(Base):
    """A person's place in an association; ``is_contact`` says that its mail goes to them."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_association_id", "association_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID]
    person_id: Mapped[UUID]
    is_contact: Mapped[bool]
    granted_at: Mapped[datetime]


class Association(Base):
    """An association.

    ``contact_person_id`` registered it: the contact where no membership names another. ``quiet``:
    it was brought in from a list, and its contact has not been told.
    """

    __tablename__ = "association"
    __table_args__ = (Index("ix_association_status", "status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    status: Mapped[str]
    contact_person_id: Mapped[UUID | None]
    quiet: Mapped[bool] = mapped_column(default=False, server_default="false")


class Office(Base):
    """An office that a person holds: council, committee, coordinator, ... (V14, V17)."""

    __tablename__ = "office"
    __table_args__ = (Index("ix_office_body", "body"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    person_name: Mapped[str]
    body: Mapped[str]
    title: Mapped[str]
    is_deputy: Mapped[bool] = mapped_column(default=False, server_default="false")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended: Mapped[bool] = mapped_column(default=False)


class Application(Base):
    """A handed-in application: what its later mails call it."""

    __tablename__ = "application"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_number: Mapped[str]
    title: Mapped[str]
    round_title: Mapped[str]
    association_id: Mapped[UUID]


class Meeting(Base):
    """A called meeting: what goes into the calendars of those who sign up later."""

    __tablename__ = "meeting"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    agenda: Mapped[list[str]] = mapped_column(ARRAY(Text))
    revision: Mapped[int] = mapped_column(default=0)


class Registration(Base):
    """Who has signed up for a meeting, and whether they have a place."""

    __tablename__ = "registration"
    __table_args__ = (Index("ix_registration_meeting_id", "meeting_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID]
    person_id: Mapped[UUID]
    status: Mapped[str]
