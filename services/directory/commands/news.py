"""Use cases of news: write, publish now or at an hour (V12, V30)."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.database import UnitOfWork
from contracts.values import NewsTopic
from services.directory.commands.publication import to_write
from services.directory.model import NewsItem, NewsStatus


def put_news_item(
    work: UnitOfWork, news_item_id: UUID, *, version: int | None, **description: Any
) -> tuple[NewsItem, bool]:
    """Write a piece of news, new or not; return it, and whether it is new. A new one is a draft."""
    item, new = to_write(work, NewsItem, news_item_id, version=version, status=NewsStatus.DRAFT)
    if item.describe(description, at=work.now):
        work.emit(item.told(is_new=False))
    return work.add(item), new


def publish_news_item(
    work: UnitOfWork, news_item_id: UUID, *, publish_at: datetime | None, version: int | None
) -> NewsItem:
    """Let everybody read it, now or at an hour ahead; what is out already stays as it is."""
    item = work.get(NewsItem, news_item_id, version=version, lock=True)
    if item.is_public:
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
