"""The operations API of every service: its dead letters, for the operator alone.

The same as ``python -m services.<name> dead``, and by the same functions; made by the chassis, so
that no service forgets it. Bodies of messages are shown one at a time.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import flask
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from chassis import dead, telemetry
from chassis.auth import require
from chassis.database import Database, inbox
from chassis.fields import Line
from chassis.paging import paginate
from chassis.problems import Conflict, NotFound
from chassis.web.blueprint import Blueprint, Body, PageArguments, page_of
from chassis.web.request import principal

log = telemetry.logger(__name__)

STATUSES: Final = ("dead", "failed", "parked")


class NotRetryable(Conflict):
    """It waits for the message before it, or was given up."""

    slug = "dead-letter-not-retryable"
    title = "The message is neither dead nor failed"


class DeadLetterArguments(PageArguments):
    """Which messages to list."""

    status = fields.String(load_default="dead", validate=validate.OneOf(STATUSES))


class DropBody(Body):
    """Why a message is given up."""

    reason = Line(required=True, validate=validate.Length(1, 500))


class DeadLetterSchema(Schema):
    """A message that could not be handled, without its body."""

    event_id = fields.UUID()
    source = fields.String()
    status = fields.String()
    type = fields.String()
    subject = fields.String()
    sequence = fields.Integer()
    attempts = fields.Integer()
    error = fields.String(allow_none=True)
    correlation_id = fields.String()
    received_at = fields.DateTime()
    next_attempt_at = fields.DateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class WholeDeadLetterSchema(DeadLetterSchema):
    """A message that could not be handled."""

    body = fields.String(metadata={"description": "As it came; what is no UTF-8 is replaced"})


def dead_letters(service: str) -> Blueprint:
    """Make the routes of a service's dead letters."""
    routes = Blueprint(
        "dead_letters",
        __name__,
        url_prefix=f"/api/v1/ops/{service}/dead-letters",
        description="Messages that could not be handled",
    )
    read = require(f"{service}.dead-letter:read")
    settle = require(f"{service}.dead-letter:settle")

    @routes.get("")
    @read
    @routes.arguments(DeadLetterArguments, location="query")
    @routes.response(200, page_of(DeadLetterSchema))
    def index(arguments: Mapping[str, Any]) -> Any:
        """List messages that wait in one status, oldest first."""
        return _page(**arguments)

    @routes.get("/<uuid:event_id>")
    @read
    @routes.response(200, WholeDeadLetterSchema)
    @routes.problems(NotFound)
    def show(event_id: UUID) -> Any:
        """Show one message with its body."""
        return _whole(event_id)

    @routes.post("/<uuid:event_id>/retry")
    @settle
    @routes.response(200, WholeDeadLetterSchema)
    @routes.problems(NotFound, NotRetryable)
    def retry(event_id: UUID) -> Any:
        """Have a message tried again at once, from the first attempt."""
        _whole(event_id)
        if not dead.retry(_database(), [event_id]):
            raise NotRetryable
        _tell("dead letter tried again", event_id)
        return _whole(event_id)

    @routes.post("/<uuid:event_id>/disposal")
    @settle
    @routes.arguments(DropBody)
    @routes.response(200, WholeDeadLetterSchema)
    @routes.problems(NotFound)
    def drop(body: Mapping[str, Any], event_id: UUID) -> Any:
        """Give a message up, for a reason that is kept; what waits behind it goes on."""
        _whole(event_id)
        if dead.drop(_database(), event_id, body["reason"]):
            _tell("dead letter dropped", event_id)
        return _whole(event_id)

    return routes


def _page(*, status: str, limit: int, cursor: str | None) -> dict[str, Any]:
    columns = [column for column in inbox.c if column.name != "body"]
    waiting = select(*columns).where(inbox.c.status == status, inbox.c.settled_at.is_(None))
    order = (inbox.c.received_at, inbox.c.event_id, inbox.c.source)
    with _database().reading() as session:
        page = paginate(session, waiting, order_by=order, limit=limit, cursor=cursor)
    return {**page, "items": [row._mapping for row in page["items"]]}  # noqa: SLF001 - public, in spite of its name


def _whole(event_id: UUID) -> dict[str, Any]:
    """Return a message that waits or was given up. Raises :class:`NotFound` for any other."""
    row = dead.find(_database(), event_id)
    if row is None or (row.settled_at is not None and row.status != "dropped"):
        raise NotFound(kind="dead-letter")
    return {**row._mapping, "body": bytes(row.body or b"").decode(errors="replace")}  # noqa: SLF001 - as above


def _tell(words: str, event_id: UUID) -> None:
    log.warning(words, service=_database().service, event_id=str(event_id), by=str(principal().id))


def _database() -> Database:
    found: Database = flask.current_app.extensions["samspil.database"]
    return found
