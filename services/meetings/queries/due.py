"""What is due now, for the scheduler, and what is watched.

Each query leaves out what has been done or has become pointless.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from chassis.clock import MISSED, NEAR
from services.meetings.model import (
    Duty,
    DutyRule,
    Hearing,
    HearingStatus,
    Office,
    ProofKind,
    local_date,
)


def hearings_to_remind(session: Session, now: datetime) -> Sequence[UUID]:
    """Open hearings whose reminder is due; after the deadline a reminder is pointless."""
    return session.scalars(
        select(Hearing.id).where(
            Hearing.status == HearingStatus.OPEN,
            Hearing.reminded_at.is_(None),
            Hearing.reminder_at <= now,
            Hearing.closes_at > now,
        )
    ).all()


def hearings_to_close(session: Session, now: datetime) -> Sequence[UUID]:
    """Open hearings whose deadline has passed."""
    return session.scalars(
        select(Hearing.id).where(Hearing.status == HearingStatus.OPEN, Hearing.closes_at <= now)
    ).all()


def rules_to_assess(session: Session, now: datetime) -> Sequence[UUID]:
    """Rules without a duty for the present year, or whose office changed hands by date."""
    today = local_date(now)
    rows: Sequence[Any] = session.execute(
        select(DutyRule, Duty)
        .outerjoin(Duty, (Duty.rule_id == DutyRule.id) & (Duty.year == today.year))
        .where(DutyRule.retired.is_(False))
        .order_by(DutyRule.code)
    ).all()
    return [
        rule.id
        for rule, duty in rows
        if duty is None
        or (rule.kind is ProofKind.OFFICE and _changed_hands(session, rule, duty, today))
    ]


def duties_to_warn(session: Session, now: datetime) -> Sequence[UUID]:
    """Duties of the present year whose warning day has passed with no proof and nothing ahead."""
    today = local_date(now)
    return session.scalars(
        select(Duty.id)
        .join(DutyRule, DutyRule.id == Duty.rule_id)
        .where(
            DutyRule.retired.is_(False),
            Duty.year == today.year,
            Duty.warn_on <= today,
            Duty.proof_at.is_(None),
            Duty.warned_at.is_(None),
            or_(Duty.planned_on.is_(None), Duty.planned_on < today),
        )
    ).all()


def hearings_near(session: Session, now: datetime) -> Mapping[str, int]:
    """Count the hearings that close within three days, and those that should have closed by now."""
    row = session.execute(
        select(
            func.count()
            .filter(Hearing.closes_at > now, Hearing.closes_at <= now + NEAR)
            .label("near"),
            func.count().filter(Hearing.closes_at <= now - MISSED).label("missed"),
        ).where(Hearing.status == HearingStatus.OPEN)
    ).one()
    return {"closing-soon": row.near, "missed": row.missed}


def _changed_hands(session: Session, rule: DutyRule, duty: Duty, today: date) -> bool:
    offices = session.scalars(
        select(Office).where(Office.body == rule.params["body"], Office.ended.is_(False))
    ).all()
    held = {office.id for office in offices if office.is_held_on(today)}
    if len(held) < rule.minimum:
        return duty.proof_at is not None
    return duty.proof_id not in held
