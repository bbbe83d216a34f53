"""What is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.directory.model import KEY_LIFE, Office, SigningKey, old_rows, today

NOTHING_IN_PARTICULAR: Final = UUID(int=0)


def keys_to_renew(session: Session, now: datetime) -> Sequence[UUID]:
    """Tell whether a new signing key is due; there is one thing to renew, so any id will do."""
    newest = session.scalar(select(func.max(SigningKey.created_at)))
    return [] if newest is not None and now - newest < KEY_LIFE else [NOTHING_IN_PARTICULAR]


def leftovers(session: Session, now: datetime) -> Sequence[UUID]:
    """Tell whether old links, sessions or counted attempts lie about."""
    for table, old in old_rows(now):
        if session.scalar(select(table.id).where(old).limit(1)) is not None:
            return [NOTHING_IN_PARTICULAR]
    return []


def offices_to_end(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the offices whose last day has passed."""
    return session.scalars(
        select(Office.id)
        .where(Office.ended_at.is_(None), Office.ends_on < today(now))
        .order_by(Office.ends_on)
        .limit(200)
    ).all()
