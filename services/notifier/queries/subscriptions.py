"""Who asked to be mailed about something."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.notifier.model import CONFIRMED_WITHIN, ENDED_KEPT, Subscription
from services.notifier.queries.recipients import Recipient, person


def subscribers(session: Session, subject: str) -> list[Recipient]:
    """Return the addresses whose owners asked for this, "document:policy", and said yes."""
    found = session.scalars(
        select(Subscription.id)
        .where(Subscription.subjects.contains([subject]))
        .order_by(Subscription.id)
    )
    return [person(id_) for id_ in found]


def subscriptions_to_forget(session: Session, now: datetime) -> Sequence[UUID]:
    """Find those that were never confirmed, and those that ended long ago."""
    never = and_(
        Subscription.confirmed_at.is_(None), Subscription.asked_at < now - CONFIRMED_WITHIN
    )
    return session.scalars(
        select(Subscription.id)
        .where(or_(never, Subscription.ended_at < now - ENDED_KEPT))
        .order_by(Subscription.asked_at)
        .limit(200)
    ).all()
