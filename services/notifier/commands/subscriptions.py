"""Who asked to be mailed about what: ask, confirm, forget (V12).

An address is told to nobody, not even in an event: the notifier alone needs it. Whether it was
known before is told neither; the answer is the same, and the mail is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import TooMany
from services.notifier.commands.deliveries import queue
from services.notifier.model import (
    ASKED_BY_ONE,
    CONFIRMED_WITHIN,
    About,
    LinkNotValid,
    Subscription,
    email_key,
    hashed,
)


@dataclass(frozen=True)
class _Subscriber:
    """An address as the recipient of a mail."""

    person_id: UUID
    association_ids: tuple[UUID, ...] = ()
    associations: tuple[str, ...] = ()
    by_office: bool = False


def ask(
    work: UnitOfWork, *, email: str, language: str, subjects: Sequence[str], client: str
) -> None:
    """Mail an address whether it wants to be mailed about these; nothing else happens before.

    Raises :class:`TooMany` where one client has this asked of too many addresses.
    """
    by = hashed(f"subscription:{client}")
    _count(work, by)
    found = _of(work, email)
    if found is None:
        made = Subscription.of(new_id(), email, language=language, at=work.now)
        found = work.add(made)
    wanted = list(dict.fromkeys(subjects))
    secret = found.ask(wanted, language=language, by=by, at=work.now)
    if secret is None:
        return
    work.session.flush()
    queue(
        work,
        "subscription_asked",
        [_Subscriber(found.id)],
        about=About("subscription", found.id),
        content={
            "wanted": wanted,
            "token": secret,
            "expires_at": (work.now + CONFIRMED_WITHIN).isoformat(),
        },
    )


def confirm_subscription(work: UnitOfWork, secret: str) -> Subscription:
    """Begin to mail an address what was asked for in its name. Raises :class:`LinkNotValid`."""
    found = work.session.scalars(
        select(Subscription)
        .where(Subscription.confirmation_hash == hashed(secret))
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise LinkNotValid
    found.confirm(at=work.now)
    return found


def forget_address(work: UnitOfWork, email: str) -> None:
    """Forget what an address wanted: its owner was erased (GDPR art. 17)."""
    found = _of(work, email) if email else None
    if found is not None:
        found.end(at=work.now)


def forget_subscription(work: UnitOfWork, subscription_id: UUID) -> None:
    """Drop a subscription that its owner never confirmed, or has ended long ago."""
    found = work.find(Subscription, subscription_id, lock=True)
    if found is not None:
        work.session.delete(found)


def _count(work: UnitOfWork, by: str) -> None:
    """See how many addresses one client has had asked; racing requests of it wait in line."""
    work.session.execute(select(func.pg_advisory_xact_lock(int(by[:15], 16))))
    count = work.session.scalar(
        select(func.count()).where(
            Subscription.asked_by == by, Subscription.asked_at > work.now - timedelta(hours=1)
        )
    )
    if (count or 0) >= ASKED_BY_ONE:
        raise TooMany("Too many attempts. Wait a while, then try again.", retry_after=1200)


def _of(work: UnitOfWork, email: str) -> Subscription | None:
    return work.session.scalars(
        select(Subscription).where(Subscription.email_key == email_key(email)).with_for_update()
    ).one_or_none()
