"""Reads of meetings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select, true
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.meetings.model import (
    Audience,
    Meeting,
    MeetingKind,
    MeetingStatus,
    Minutes,
    Registration,
    RegistrationStatus,
)

_UPCOMING = (MeetingStatus.DRAFT, MeetingStatus.CALLED)


def meeting(session: Session, meeting_id: UUID, *, drafts: bool) -> Row[Any]:
    """Return one meeting with its counts.

    A draft is there only with ``drafts``: NotFound otherwise.
    """
    row = session.execute(_meetings(drafts=drafts).where(Meeting.id == meeting_id)).one_or_none()
    if row is None:
        raise NotFound(kind="meeting")
    return row


def meetings(
    session: Session,
    *,
    now: datetime,
    drafts: bool,
    upcoming: bool | None,
    kind: MeetingKind | None,
    status: MeetingStatus | None,
    audience: Audience | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of meetings: of those to come the next first, of others the latest.

    A meeting is to come until it has ended, unless it is cancelled.
    """
    statement = _meetings(drafts=drafts)
    conditions = []
    ahead = and_(Meeting.ends_at > now, Meeting.status.in_(_UPCOMING))
    if upcoming is not None:
        conditions.append(ahead if upcoming else ~ahead)
    if kind is not None:
        conditions.append(Meeting.kind == kind)
    if status is not None:
        conditions.append(Meeting.status == status)
    if audience is not None:
        conditions.append(Meeting.audience == audience)
    order = [Meeting.starts_at, Meeting.id]
    page = paginate(
        session,
        statement.where(*conditions),
        order_by=order if upcoming else [Meeting.starts_at.desc(), Meeting.id.desc()],
        limit=limit,
        cursor=cursor,
    )
    total = select(func.count()).select_from(Meeting).where(_visible(drafts=drafts), *conditions)
    return {**page, "total": session.scalar(total)}


def _visible(*, drafts: bool) -> Any:
    return true() if drafts else Meeting.status != MeetingStatus.DRAFT


def _people(status: RegistrationStatus) -> Any:
    return (
        select(func.coalesce(func.sum(Registration.attendees), 0))
        .where(Registration.meeting_id == Meeting.id, Registration.status == status)
        .scalar_subquery()
    )


def _meetings(*, drafts: bool) -> Any:
    minutes = (
        select(Minutes.id)
        .where(
            Minutes.meeting_id == Meeting.id,
            true() if drafts else Minutes.published_at.is_not(None),
        )
        .scalar_subquery()
    )
    return select(
        Meeting.id,
        Meeting.version,
        Meeting.kind,
        Meeting.title,
        Meeting.description,
        Meeting.starts_at,
        Meeting.ends_at,
        Meeting.place,
        Meeting.capacity,
        Meeting.audience,
        Meeting.agenda,
        Meeting.registration_closes_at,
        Meeting.status,
        Meeting.revision,
        Meeting.revised_at,
        Meeting.cancellation_reason,
        _people(RegistrationStatus.CONFIRMED).label("confirmed_count"),
        _people(RegistrationStatus.WAITING).label("waiting_count"),
        minutes.label("minutes_id"),
    ).where(_visible(drafts=drafts))
