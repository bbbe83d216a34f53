"""Reads of hearings, with what a coordinator should be warned of before opening one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select, true
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.meetings.model import (
    Association,
    Hearing,
    HearingStatus,
    Invitation,
    Policy,
    Response,
    working_days_of,
)


@dataclass(frozen=True, kw_only=True)
class HearingAudience:
    """Whom the coordinator means: everybody, these associations, those with these target groups."""

    all: bool
    association_ids: list[UUID]
    target_groups: list[str]


@dataclass(frozen=True, kw_only=True)
class HearingView:
    """A hearing as it is shown. A draft shows what it would be if it were opened now."""

    id: UUID
    version: int
    title: str
    question: str
    background: str
    closes_at: datetime
    status: HearingStatus
    opened_at: datetime | None
    to_council: bool
    audience: HearingAudience
    invited_count: int
    response_count: int
    answered_count: int | None
    conclusion: str | None
    concluded_at: datetime | None
    warnings: list[str]
    working_days_count: int


def hearing(session: Session, hearing_id: UUID, *, now: datetime, staff: bool) -> HearingView:
    """Return one hearing. A draft is the staff's alone: NotFound for everybody else."""
    row = session.execute(_hearings(drafts=staff).where(Hearing.id == hearing_id)).one_or_none()
    if row is None:
        raise NotFound(kind="hearing")
    return _view(row, _policy(session), now, staff=staff)


def hearings(
    session: Session,
    *,
    now: datetime,
    staff: bool,
    status: HearingStatus | None,
    association_id: UUID | None,
    to_council: bool | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of hearings, the newest first.

    With ``association_id`` those that reached it.
    """
    conditions: list[Any] = []
    if status is not None:
        conditions.append(Hearing.status == status)
    if to_council is not None:
        conditions.append(Hearing.to_council.is_(to_council))
    if association_id is not None:
        reached = select(Invitation.hearing_id).where(Invitation.association_id == association_id)
        conditions.append(Hearing.id.in_(reached))
    page = paginate(
        session,
        _hearings(drafts=staff).where(*conditions),
        order_by=[Hearing.created_at.desc(), Hearing.id.desc()],
        limit=limit,
        cursor=cursor,
    )
    total = select(func.count()).select_from(Hearing).where(_visible(drafts=staff), *conditions)
    policy = _policy(session)
    return {
        "items": [_view(row, policy, now, staff=staff) for row in page["items"]],
        "next": page["next"],
        "total": session.scalar(total),
    }


def _policy(session: Session) -> Policy:
    return session.get(Policy, 1) or Policy.standard()


def _view(row: Row[Any], policy: Policy, now: datetime, *, staff: bool) -> HearingView:
    opened_at = row.opened_at or now
    closes_at = row.closes_at or policy.closing_of(now)
    return HearingView(
        id=row.id,
        version=row.version,
        title=row.title,
        question=row.question,
        background=row.background,
        closes_at=closes_at,
        status=row.status,
        opened_at=row.opened_at,
        to_council=row.to_council,
        audience=HearingAudience(
            all=row.audience_all,
            association_ids=row.audience_association_ids,
            target_groups=row.audience_target_groups,
        ),
        invited_count=row.invited_count + row.to_council,
        response_count=row.response_count,
        # How far the answers have come is the municipality's own business until the end.
        answered_count=(
            row.answered_count if staff or row.status is HearingStatus.CONCLUDED else None
        ),
        conclusion=row.conclusion,
        concluded_at=row.concluded_at,
        warnings=policy.warnings(opened_at, closes_at),
        working_days_count=working_days_of(opened_at, closes_at),
    )


def _visible(*, drafts: bool) -> Any:
    return true() if drafts else Hearing.status != HearingStatus.DRAFT


def _hearings(*, drafts: bool) -> Any:
    invited = select(func.count()).where(Invitation.hearing_id == Hearing.id).scalar_subquery()
    would_be_invited = (
        select(func.count())
        .select_from(Association)
        .where(
            Association.published,
            or_(
                Hearing.audience_all,
                Association.id == func.any(Hearing.audience_association_ids),
                Association.target_groups.overlap(Hearing.audience_target_groups),
            ),
        )
        .scalar_subquery()
    )
    responses = select(func.count()).where(Response.hearing_id == Hearing.id)
    return select(
        Hearing.id,
        Hearing.version,
        Hearing.title,
        Hearing.question,
        Hearing.background,
        Hearing.closes_at,
        Hearing.status,
        Hearing.opened_at,
        Hearing.to_council,
        Hearing.audience_all,
        Hearing.audience_association_ids,
        Hearing.audience_target_groups,
        Hearing.conclusion,
        Hearing.concluded_at,
        case((Hearing.status == HearingStatus.DRAFT, would_be_invited), else_=invited).label(
            "invited_count"
        ),
        responses.scalar_subquery().label("response_count"),
        responses.where(Response.outcome.is_not(None)).scalar_subquery().label("answered_count"),
    ).where(_visible(drafts=drafts))
