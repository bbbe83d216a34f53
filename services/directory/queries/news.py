"""News: what everybody can read, and what staff are writing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from contracts.values import NewsTopic
from services.directory.model import NewsItem, NewsStatus

WRITERS: Final = ("coordinator", "caseworker")


def news_items(
    session: Session,
    principal: Principal,
    *,
    topic: NewsTopic | None,
    status: NewsStatus,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List news, the newest first; what is not out is there for those who write it."""
    statement = select(NewsItem).where(NewsItem.status == status)
    if status is not NewsStatus.PUBLISHED and not principal.has(*WRITERS):
        return {"items": [], "next": None}
    if topic is not None:
        statement = statement.where(NewsItem.topic == topic)
    newest = NewsItem.published_at if status is NewsStatus.PUBLISHED else NewsItem.changed_at
    return paginate(
        session,
        statement,
        order_by=[newest.desc(), NewsItem.id.desc()],
        limit=limit,
        cursor=cursor,
    )


def news_item(session: Session, principal: Principal, news_item_id: UUID) -> NewsItem:
    """Return one piece of news. Raises :class:`NotFound` also where the caller may not know it."""
    found = session.scalar(select(NewsItem).where(NewsItem.id == news_item_id))
    if found is None or not (found.is_public or principal.has(*WRITERS)):
        raise NotFound(kind="newsitem")
    return found


def news_to_publish(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the news whose hour has come."""
    return session.scalars(
        select(NewsItem.id)
        .where(NewsItem.status == NewsStatus.SCHEDULED, NewsItem.publish_at <= now)
        .order_by(NewsItem.publish_at)
        .limit(200)
    ).all()
