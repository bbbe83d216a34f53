"""Use cases of registrations: sign up, change how many come, sign off.

Every one takes the meeting's row first, so that places are given out one party at a time and fifty
who sign up at once never get more places than there are.
"""

from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.problems import Stale
from services.meetings.commands.meetings import seating_of, visible_meeting
from services.meetings.commands.people import is_on_council, person_of, require_acts_for
from services.meetings.model import (
    Audience,
    Meeting,
    Registration,
    RegistrationStatus,
)
from services.meetings.model.problems import (
    AlreadyRegistered,
    IdTaken,
    NotInvited,
    RegistrationIsWithdrawn,
)


def put_registration(
    work: UnitOfWork,
    registration_id: UUID,
    *,
    meeting_id: UUID,
    association_id: UUID | None,
    attendees: int,
    note: str,
    version: int | None = None,
) -> bool:
    """Sign up, for an association or oneself, or change it; return whether it is new."""
    person_id = person_of(work)
    if association_id is None:
        work.principal.permit(person=person_id)
    else:
        require_acts_for(work, association_id)
    meeting = visible_meeting(work, meeting_id, lock=True)
    registration = work.find(Registration, registration_id)
    if registration is not None:
        _require_same_party(registration, meeting_id, association_id, person_id)
        work.get(Registration, registration_id, version=version)
        _change(work, meeting, registration, attendees=attendees, note=note)
        return False
    if version is not None:
        raise Stale
    _require_invited(work, meeting, association_id)
    _require_first(work, meeting_id, association_id, person_id)
    last = work.session.scalar(
        select(func.max(Registration.number)).where(Registration.meeting_id == meeting_id)
    )
    seating = seating_of(work, meeting)
    registration = Registration(
        id=registration_id,
        meeting_id=meeting_id,
        association_id=association_id,
        person_id=person_id,
        attendees=attendees,
        note=note,
        number=(last or 0) + 1,
        made_at=work.now,
    )
    made = seating.admit(registration, at=work.now)
    work.add(registration)
    work.emit(made)
    return True


def withdraw_registration(
    work: UnitOfWork, registration_id: UUID, *, version: int | None = None
) -> None:
    """Sign off; the first who wait get the places. Signing off again changes nothing."""
    found = work.get(Registration, registration_id)
    work.principal.permit(association=found.association_id, person=_own_person(found), hide=True)
    meeting = work.get(Meeting, found.meeting_id, lock=True)
    # Read again: another unit may have promoted or withdrawn it before we had the meeting's lock.
    registration = work.get(Registration, registration_id, lock=True, version=version)
    if registration.status is RegistrationStatus.WITHDRAWN:
        return
    for event in seating_of(work, meeting).withdraw(registration, at=work.now):
        work.emit(event)


def _change(
    work: UnitOfWork, meeting: Meeting, registration: Registration, *, attendees: int, note: str
) -> None:
    if registration.status is RegistrationStatus.WITHDRAWN:
        raise RegistrationIsWithdrawn
    registration.note = note
    if attendees == registration.attendees:
        return
    seating = seating_of(work, meeting)
    for promoted in seating.resize(registration, attendees, at=work.now):
        work.emit(promoted)


def _require_same_party(
    registration: Registration, meeting_id: UUID, association_id: UUID | None, person_id: UUID
) -> None:
    same = (registration.meeting_id, registration.association_id) == (meeting_id, association_id)
    if not same or (association_id is None and registration.person_id != person_id):
        raise IdTaken


def _require_invited(work: UnitOfWork, meeting: Meeting, association_id: UUID | None) -> None:
    # The council's members are partners in the dialogue: welcome wherever associations are.
    if meeting.audience is Audience.ALL or is_on_council(work):
        return
    if meeting.audience is Audience.ASSOCIATIONS and association_id is not None:
        return
    raise NotInvited(audience=meeting.audience)


def _require_first(
    work: UnitOfWork, meeting_id: UUID, association_id: UUID | None, person_id: UUID
) -> None:
    mine = (
        Registration.person_id == person_id
        if association_id is None
        else Registration.association_id == association_id
    )
    kind = Registration.association_id.is_(None) if association_id is None else mine
    existing = work.session.scalar(
        select(Registration.id).where(
            Registration.meeting_id == meeting_id,
            Registration.status != RegistrationStatus.WITHDRAWN,
            mine,
            kind,
        )
    )
    if existing is not None:
        raise AlreadyRegistered(registration_id=existing)


def _own_person(registration: Registration) -> UUID | None:
    """Say whose own a registration is; an association's is no single person's."""
    return registration.person_id if registration.association_id is None else None
