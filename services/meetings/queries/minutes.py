"""Reads of minutes."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, true
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.meetings.model import Meeting, Minutes


def minutes(session: Session, minutes_id: UUID, *, drafts: bool) -> Row[Any]:
    """Return one set of minutes.

    Unpublished ones are there only with ``drafts``: NotFound otherwise.
    """
    found = session.execute(_minutes(drafts=drafts).where(Minutes.id == minutes_id)).one_or_none()
    if found is None:
        raise NotFound(kind="minutes")
    return found


def all_minutes(
    session: Session, *, drafts: bool, meeting_id: UUID | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of minutes, those of the latest meeting first."""
    conditions = [] if meeting_id is None else [Minutes.meeting_id == meeting_id]
    page = paginate(
        session,
        _minutes(drafts=drafts).where(*conditions),
        order_by=[Meeting.starts_at.desc(), Minutes.id.desc()],
        limit=limit,
        cursor=cursor,
    )
    total = select(func.count()).select_from(Minutes).where(_visible(drafts=drafts), *conditions)
    return {**page, "total": session.scalar(total)}


def _visible(*, drafts: bool) -> Any:
    return true() if drafts else Minutes.published_at.is_not(None)


def _minutes(*, drafts: bool) -> Any:
    return (
        select(
            Minutes.id,
            Minutes.version,
            Minutes.meeting_id,
            Meeting.title.label("meeting_title"),
            Meeting.kind.label("meeting_kind"),
            Meeting.starts_at.label("meeting_starts_at"),
            Minutes.text,
            Minutes.attendance_count,
            Minutes.written_at,
            Minutes.published_at,
        )
        .join(Meeting, Meeting.id == Minutes.meeting_id)
        .where(_visible(drafts=drafts))
    )
