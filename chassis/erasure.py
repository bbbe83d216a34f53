"""Forgetting a person in what is kept: the event log and the stored messages of a service.

Cases keep their events; what says who somebody was is blanked in them (GDPR art. 17). Which fields
that is, the event classes say themselves: those marked ``Annotated[str, personal(...)]``. The inbox
calls this whenever an event arrives that erases somebody (``Event.ERASES``), in every service.

A stored message that nobody could read, or of a version nobody knows, marks nothing. Where it names
the person, all its words are blanked, and bytes that are no document are given up as a whole.

Whoever is forgotten leaves a **tombstone**, an id. What arrives about them afterwards, by a replay,
from a dead letter or from a publisher that was put back, is blanked before it is handled
(:func:`forgotten`); a restored database takes the tombstones of the others, and its scheduler
forgets those people again (:func:`unapplied`). See docs/decisions/0069.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import orjson
from marshmallow import ValidationError
from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.database import event_log, inbox, tombstone
from chassis.events import Event, load, personal_fields, registered

FORGOTTEN: Final = "(slettet)"
"""What stands in a text where an erased person's name or address stood."""
# Below this a name would be found in what is no name.
SHORTEST: Final = 2
# So many rows are searched by one statement: it stays well below the time limit of statements.
CHUNK: Final = 20_000
AT_ONCE: Final = 100


def redact(
    session: Session, person_id: UUID, *, words: Sequence[str] = (), subjects: Sequence[str] = ()
) -> int:
    """Blank a person's data in every event kept here that is about them; return how many changed.

    An event is about the person it names in ``person_id``. ``words`` are what they were called and
    their address: they go out of every text of an event that names the person by id, and of the
    events of ``subjects``. Call it in the unit of work that erases the person, or that handles the
    event telling so. It leaves a tombstone.
    """
    _bury(session, person_id)
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
    if words:
        changed += _take_out(session, person_id, words, subjects)
    return changed


def forget_words(value: Any, words: Iterable[str]) -> Any:
    """Take words out of a value of any depth; the longest first, so that no rest is left.

    Capital letters make no difference; a word inside another word is left alone.
    """
    found = sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True)
    if not found:
        return value
    choices = "|".join(map(re.escape, found))
    return _replaced(value, re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE))


def forgotten(session: Session, event: Event | None) -> Event | None:
    """Return an event without the data of somebody who was erased before it came; else as it is."""
    fields = _personal(type(event)) if event is not None else ()
    if event is None or not fields or not is_erased(session, getattr(event, "person_id", None)):
        return event
    return replace(event, **{name: "" for name in fields if getattr(event, name)})  # type: ignore[type-var]


def is_erased(session: Session, person_id: UUID | None) -> bool:
    """Whether somebody was erased here."""
    if person_id is None:
        return False
    found = select(tombstone.c.person_id).where(tombstone.c.person_id == person_id)
    return session.execute(found).one_or_none() is not None


def forget_again(session: Session, event: Event | None) -> None:
    """Blank what was kept of an event just now, where it is about somebody erased before."""
    if event is not None and _personal(type(event)):
        person_id = getattr(event, "person_id", None)
        if person_id is not None and is_erased(session, person_id):
            redact(session, person_id)


def unapplied(session: Session, _now: datetime) -> Sequence[UUID]:
    """Find whom a restored database has still to forget: a due query of every service."""
    waiting = select(tombstone.c.person_id).where(tombstone.c.applied_at.is_(None))
    return session.scalars(waiting.order_by(tombstone.c.person_id).limit(AT_ONCE)).all()


def _bury(session: Session, person_id: UUID) -> None:
    now = clock.now()
    session.execute(
        insert(tombstone)
        .values(person_id=person_id, erased_at=now, applied_at=now)
        .on_conflict_do_update(
            index_elements=[tombstone.c.person_id],
            set_={"applied_at": func.coalesce(tombstone.c.applied_at, now)},
        )
    )


_fields: dict[type, tuple[str, ...]] = {}


def _personal(cls: type) -> tuple[str, ...]:
    """The fields of an event class that hold personal data; looked up for every message."""
    if cls not in _fields:
        _fields[cls] = tuple(personal_fields(cls))
    return _fields[cls]


def _take_out(
    session: Session, person_id: UUID, words: Sequence[str], subjects: Sequence[str]
) -> int:
    """Take words out of the events that name a person by id, and out of those of subjects."""
    rows = list(_naming(session, event_log, event_log.c.position, person_id))
    if subjects:
        theirs = select(event_log).where(event_log.c.subject.in_(subjects)).with_for_update()
        rows += session.execute(theirs).all()
    changed = 0
    for row in {each.position: each for each in rows}.values():
        document = orjson.loads(bytes(row.body))
        data = forget_words(document["data"], words)
        if data != document["data"]:
            body = orjson.dumps({**document, "data": data})
            session.execute(
                update(event_log).where(event_log.c.position == row.position).values(body=body)
            )
            changed += 1
    return changed


def _replaced(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(FORGOTTEN, value)
    if isinstance(value, list | tuple):
        return [_replaced(each, pattern) for each in value]
    if isinstance(value, dict):
        return {key: _replaced(each, pattern) for key, each in value.items()}
    return value


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
