"""Forgetting a person in what is kept: the event log and the stored messages of a service.

Cases keep their events; what says who somebody was is blanked in them (GDPR art. 17). Which fields
that is, the event classes say themselves: those marked ``Annotated[str, personal(...)]``. The inbox
calls this whenever an event arrives that erases somebody (``Event.ERASES``), in every service.

A stored message that nobody could read, or of a version nobody knows, marks nothing. Where it names
the person, all its words are blanked, and bytes that are no document are given up as a whole.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import orjson
from marshmallow import ValidationError
from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.orm import Session

from chassis.database import event_log, inbox
from chassis.events import Event, load, personal_fields, registered

# So many rows are searched by one statement: it stays well below the time limit of statements.
CHUNK: Final = 20_000


def redact(session: Session, person_id: UUID) -> int:
    """Blank a person's data in every event kept here that is about them; return how many changed.

    An event is about the person it names in ``person_id``. Call it in the unit of work that erases
    the person, or that handles the event telling so.
    """
    known = [type_ for type_, cls in registered().items() if personal_fields(cls)]
    changed = 0
    for row in _naming(session, event_log, event_log.c.position, person_id):
        # Types of long ago mark nothing; they stay, as the cases they belong to do.
        if row.type in known and (blank := _blanked(row, person_id)) is not None:
            session.execute(
                update(event_log).where(event_log.c.position == row.position).values(body=blank)
            )
            changed += 1
    for row in _naming(session, inbox, inbox.c.event_id, person_id):
        if (blank := _blanked(row, person_id)) is not None:
            session.execute(
                update(inbox)
                .where(inbox.c.event_id == row.event_id, inbox.c.source == row.source)
                # What an error says after its name may quote what was sent.
                .values(body=blank, error=func.split_part(inbox.c.error, ":", 1))
            )
            changed += 1
    return changed


def _naming(session: Session, table: Table, key: Column[Any], person_id: UUID) -> Iterator[Any]:
    """The rows whose bytes contain a person's id, chunk by chunk."""
    for after, upto in pairwise(_bounds(session, key)):
        wanted = [key > after] if after is not None else []
        wanted += [key <= upto] if upto is not None else []
        yield from session.execute(
            select(table)
            .where(
                *wanted,
                table.c.body.is_not(None),
                func.strpos(func.lower(func.encode(table.c.body, "escape")), str(person_id)) > 0,
            )
            .with_for_update()
        ).all()


def _bounds(session: Session, key: Column[Any]) -> Iterator[Any]:
    """Where one chunk of a table ends and the next begins; None is the end of the table."""
    yield None
    after = None
    while True:
        query = select(key).order_by(key).offset(CHUNK - 1).limit(1)
        after = session.scalar(query if after is None else query.where(key > after))
        yield after
        if after is None:
            return


def _blanked(row: Any, person_id: UUID) -> bytes | None:
    """Return a row's bytes without the person, or None where they need not change."""
    try:
        document = orjson.loads(bytes(row.body))
        data = document["data"]
    except (ValueError, TypeError, LookupError):
        return b""
    cls = registered().get(row.type)
    if cls is None or not _fits(cls, data):
        document["data"] = _without_words(data)
        return orjson.dumps(document)
    if data.get("person_id") != str(person_id):
        return None
    for name in personal_fields(cls):
        if data.get(name):
            data[name] = ""
    return orjson.dumps(document)


def _fits(cls: type[Event], data: Any) -> bool:
    try:
        load(cls, data)
    except ValidationError:
        return False
    return True


def _without_words(value: Any) -> Any:
    """Blank everything but ids and yes or no, at any depth."""
    if isinstance(value, dict):
        return {key: _without_words(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_words(each) for each in value]
    if value is None or isinstance(value, bool):
        return value
    try:
        return str(UUID(value))
    except (ValueError, AttributeError):
        return "" if isinstance(value, str) else 0
