"""Mail to those who asked to be told of documents and news (V12, V20, V30)."""

from uuid import UUID

from chassis.clock import SOON
from chassis.database import UnitOfWork
from contracts import directory
from services.notifier.commands import subscriptions
from services.notifier.handlers.registry import handlers, tell
from services.notifier.model import About
from services.notifier.queries.subscriptions import (
    addresses_told_of_rounds,
    subscribers,
    subscriptions_to_forget,
)


@handlers.on(directory.DocumentPublished)
def tell_of_document(event: directory.DocumentPublished, work: UnitOfWork) -> None:
    """Tell of a new edition, the first or a later one, once."""
    if event.is_new:
        recipients = subscribers(work.session, f"document:{event.kind.value}")
        about = About("document", event.document_id)
        tell("document_published", recipients, event, work, about=about)


@handlers.on(directory.NewsItemPublished)
def tell_of_news(event: directory.NewsItemPublished, work: UnitOfWork) -> None:
    """Tell of news, once.

    That a round can be applied for, contacts are told with more than the news says: not twice.
    """
    if event.is_new:
        told = set() if event.round_id is None else addresses_told_of_rounds(work.session)
        recipients = subscribers(work.session, f"news:{event.topic.value}", without=told)
        tell("news_published", recipients, event, work, about=About("news", event.news_item_id))


@handlers.when_due(subscriptions_to_forget, every=SOON)
def forget_subscription(subscription_id: UUID, work: UnitOfWork) -> None:
    """Drop an address whose owner never said yes, and what is left of an ended subscription."""
    subscriptions.forget_subscription(work, subscription_id)
