"""Who asked to be mailed about something."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.notifier.model import (
    CONFIRMED_WITHIN,
    ENDED_KEPT,
    Person,
    Preference,
    Subscription,
    email_key,
)
from services.notifier.queries.recipients import Recipient, everyone_published, person


def subscribers(
    session: Session, subject: str, *, without: Collection[str] = ()
) -> list[Recipient]:
    """Return the addresses whose owners asked for this, "document:policy", and said yes.

    But for those ``without``, which are told of it another way.
    """
    found = session.execute(
        select(Subscription.id, Subscription.email_key)
        .where(Subscription.subjects.contains([subject]))
        .order_by(Subscription.id)
    )
    return [person(row.id) for row in found if row.email_key not in without]


def addresses_told_of_rounds(session: Session) -> set[str]:
    """Return the addresses that a round is announced to: of contacts who did not say no to news."""
    contacts = {each.person_id for each in everyone_published(session)}
    rows = session.execute(
        select(Person.id, Person.email)
        .outerjoin(Preference, Preference.person_id == Person.id)
        .where(Person.erased.is_(False), or_(Preference.news.is_(None), Preference.news))
    )
    return {email_key(row.email) for row in rows if row.id in contacts}


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
