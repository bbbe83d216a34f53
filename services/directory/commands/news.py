"""Use cases of news: write, publish now or at an hour, take back, delete a draft (V12, V30)."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Stale
from contracts.values import NewsTopic
from services.directory.model import NewsItem, NewsStatus


def put_news_item(
    work: UnitOfWork, news_item_id: UUID, *, version: int | None, **description: Any
) -> tuple[NewsItem, bool]:
    """Write a piece of news, new or not; return it, and whether it is new. A new one is a draft."""
    item = work.find(NewsItem, news_item_id, lock=True)
    if item is None:
        if version is not None:
            raise Stale
        item = NewsItem(id=news_item_id, status=NewsStatus.DRAFT, created_at=work.now)
        item.describe(description, at=work.now)
        return work.add(item), True
    work.get(NewsItem, news_item_id, version=version)
    if item.describe(description, at=work.now) and item.status is NewsStatus.PUBLISHED:
        work.emit(item.told(is_new=False))
    return item, False


def publish_news_item(
    work: UnitOfWork, news_item_id: UUID, *, publish_at: datetime | None, version: int | None
) -> NewsItem:
    """Let everybody read it, now or at an hour ahead; what is out already stays as it is."""
    item = work.get(NewsItem, news_item_id, version=version, lock=True)
    if item.status is NewsStatus.PUBLISHED:
        return item
    if publish_at is not None and publish_at > work.now:
        item.schedule(publish_at=publish_at, at=work.now)
    else:
        work.emit(item.publish(at=work.now))
    return item


def publish_due(work: UnitOfWork, news_item_id: UUID) -> None:
    """Let everybody read it: its hour has come. One that was taken back meanwhile stays so."""
    item = work.get(NewsItem, news_item_id, lock=True)
    if item.status is NewsStatus.SCHEDULED and item.publish_at and item.publish_at <= work.now:
        work.emit(item.publish(at=work.now))


def withdraw_news_item(work: UnitOfWork, news_item_id: UUID, *, version: int | None) -> NewsItem:
    """Take a piece of news back; taking it back twice is the same as once."""
    item = work.get(NewsItem, news_item_id, version=version, lock=True)
    if item.status is not NewsStatus.WITHDRAWN:
        event = item.withdraw(at=work.now)
        if event is not None:
            work.emit(event)
    return item


def delete_news_item(work: UnitOfWork, news_item_id: UUID, *, version: int | None) -> None:
    """Delete a piece of news nobody has seen. Raises :class:`WrongState`."""
    item = work.find(NewsItem, news_item_id, lock=True)
    if item is None:
        raise NotFound(kind="newsitem")
    work.get(NewsItem, news_item_id, version=version)
    item.require_draft()
    work.session.delete(item)


def tell(
    work: UnitOfWork, about_kind: str, about_id: UUID, *, topic: NewsTopic, title: str, summary: str
) -> None:
    """Publish news of what happened elsewhere, once: a fact has one piece of news (V30)."""
    news_item_id = uuid5(NAMESPACE_URL, f"samspil:news:{about_kind}:{about_id}")
    if work.find(NewsItem, news_item_id, lock=True) is not None:
        return
    item = work.add(
        NewsItem(
            id=news_item_id,
            status=NewsStatus.DRAFT,
            about_kind=about_kind,
            about_id=about_id,
            created_at=work.now,
            changed_at=work.now,
            topic=topic,
            title=title,
            summary=summary,
            text="",
            link=None,
        )
    )
    work.emit(item.publish(at=work.now))
