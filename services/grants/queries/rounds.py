"""Programmes and rounds."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.grants.model import (
    PUBLIC,
    Application,
    ApplicationStatus,
    Programme,
    Round,
    RoundStatus,
)

_COUNTED = (ApplicationStatus.SUBMITTED, ApplicationStatus.DECIDED)


def programmes(session: Session, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the programmes."""
    return paginate(
        session,
        select(Programme),
        order_by=[Programme.title, Programme.id],
        limit=limit,
        cursor=cursor,
    )


def programme(session: Session, programme_id: UUID) -> Programme:
    """Return one programme. Raises :class:`NotFound`."""
    found = session.scalar(select(Programme).where(Programme.id == programme_id))
    if found is None:
        raise NotFound(kind="programme")
    return found


def _rounds() -> Select[*tuple[Any, ...]]:
    return select(Round, Programme).join(Programme, Programme.id == Round.programme_id)


def rounds(
    session: Session,
    *,
    status: RoundStatus | None,
    programme_id: UUID | None,
    sees_drafts: bool,
    sees_figures: bool,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List rounds, the latest deadline first."""
    statement = _rounds()
    if not sees_drafts:
        statement = statement.where(Round.status.in_(PUBLIC))
    if status is not None:
        statement = statement.where(Round.status == status)
    if programme_id is not None:
        statement = statement.where(Round.programme_id == programme_id)
    page = paginate(
        session,
        statement,
        order_by=[Round.closes_at.desc(), Round.id],
        limit=limit,
        cursor=cursor,
    )
    found = [(row[0], row[1]) for row in page["items"]]
    figures = _figures(session, [round_.id for round_, _ in found])
    page["items"] = [
        _shown(round_, programme, figures.get(round_.id, (0, 0)), sees_figures=sees_figures)
        for round_, programme in found
    ]
    return page


def round_(
    session: Session, round_id: UUID, *, sees_drafts: bool, sees_figures: bool
) -> dict[str, Any]:
    """Return one round. Raises :class:`NotFound`, also for a draft the caller may not see."""
    row = session.execute(_rounds().where(Round.id == round_id)).one_or_none()
    if row is None or (row[0].status is RoundStatus.DRAFT and not sees_drafts):
        raise NotFound(kind="round")
    figures = _figures(session, [round_id])
    return _shown(row[0], row[1], figures.get(round_id, (0, 0)), sees_figures=sees_figures)


def _figures(session: Session, ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    rows = session.execute(
        select(
            Application.round_id,
            func.count(),
            func.coalesce(func.sum(Application.amount_ore), 0),
        )
        .where(Application.round_id.in_(ids), Application.status.in_(_COUNTED))
        .group_by(Application.round_id)
    )
    return {id_: (count, int(total)) for id_, count, total in rows}


def _shown(
    round_: Round, programme: Programme, figures: tuple[int, int], *, sees_figures: bool
) -> dict[str, Any]:
    # How much is sought is nobody's business before the decisions are out.
    shows = sees_figures or round_.status is RoundStatus.DECIDED
    return {
        **{column.key: getattr(round_, column.key) for column in Round.__table__.columns},
        "programme_title": programme.title,
        "legal_basis": programme.legal_basis,
        "purpose": programme.purpose,
        "conditions": programme.conditions,
        "excluded": programme.excluded,
        "decided_by": programme.decided_by_name,
        "recommended_by": programme.recommended_by_name,
        "appeal": programme.appeal,
        "application_count": figures[0] if shows else None,
        "applied_ore": figures[1] if shows else None,
        "allocated_ore": round_.allocated_ore if shows else None,
    }
