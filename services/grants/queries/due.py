"""What the schedule has to do now, and what is watched."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from chassis.clock import MISSED, NEAR
from services.grants.model import TAKING, Retention, Round, RoundStatus
from services.grants.model.mapping import DENMARK

AT_ONCE: Final = 200


def rounds_to_open(session: Session, now: datetime) -> Sequence[UUID]:
    """Find announced rounds whose opening has come."""
    return session.scalars(
        select(Round.id)
        .where(
            Round.status == RoundStatus.ANNOUNCED,
            Round.opens_at <= now,
            # One that is over already is only closed.
            ~_is_over(now),
        )
        .order_by(Round.opens_at)
    ).all()


def rounds_to_remind_of(session: Session, now: datetime) -> Sequence[UUID]:
    """Find open rounds that close in a few days and have not been reminded of."""
    return session.scalars(
        select(Round.id).where(
            Round.status == RoundStatus.OPEN,
            Round.reminded_at.is_(None),
            Round.closes_at - func.make_interval(0, 0, 0, Round.reminder_days) <= now,
            ~_is_over(now),
        )
    ).all()


def rounds_to_close(session: Session, now: datetime) -> Sequence[UUID]:
    """Find rounds whose closing minute is over."""
    return session.scalars(select(Round.id).where(Round.status.in_(TAKING), _is_over(now))).all()


def retentions_to_end(session: Session, now: datetime) -> Sequence[UUID]:
    """Find names whose rule has run out: the last day of it is over in Denmark."""
    today = now.astimezone(DENMARK).date()
    return session.scalars(
        select(Retention.id)
        .where(Retention.until < today, Retention.ended_at.is_(None))
        .order_by(Retention.until, Retention.id)
        .limit(AT_ONCE)
    ).all()


def rounds_near(session: Session, now: datetime) -> Mapping[str, int]:
    """Count the rounds that close within three days, and those that should have closed by now."""
    near = Round.closes_at <= now + NEAR
    row = session.execute(
        select(
            func.count().filter(near, ~_is_over(now)).label("near"),
            func.count().filter(_is_over(now - MISSED)).label("missed"),
        ).where(Round.status.in_(TAKING))
    ).one()
    return {"closing-soon": row.near, "missed": row.missed}


def _is_over(now: datetime) -> ColumnElement[bool]:
    return func.date_trunc("minute", Round.closes_at) <= now - timedelta(minutes=1)
