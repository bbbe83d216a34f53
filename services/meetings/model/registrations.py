"""Registrations, and the places of a meeting: who has one, who waits, who is next.

Capacity counts people, not registrations. The waiting list moves up in order: a party that does not
fit yet is not jumped by a smaller one behind it, for otherwise large associations would wait for
ever. The one exception is a party that can *never* fit, because the room got smaller than it while
it waited; it would block everybody behind it, so it is passed over.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from contracts.meetings import RegistrationMade, RegistrationPromoted, RegistrationWithdrawn
from contracts.values import RegistrationStatus
from services.meetings.model.mapping import Base, one_of
from services.meetings.model.meetings import Meeting
from services.meetings.model.problems import (
    NoPlacesLeft,
    PartyTooLarge,
    RegistrationClosed,
    RegistrationIsWithdrawn,
)


class Registration(Base):
    """A party of ``attendees`` people, for an association or for the person who signed up.

    ``number`` counts the sign-ups of a meeting and is the order of its waiting list.
    """

    __tablename__ = "registration"
    __table_args__ = (
        Index(
            "uq_registration_association",
            "meeting_id",
            "association_id",
            unique=True,
            postgresql_where=sql("association_id IS NOT NULL AND status <> 'withdrawn'"),
        ),
        Index(
            "uq_registration_person",
            "meeting_id",
            "person_id",
            unique=True,
            postgresql_where=sql("association_id IS NULL AND status <> 'withdrawn'"),
        ),
        Index("uq_registration_meeting_id_number", "meeting_id", "number", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    association_id: Mapped[UUID | None] = mapped_column(index=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    attendees: Mapped[int]
    note: Mapped[str]
    status: Mapped[RegistrationStatus] = mapped_column(one_of(RegistrationStatus, name="status"))
    number: Mapped[int]
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class Seating:
    """The places of one meeting, while its row is locked: nobody else changes them meanwhile."""

    def __init__(self, meeting: Meeting, registrations: Iterable[Registration]) -> None:
        self._meeting = meeting
        self._active = sorted(
            (each for each in registrations if each.status is not RegistrationStatus.WITHDRAWN),
            key=lambda each: each.number,
        )

    @property
    def confirmed_count(self) -> int:
        """How many people have a place."""
        return sum(
            each.attendees for each in self._active if each.status is RegistrationStatus.CONFIRMED
        )

    @property
    def free_count(self) -> int | None:
        """How many places are free; None where there is no limit."""
        if self._meeting.capacity is None:
            return None
        return self._meeting.capacity - self.confirmed_count

    @property
    def waiting(self) -> list[Registration]:
        """Those who wait, first come first."""
        return [each for each in self._active if each.status is RegistrationStatus.WAITING]

    def admit(self, registration: Registration, *, at: datetime) -> RegistrationMade:
        """Give a new party its places, or the end of the waiting list.

        Raises :class:`RegistrationClosed` when it is too late, :class:`PartyTooLarge` where the
        room could never hold it.
        """
        self._require_open(at)
        self._require_possible(registration.attendees)
        if self._someone_is_ahead() or not self._fits(registration.attendees):
            registration.status = RegistrationStatus.WAITING
        else:
            registration.status = RegistrationStatus.CONFIRMED
            registration.confirmed_at = at
        self._active.append(registration)
        waits = registration.status is RegistrationStatus.WAITING
        return RegistrationMade(
            registration_id=registration.id,
            meeting_id=self._meeting.id,
            meeting_title=self._meeting.title,
            starts_at=self._meeting.starts_at,
            ends_at=self._meeting.ends_at,
            place=self._meeting.place,
            association_id=registration.association_id,
            person_id=registration.person_id,
            status=registration.status,
            waiting_position=len(self.waiting) if waits else None,
        )

    def resize(
        self, registration: Registration, attendees: int, *, at: datetime
    ) -> list[RegistrationPromoted]:
        """Change how many come; places that become free go to those who wait.

        A party that waits keeps its place in line. A confirmed one grows only into places that are
        free and that nobody waits for: :class:`NoPlacesLeft` otherwise.
        """
        if registration.status is RegistrationStatus.WITHDRAWN:
            raise RegistrationIsWithdrawn
        self._require_open(at)
        self._require_possible(attendees)
        more = attendees - registration.attendees
        has_places = registration.status is RegistrationStatus.CONFIRMED
        if has_places and more > 0 and (self._someone_is_ahead() or not self._fits(more)):
            raise NoPlacesLeft(free_count=self.free_count)
        registration.attendees = attendees
        return self.move_up(at=at)

    def withdraw(
        self, registration: Registration, *, at: datetime
    ) -> list[RegistrationWithdrawn | RegistrationPromoted]:
        """Sign a party off; its places go to those who wait, until the meeting begins."""
        registration.status = RegistrationStatus.WITHDRAWN
        registration.withdrawn_at = at
        self._active.remove(registration)
        gone = RegistrationWithdrawn(
            registration_id=registration.id,
            meeting_id=self._meeting.id,
            association_id=registration.association_id,
            person_id=registration.person_id,
        )
        return [gone, *self.move_up(at=at)]

    def move_up(self, *, at: datetime) -> list[RegistrationPromoted]:
        """Give free places to those who wait, in order.

        Stop at the first party that does not fit yet.
        """
        promoted: list[RegistrationPromoted] = []
        if at >= self._meeting.starts_at:
            return promoted
        for registration in self.waiting:
            if not self._is_possible(registration.attendees):
                continue
            if not self._fits(registration.attendees):
                break
            registration.status = RegistrationStatus.CONFIRMED
            registration.confirmed_at = at
            promoted.append(self._promotion(registration))
        return promoted

    def _promotion(self, registration: Registration) -> RegistrationPromoted:
        return RegistrationPromoted(
            registration_id=registration.id,
            meeting_id=self._meeting.id,
            meeting_title=self._meeting.title,
            starts_at=self._meeting.starts_at,
            ends_at=self._meeting.ends_at,
            place=self._meeting.place,
            association_id=registration.association_id,
            person_id=registration.person_id,
        )

    def _fits(self, attendees: int) -> bool:
        free = self.free_count
        return free is None or attendees <= free

    def _is_possible(self, attendees: int) -> bool:
        return self._meeting.capacity is None or attendees <= self._meeting.capacity

    def _someone_is_ahead(self) -> bool:
        return any(self._is_possible(each.attendees) for each in self.waiting)

    def _require_open(self, at: datetime) -> None:
        if not self._meeting.takes_registrations(at):
            raise RegistrationClosed(
                closed_at=self._meeting.registration_ends_at, meeting_status=self._meeting.status
            )

    def _require_possible(self, attendees: int) -> None:
        if not self._is_possible(attendees):
            raise PartyTooLarge(capacity=self._meeting.capacity)
