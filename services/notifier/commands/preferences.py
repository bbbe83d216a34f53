"""Who wants news by mail."""

import secrets
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from chassis.problems import NotFound
from services.notifier.model import Preference, Subscription


def choose_news(
    work: UnitOfWork, person_id: UUID, *, news: bool, version: int | None = None
) -> Preference:
    """Take note of whether a person wants news.

    Raises :class:`Stale` where ``version`` is not the present one.
    """
    _ensure(work, [person_id])
    preference = work.get(Preference, person_id, version=version)
    preference.choose(news=news)
    return preference


def unsubscribe(work: UnitOfWork, token: str) -> None:
    """Stop news to whoever the token was mailed to: a person, or an address that subscribed.

    Raises :class:`NotFound` for a token that was never given out.
    """
    subscription = work.session.scalars(
        select(Subscription).where(Subscription.token == token).with_for_update()
    ).one_or_none()
    if subscription is not None:
        subscription.end(at=work.now)
        return
    preference = work.session.scalars(
        select(Preference).where(Preference.token == token)
    ).one_or_none()
    if preference is None:
        raise NotFound(kind="unsubscription")
    preference.choose(news=False)


def wishes(work: UnitOfWork, person_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Return who of these wants news; each has a token for their link from now on."""
    if not person_ids:
        return {}
    _ensure(work, person_ids)
    rows = work.session.execute(
        select(Preference.person_id, Preference.news).where(Preference.person_id.in_(person_ids))
    )
    return {row.person_id: row.news for row in rows}


def _ensure(work: UnitOfWork, person_ids: Collection[UUID]) -> None:
    # In order, so that two units that touch the same people wait for each other and never deadlock.
    rows = [
        {"person_id": each, "news": True, "token": secrets.token_urlsafe(32), "version": 1}
        for each in sorted(set(person_ids))
    ]
    work.session.execute(insert(Preference).on_conflict_do_nothing(), rows)
