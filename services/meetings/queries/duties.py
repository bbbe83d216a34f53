"""Reads of the ledger: every yearly duty, this year and before, and how it stands."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.meetings.model import Duty, DutyRule, DutyStatus, local_date, status_of


@dataclass(frozen=True, kw_only=True)
class ProofView:
    """What proves a duty."""

    kind: str
    id: UUID | None
    title: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PlanView:
    """What is planned and will prove a duty."""

    kind: str
    id: UUID
    title: str
    on: date


@dataclass(frozen=True, kw_only=True)
class DutyView:
    """A duty in one year and how it stands today."""

    id: UUID
    version: int
    code: str
    title_da: str
    title_en: str
    text: str
    text_en: str
    kind: str
    year: int
    status: DutyStatus
    proof: ProofView | None
    planned: PlanView | None
    warn_on: date
    due_on: date


def duty(session: Session, duty_id: UUID, *, now: datetime) -> DutyView:
    """Return one duty. Raises NotFound."""
    row = session.execute(_duties().where(Duty.id == duty_id)).one_or_none()
    if row is None:
        raise NotFound(kind="duty")
    return _view(row, local_date(now))


def duties(
    session: Session,
    *,
    now: datetime,
    year: int | None,
    code: str | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of the ledger: the latest year first, and the policy's own order within it."""
    conditions = []
    if year is not None:
        conditions.append(Duty.year == year)
    if code is not None:
        conditions.append(DutyRule.code == code)
    page = paginate(
        session,
        _duties().where(*conditions),
        order_by=[Duty.year.desc(), DutyRule.position, Duty.id],
        limit=limit,
        cursor=cursor,
    )
    total = (
        select(func.count()).select_from(Duty).join(DutyRule, DutyRule.id == Duty.rule_id)
    ).where(*conditions)
    today = local_date(now)
    return {
        "items": [_view(row, today) for row in page["items"]],
        "next": page["next"],
        "total": session.scalar(total),
    }


def _view(row: Row[Any], today: date) -> DutyView:
    proven = row.proof_at is not None
    return DutyView(
        id=row.id,
        version=row.version,
        code=row.code,
        title_da=row.title_da,
        title_en=row.title_en,
        text=row.text_da,
        text_en=row.text_en,
        kind=row.kind,
        year=row.year,
        status=status_of(
            year=row.year,
            warn_on=row.warn_on,
            proven=proven,
            lapsed=row.kept_at is not None,
            planned_on=row.planned_on,
            today=today,
        ),
        proof=(
            ProofView(kind=row.proof_kind, id=row.proof_id, title=row.proof_title, at=row.proof_at)
            if proven
            else None
        ),
        planned=(
            PlanView(
                kind=row.planned_kind,
                id=row.planned_id,
                title=row.planned_title,
                on=row.planned_on,
            )
            if row.planned_on is not None and not proven
            else None
        ),
        warn_on=row.warn_on,
        due_on=date(row.year, 12, 31),
    )


def _duties() -> Any:
    return select(
        Duty.id,
        Duty.version,
        Duty.year,
        Duty.warn_on,
        Duty.kept_at,
        Duty.proof_kind,
        Duty.proof_id,
        Duty.proof_title,
        Duty.proof_at,
        Duty.planned_kind,
        Duty.planned_id,
        Duty.planned_title,
        Duty.planned_on,
        DutyRule.code,
        DutyRule.title_da,
        DutyRule.title_en,
        DutyRule.text_da,
        DutyRule.text_en,
        DutyRule.kind,
    ).join(DutyRule, DutyRule.id == Duty.rule_id)
