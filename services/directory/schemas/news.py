"""Shapes of news."""

from marshmallow import Schema, fields

from chassis.fields import Instant, Line, Text, Url
from chassis.web import Body, PageArguments
from contracts.values import NewsTopic
from services.directory.model import NewsStatus


class NewsItemBodySchema(Body):
    """A piece of news as it is written."""

    topic = fields.Enum(NewsTopic, by_value=True, required=True)
    title = Line(required=True, min=2, max=200)
    summary = Text(required=True, max=600)
    text = Text(load_default="", max=10_000)
    link = Url(
        load_default=None,
        allow_none=True,
        metadata={"description": "Where there is more; https://…"},
    )


class PublicationSchema(Body):
    """When it comes out; now where that is null or lies behind."""

    publish_at = Instant(load_default=None, allow_none=True)


class NewsItemSchema(Schema):
    """A piece of news. Where ``about_kind`` is set, what happened told it, and nobody wrote it."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    topic = fields.Enum(NewsTopic, by_value=True, required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    text = fields.String(required=True)
    link = fields.String(required=True, allow_none=True)
    status = fields.Enum(NewsStatus, by_value=True, required=True)
    about_kind = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "round, awards (of a round), hearing, funding or room"},
    )
    about_id = fields.UUID(required=True, allow_none=True)
    created_at = Instant(required=True)
    changed_at = Instant(required=True)
    publish_at = Instant(required=True, allow_none=True)
    published_at = Instant(required=True, allow_none=True)


class NewsItemArgumentsSchema(PageArguments):
    """Which news."""

    topic = fields.Enum(NewsTopic, by_value=True, load_default=None)
    status = fields.Enum(NewsStatus, by_value=True, load_default=NewsStatus.PUBLISHED)
