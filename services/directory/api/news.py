"""Routes of news."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, principal, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import news as commands
from services.directory.commands import publication
from services.directory.model import NewsItem
from services.directory.model.problems import WrongState
from services.directory.queries import news as queries

news_items = Blueprint(
    "news-items",
    __name__,
    url_prefix="/api/v1/news-items",
    description="News of the municipality, by staff or by what happened (V12, V30)",
)


@news_items.get("")
@news_items.arguments(schemas.NewsItemArgumentsSchema, location="query")
@news_items.response(200, page_of(schemas.NewsItemSchema))
@news_items.problems(Invalid)
@require("directory.news-item:read")
def list_news_items(arguments: dict[str, Any]) -> Any:
    """List news, the newest first; what is not out to those who write it."""
    with reading() as work:
        return queries.news_items(work.session, principal(), **arguments)


@news_items.get("/<uuid:news_item_id>")
@news_items.response(200, schemas.NewsItemSchema)
@news_items.problems(NotFound)
@require("directory.news-item:read")
def get_news_item(news_item_id: UUID) -> Any:
    """Show a piece of news."""
    with reading() as work:
        return queries.news_item(work.session, principal(), news_item_id)


@news_items.put("/<uuid:news_item_id>")
@news_items.arguments(schemas.NewsItemBodySchema)
@news_items.response(200, schemas.NewsItemSchema)
@news_items.alt_response(201, schema=schemas.NewsItemSchema, description="Drafted", success=True)
@news_items.problems(Invalid, Stale)
@require("directory.news-item:write")
def put_news_item(body: dict[str, Any], news_item_id: UUID) -> Any:
    """Write a piece of news. Its id is made by the client; a new one is a draft."""
    with unit_of_work() as work:
        item, new = commands.put_news_item(work, news_item_id, version=if_match(), **body)
        work.session.flush()
        return written(item, new=new)


@news_items.delete("/<uuid:news_item_id>")
@news_items.response(204)
@news_items.problems(NotFound, Stale, WrongState)
@require("directory.news-item:write")
def delete_news_item(news_item_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        publication.delete_draft(work, NewsItem, news_item_id, version=if_match())


@news_items.post("/<uuid:news_item_id>/publication")
@news_items.arguments(schemas.PublicationSchema)
@news_items.response(200, schemas.NewsItemSchema)
@news_items.problems(Invalid, NotFound, Stale)
@require("directory.news-item:write")
def publish_news_item(body: dict[str, Any], news_item_id: UUID) -> Any:
    """Let everybody read it, now or at an hour ahead."""
    with unit_of_work() as work:
        item = commands.publish_news_item(work, news_item_id, version=if_match(), **body)
        work.session.flush()
        return item


@news_items.post("/<uuid:news_item_id>/withdrawal")
@news_items.response(200, schemas.NewsItemSchema)
@news_items.problems(NotFound, Stale, WrongState)
@require("directory.news-item:write")
def withdraw_news_item(news_item_id: UUID) -> Any:
    """Take it back: from everybody, or from the hour it waits for."""
    with unit_of_work() as work:
        item = publication.withdraw(work, NewsItem, news_item_id, version=if_match())
        work.session.flush()
        return item
