"""Reads of registrations."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from chassis.auth import Reach
from chassis.paging import paginate
from chassis.problems import NotFound
from services.meetings.model import (
    Association,
    Meeting,
    Person,
    Registration,
    RegistrationStatus,
)


def registration(session: Session, registration_id: UUID) -> Row[Any]:
    """Return one registration with its place in line. Raises NotFound."""
    found = session.execute(
        _registrations().where(Registration.id == registration_id)
    ).one_or_none()
    if found is None:
        raise NotFound(kind="registration")
    return found


def registrations(
    session: Session,
    reach: Reach,
    *,
    meeting_id: UUID | None,
    association_id: UUID | None,
    status: RegistrationStatus | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of the registrations within reach, each meeting's in its own order."""
    conditions = []
    if not reach.everything:
        mine = Registration.association_id.is_(None) & (Registration.person_id == reach.person)
        conditions.append(or_(Registration.association_id.in_(reach.associations), mine))
    if meeting_id is not None:
        conditions.append(Registration.meeting_id == meeting_id)
    if association_id is not None:
        conditions.append(Registration.association_id == association_id)
    if status is not None:
        conditions.append(Registration.status == status)
    page = paginate(
        session,
        _registrations().where(*conditions),
        order_by=[Meeting.starts_at.desc(), Registration.meeting_id, Registration.number],
        limit=limit,
        cursor=cursor,
    )
    total = select(func.count()).select_from(Registration).where(*conditions)
    return {**page, "total": session.scalar(total)}


def _registrations() -> Any:
    ahead = aliased(Registration)
    position = (
        select(func.count())
        .where(
            ahead.meeting_id == Registration.meeting_id,
            ahead.status == RegistrationStatus.WAITING,
            ahead.number <= Registration.number,
        )
        .scalar_subquery()
    )
    waits = Registration.status == RegistrationStatus.WAITING
    return (
        select(
            Registration.id,
            Registration.version,
            Registration.meeting_id,
            Meeting.title.label("meeting_title"),
            Meeting.starts_at,
            Registration.association_id,
            func.coalesce(Association.name, "").label("association_name"),
            Registration.person_id,
            func.coalesce(Person.name, "").label("person_name"),
            Registration.attendees,
            Registration.note,
            Registration.status,
            Registration.made_at,
            case((waits, position), else_=None).label("waiting_position"),
        )
        .join(Meeting, Meeting.id == Registration.meeting_id)
        .outerjoin(Association, Association.id == Registration.association_id)
        .outerjoin(Person, Person.id == Registration.person_id)
    )
