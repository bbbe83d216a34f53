"""What is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from services.directory.model import (
    DENMARK,
    KEY_LIFE,
    Association,
    AssociationStatus,
    Invitation,
    InvitationStatus,
    Office,
    SigningKey,
    find_vacancy,
    old_rows,
    today,
)
from services.directory.model.confirmation import periods_here
from services.directory.model.invitations import KEPT_FOR

NOTHING_IN_PARTICULAR: Final = UUID(int=0)
AT_ONCE: Final = 200
# When people begin to work: what there is to do today is told at this hour in Denmark.
MORNING: Final = 7


def confirmations_to_ask_for(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the records it is time to ask about, and those asked about that nobody answered for."""
    periods = periods_here(session)
    is_old = and_(
        Association.asked_at.is_(None),
        or_(
            Association.confirmed_at.is_(None),
            Association.confirmed_at <= now - periods.ask_after,
        ),
    )
    is_unanswered = and_(
        Association.asked_at <= now - periods.remind_after, Association.reminded_at.is_(None)
    )
    return session.scalars(
        select(Association.id)
        .where(
            Association.status == AssociationStatus.PUBLISHED,
            Association.stale_at.is_(None),
            # Who came from a list and has not been told is not asked either (ADR 56).
            Association.quiet.is_(False),
            or_(is_old, is_unanswered),
        )
        .order_by(Association.confirmed_at)
        .limit(AT_ONCE)
    ).all()


def associations_grown_stale(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the records that nobody confirmed although they were asked, and reminded, in time.

    A reminder that left late, after days without a scheduler, is given its time all the same.
    """
    periods = periods_here(session)
    return session.scalars(
        select(Association.id)
        .where(
            Association.status == AssociationStatus.PUBLISHED,
            Association.stale_at.is_(None),
            Association.asked_at <= now - periods.stale_after,
            Association.reminded_at <= now - (periods.stale_after - periods.remind_after),
        )
        .order_by(Association.asked_at)
        .limit(AT_ONCE)
    ).all()


def call_list_to_tell_of(session: Session, now: datetime) -> Sequence[UUID]:
    """Tell whether the call list grew before today, and it is morning."""
    local = now.astimezone(DENMARK)
    if local.hour < MORNING:
        return []
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    grew = session.scalar(
        select(Association.id)
        .where(
            Association.status == AssociationStatus.PUBLISHED,
            Association.stale_at < midnight,
            Association.listed_at.is_(None),
        )
        .limit(1)
    )
    return [NOTHING_IN_PARTICULAR] if grew is not None else []


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


def vacancy_to_tell_of(session: Session, now: datetime) -> Sequence[UUID]:
    """Tell whether the contact person's office fell vacant, will, or was filled since told of."""
    return [NOTHING_IN_PARTICULAR] if find_vacancy(session, now).is_news(today(now)) else []


def offices_to_end(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the offices whose last day has passed."""
    return session.scalars(
        select(Office.id)
        .where(Office.ended_at.is_(None), Office.ends_on < today(now))
        .order_by(Office.ends_on)
        .limit(200)
    ).all()


def invitations_to_mail(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the invitations whose mail was asked for."""
    return session.scalars(
        select(Invitation.id)
        .where(Invitation.mail_due, Invitation.mailed_at <= now)
        .order_by(Invitation.mailed_at)
        .limit(AT_ONCE)
    ).all()


def invitations_to_expire(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the invitations nobody answered in time."""
    return session.scalars(
        select(Invitation.id)
        .where(Invitation.status == InvitationStatus.OPEN, Invitation.expires_at <= now)
        .order_by(Invitation.expires_at)
        .limit(AT_ONCE)
    ).all()


def invitations_to_drop(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the invitations that ended so long ago that whom they named is to be forgotten."""
    return session.scalars(
        select(Invitation.id)
        .where(Invitation.ended_at <= now - KEPT_FOR)
        .order_by(Invitation.ended_at)
        .limit(AT_ONCE)
    ).all()
