"""Reads of responses, and who may see which.

Until the hearing is concluded an association sees its own and council members the council's; the
committee and the staff see all. From the conclusion on they are public, with their answers. Which
person wrote one is for staff and the party itself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, func, or_, select, true
from sqlalchemy.orm import Session

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.meetings.model import (
    AnswerOutcome,
    Association,
    Body,
    Hearing,
    HearingStatus,
    Party,
    Response,
)

_STAFF = (Body.COORDINATOR, Body.CASEWORKER)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The municipality's answer to a response."""

    outcome: AnswerOutcome
    text: str
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class ResponseView:
    """A response as one particular reader sees it."""

    id: UUID
    version: int
    hearing_id: UUID
    hearing_title: str
    association_id: UUID | None
    association_name: str
    on_behalf_of: Party
    text: str
    person_id: UUID | None
    submitted_at: datetime
    answer: Answer | None


def response(session: Session, response_id: UUID, *, reader: Principal) -> ResponseView:
    """Return one response as this reader sees it. Raises NotFound where they may not."""
    row = session.execute(_responses(reader).where(Response.id == response_id)).one_or_none()
    if row is None:
        raise NotFound(kind="response")
    return _view(row, reader)


def responses(
    session: Session,
    *,
    reader: Principal,
    hearing_id: UUID | None,
    association_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of the responses this reader may see, the first that came in first."""
    conditions: list[ColumnElement[bool]] = []
    if hearing_id is not None:
        conditions.append(Response.hearing_id == hearing_id)
    if association_id is not None:
        conditions.append(Response.association_id == association_id)
    page = paginate(
        session,
        _responses(reader).where(*conditions),
        order_by=[Response.submitted_at, Response.id],
        limit=limit,
        cursor=cursor,
    )
    total = (
        select(func.count())
        .select_from(Response)
        .join(Hearing, Hearing.id == Response.hearing_id)
        .where(_visible_to(reader), *conditions)
    )
    return {
        "items": [_view(row, reader) for row in page["items"]],
        "next": page["next"],
        "total": session.scalar(total),
    }


def _visible_to(reader: Principal) -> ColumnElement[bool]:
    if reader.has(*_STAFF, Body.COMMITTEE):
        return true()
    mine: Collection[UUID] = reader.associations.keys()
    return or_(
        Hearing.status == HearingStatus.CONCLUDED,
        Response.association_id.in_(mine),
        Response.on_behalf_of == Party.COUNCIL if reader.has(Body.COUNCIL) else false(),
    )


def _view(row: Row[Any], reader: Principal) -> ResponseView:
    staff = reader.has(*_STAFF)
    its_own = row.association_id in reader.associations or (
        row.on_behalf_of is Party.COUNCIL and reader.has(Body.COUNCIL)
    )
    answered = row.outcome is not None and (staff or row.hearing_status is HearingStatus.CONCLUDED)
    return ResponseView(
        id=row.id,
        version=row.version,
        hearing_id=row.hearing_id,
        hearing_title=row.hearing_title,
        association_id=row.association_id,
        association_name=row.association_name,
        on_behalf_of=row.on_behalf_of,
        text=row.text,
        person_id=row.person_id if staff or its_own else None,
        submitted_at=row.submitted_at,
        answer=(
            Answer(outcome=row.outcome, text=row.answer, answered_at=row.answered_at)
            if answered
            else None
        ),
    )


def _responses(reader: Principal) -> Any:
    return (
        select(
            Response.id,
            Response.version,
            Response.hearing_id,
            Hearing.title.label("hearing_title"),
            Hearing.status.label("hearing_status"),
            Response.association_id,
            func.coalesce(Association.name, "").label("association_name"),
            Response.on_behalf_of,
            Response.text,
            Response.person_id,
            Response.submitted_at,
            Response.outcome,
            Response.answer,
            Response.answered_at,
        )
        .join(Hearing, Hearing.id == Response.hearing_id)
        .outerjoin(Association, Association.id == Response.association_id)
        .where(_visible_to(reader))
    )
