"""Programmes and rounds."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.grants.model import (
    PUBLIC,
    Application,
    ApplicationStatus,
    Decision,
    Programme,
    Round,
    RoundStatus,
    unconflicted,
)

_TAKE_PART = ("coordinator", "caseworker", "council", "committee")
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
    principal: Principal,
    *,
    status: RoundStatus | None,
    programme_id: UUID | None,
    sees_drafts: bool,
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
    figures = _figures(session, principal, [round_.id for round_, _ in found])
    page["items"] = [_shown(principal, each, of, figures) for each, of in found]
    return page


def round_(
    session: Session, principal: Principal, round_id: UUID, *, sees_drafts: bool
) -> dict[str, Any]:
    """Return one round. Raises :class:`NotFound`, also for a draft the caller may not see."""
    row = session.execute(_rounds().where(Round.id == round_id)).one_or_none()
    if row is None or (row[0].status is RoundStatus.DRAFT and not sees_drafts):
        raise NotFound(kind="round")
    figures = _figures(session, principal, [round_id])
    return _shown(principal, row[0], row[1], figures)


@dataclass(frozen=True)
class _Figures:
    """How much was sought and given in a round."""

    application_count: int = 0
    applied_ore: int = 0
    allocated_ore: int = 0


def _figures(session: Session, principal: Principal, ids: list[UUID]) -> dict[UUID, _Figures]:
    """Add up what was sought and given.

    Until it is public without the cases the caller takes no part in: a total with them would tell
    what they are about.
    """
    rows = session.execute(
        select(
            Application.round_id,
            func.count(),
            func.coalesce(func.sum(Application.amount_ore), 0),
            func.coalesce(func.sum(Decision.granted_ore), 0),
        )
        .join(Round, Round.id == Application.round_id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .where(
            Application.round_id.in_(ids),
            Application.status.in_(_COUNTED),
            or_(Round.status == RoundStatus.DECIDED, unconflicted(principal)),
        )
        .group_by(Application.round_id)
    )
    return {id_: _Figures(count, int(sought), int(given)) for id_, count, sought, given in rows}


def _shown(
    principal: Principal, round_: Round, programme: Programme, figures: dict[UUID, _Figures]
) -> dict[str, Any]:
    # How much is sought is nobody's business before the decisions are out.
    shows = round_.status is RoundStatus.DECIDED or principal.has(*_TAKE_PART)
    found = figures.get(round_.id, _Figures())
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
        "application_count": found.application_count if shows else None,
        "applied_ore": found.applied_ore if shows else None,
        "allocated_ore": found.allocated_ore if shows else None,
    }
