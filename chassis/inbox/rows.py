"""The statements of the inbox: each takes many messages at once, because round trips cost most."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from chassis.inbox.message import REPLAY_PROJECTIONS, Item, Key, Stream
from chassis.wire import Wire

RELEASE_COUNT: Final = 200

_LOCK = text(
    "INSERT INTO inbox_stream (source, subject, sequence)"
    " SELECT source, subject, 0"
    " FROM unnest(:sources ::text[], :subjects ::text[]) AS given (source, subject)"
    " ON CONFLICT (source, subject) DO UPDATE SET sequence = inbox_stream.sequence"
    " RETURNING source, subject, sequence, waiting"
)
_MOVE = text(
    "UPDATE inbox_stream SET sequence = given.sequence, waiting = given.waiting"
    " FROM unnest(:sources ::text[], :subjects ::text[], :sequences ::bigint[], :waiting ::bool[])"
    " AS given (source, subject, sequence, waiting)"
    " WHERE inbox_stream.source = given.source AND inbox_stream.subject = given.subject"
)
_COLUMNS: Final = (
    "INSERT INTO inbox (source, event_id, type, subject, sequence, status, error, body,"
    " effects_done, correlation_id, received_at, settled_at)"
    " SELECT source, event_id, type, subject, sequence, :status, error, body,"
    " effects_done, correlation_id, :now, :settled_at"
    " FROM unnest(:sources ::text[], :ids ::uuid[], :types ::text[], :subjects ::text[],"
    " :sequences ::bigint[], :errors ::text[], :bodies ::bytea[], :done ::bool[],"
    " :correlations ::text[])"
    " AS given (source, event_id, type, subject, sequence, error, body, effects_done,"
    " correlation_id) ON CONFLICT (event_id, source) "
)
_ENTER = text(_COLUMNS + "DO NOTHING RETURNING source, event_id")
# These two run for nearly every message of a quiet day, and past SQLAlchemy: to a process that
# slept, what that adds costs as much as the rest of the way to the handler.
_FIRST: Final = b"enter_first"
_NEXT: Final = b"enter_next"
_AND_ENTER: Final = (
    " INSERT INTO inbox (source, subject, sequence, event_id, type, status, effects_done,"
    " correlation_id, received_at, settled_at)"
    " SELECT $1, $2, $3, $4, $5, 'handled', true, $6, $7, $7"
    " FROM moved ON CONFLICT (event_id, source) DO NOTHING RETURNING event_id"
)
PREPARED: Final = {
    _FIRST: "WITH moved AS (INSERT INTO inbox_stream (source, subject, sequence)"  # noqa: S608 - constants
    " VALUES ($1, $2, $3) ON CONFLICT (source, subject) DO UPDATE SET sequence = EXCLUDED.sequence"
    " WHERE inbox_stream.sequence = 0 AND NOT inbox_stream.waiting RETURNING 1)" + _AND_ENTER,
    _NEXT: "WITH moved AS (UPDATE inbox_stream SET sequence = $3"  # noqa: S608 - as above
    " WHERE source = $1 AND subject = $2 AND sequence = $3 - 1"
    " AND NOT waiting RETURNING 1)" + _AND_ENTER,
}
# In a rebuild a message that was settled before may have to wait: its row is opened again, and
# keeps in mind that its effects have run.
_KEEP = text(
    _COLUMNS + "DO UPDATE SET status = EXCLUDED.status, error = EXCLUDED.error,"
    " body = EXCLUDED.body, settled_at = NULL, received_at = EXCLUDED.received_at, attempts = 0,"
    " effects_done = true WHERE inbox.settled_at IS NOT NULL RETURNING event_id"
)
_KEYS: Final = "(source, event_id) IN (SELECT * FROM unnest(:sources ::text[], :ids ::uuid[]))"
_SETTLE = text(
    "UPDATE inbox SET status = :status, next_attempt_at = NULL, settled_at = :now,"  # noqa: S608 - the condition above
    " effects_done = true, error = NULL, body = NULL WHERE " + _KEYS
)
_DROP = text(
    "UPDATE inbox SET status = 'dropped', next_attempt_at = NULL,"  # noqa: S608 - as above
    " settled_at = coalesce(settled_at, :now) WHERE " + _KEYS
)
_PARK_AGAIN = text(
    "UPDATE inbox SET status = 'parked', next_attempt_at = NULL"  # noqa: S608 - as above
    " WHERE " + _KEYS
)
_FAIL = text(
    "UPDATE inbox SET status = :status, attempts = :attempts, error = :error,"
    " next_attempt_at = :next_attempt_at"
    " WHERE event_id = :id AND source = :source AND settled_at IS NULL"
)
_BURY = text(
    "INSERT INTO inbox (source, event_id, type, subject, sequence, status, attempts, error, body,"
    " received_at) VALUES (:source, :id, :type, '', 0, 'dead', 1, :error, :body, :now)"
    " ON CONFLICT DO NOTHING"
)
_STAY_DEAD = text(
    "UPDATE inbox SET status = 'dead', error = :error, next_attempt_at = NULL,"
    " attempts = attempts + 1 WHERE event_id = :id AND source = :source AND settled_at IS NULL"
)
_STATUS = text(
    "SELECT source, event_id, status FROM inbox WHERE " + _KEYS  # noqa: S608 - as above
)
# Versions of one fact share its number; anything else at a number that was settled is another fact.
_REUSED = text(
    "SELECT given.source, given.event_id FROM unnest(:sources ::text[], :ids ::uuid[],"
    " :subjects ::text[], :sequences ::bigint[], :types ::text[])"
    " AS given (source, event_id, subject, sequence, type)"
    " WHERE EXISTS (SELECT FROM inbox WHERE inbox.source = given.source"
    " AND inbox.subject = given.subject AND inbox.sequence = given.sequence"
    " AND inbox.event_id <> given.event_id AND (inbox.type = given.type"
    " OR regexp_replace(inbox.type, '\\.v\\d+$', '')"
    " <> regexp_replace(given.type, '\\.v\\d+$', '')))"
)
_DUE = text(
    "SELECT source, event_id, body, attempts, effects_done, reason FROM inbox"
    " WHERE status = 'failed' AND settled_at IS NULL AND next_attempt_at <= :now"
    " ORDER BY next_attempt_at, source, subject, sequence LIMIT 50"
)
# As Envelope.open() says that data do not fit.
_UNREAD = text(
    "SELECT source, event_id, body, attempts, effects_done, reason FROM inbox"
    " WHERE status = 'dead' AND settled_at IS NULL AND starts_with(error, type || ': {')"
    " ORDER BY source, subject, sequence"
)
_RELEASABLE_STREAMS = text(
    "SELECT DISTINCT inbox.source, inbox.subject FROM inbox JOIN inbox_stream"
    " USING (source, subject) WHERE inbox_stream.waiting AND inbox.status = 'parked'"
    " AND inbox.settled_at IS NULL AND inbox.sequence <= inbox_stream.sequence + 1"
    " AND (inbox.error IS NULL OR :unknown)"
)
_RELEASABLE = text(
    "SELECT inbox.source, inbox.subject, inbox.sequence, inbox.body, inbox.attempts,"
    " inbox.effects_done, inbox.reason, inbox_stream.sequence AS position"
    " FROM inbox_stream JOIN inbox USING (source, subject)"
    " WHERE (source, subject) IN (SELECT * FROM unnest(:sources ::text[], :subjects ::text[]))"
    " AND ((inbox.status = 'parked' AND inbox.settled_at IS NULL) OR (inbox.status = 'dropped'"
    " AND inbox.sequence > inbox_stream.sequence AND inbox.body IS NOT NULL))"
    " AND inbox.sequence <= inbox_stream.sequence + :count"
    " ORDER BY inbox.source, inbox.subject, inbox.sequence"
)
_STILL_WAITING = text(
    "SELECT DISTINCT source, subject FROM inbox JOIN inbox_stream USING (source, subject)"
    " WHERE (source, subject) IN (SELECT * FROM unnest(:sources ::text[], :subjects ::text[]))"
    # What was dropped ahead of a gap is still to be passed.
    " AND (inbox.settled_at IS NULL OR (inbox.status = 'dropped'"
    " AND inbox.sequence > inbox_stream.sequence))"
)
_COUNTS = text(
    "SELECT status, count(*) AS amount, count(*) FILTER (WHERE received_at < :late) AS late,"
    " min(received_at) AS oldest"
    " FROM inbox WHERE settled_at IS NULL GROUP BY status"
)


class NotTheNext(Exception):
    """Something speaks against handling a message at once."""


@dataclass(slots=True)
class Position:
    """How far a subject has come, and whether the inbox keeps something of it that waits."""

    sequence: int
    waiting: bool


def lock(session: Session, streams: set[Stream]) -> dict[Stream, Position]:
    """Take the positions of these subjects.

    Always in the same order, so that two consumers wait for each other and never deadlock.
    """
    rows = session.execute(_LOCK, _columns(streams))
    return {(row.source, row.subject): Position(row.sequence, row.waiting) for row in rows}


def move(session: Session, positions: dict[Stream, Position]) -> None:
    """Write positions that have been locked."""
    ordered = sorted(positions)
    session.execute(
        _MOVE,
        {
            **_columns(ordered),
            "sequences": [positions[stream].sequence for stream in ordered],
            "waiting": [positions[stream].waiting for stream in ordered],
        },
    )


def statuses(session: Session, items: Sequence[Item]) -> dict[Key, str]:
    """Return the status of those of these messages that have a row."""
    if not items:
        return {}
    found = session.execute(_STATUS, _keys(items))
    return {(row.source, row.event_id): row.status for row in found}


def reused(session: Session, items: Sequence[Item]) -> set[Key]:
    """Return those of these events whose number another event bore that was here before."""
    if not items:
        return set()
    values = {
        **_keys(items),
        "types": [item.envelope.type for item in items],
        "subjects": [item.envelope.subject for item in items],
        "sequences": [item.envelope.sequence for item in items],
    }
    return {(row.source, row.event_id) for row in session.execute(_REUSED, values)}


def send_next(wire: Wire, item: Item, now: datetime) -> None:
    """Have the position moved to a message and the message entered; the answer is still to come.

    It is one statement of :data:`PREPARED`. Raises ``psycopg.Error``.
    """
    envelope = item.envelope
    wire.send_prepared(
        _FIRST if envelope.sequence == 1 else _NEXT,
        envelope.source,
        envelope.subject,
        str(envelope.sequence),
        str(envelope.id),
        envelope.type,
        envelope.correlationid,
        now.isoformat(),
    )


def require_next(wire: Wire) -> None:
    """Wait for the answer to :func:`send_next`.

    Raises ``psycopg.Error``, and :class:`NotTheNext` where the message is not the next of its
    subject, was here before, or something of its subject waits; what was written all the same must
    then be rolled back.
    """
    if not wire.read():
        raise NotTheNext


def enter(session: Session, items: Sequence[Item], now: datetime) -> dict[Key, str]:
    """Write rows for what is handled; return the status of those that had been settled before."""
    if not items:
        return {}
    # What is handled is in its publisher's log, so its body is not kept.
    rows = session.execute(_ENTER, _values(items, "handled", now, settled_at=now))
    entered = {(row.source, row.event_id) for row in rows}
    return statuses(session, [item for item in items if item.key not in entered])


def keep(session: Session, items: Sequence[Item], status: str, now: datetime) -> None:
    """Write rows, with their bodies, for what waits."""
    if items:
        session.execute(_KEEP, _values(items, status, now, settled_at=None))


def settle(session: Session, items: Sequence[Item], status: str, now: datetime) -> None:
    """Note what became of rows that waited; their bodies are no longer needed."""
    if items:
        session.execute(_SETTLE, {**_keys(items), "status": status, "now": now})


def drop(session: Session, items: Sequence[Item], now: datetime) -> None:
    """Note that rows a human gave up have been passed."""
    if items:
        session.execute(_DROP, {**_keys(items), "now": now})


def park_again(session: Session, items: Sequence[Item]) -> None:
    """Let rows wait for their turn that were thought to have come to it."""
    if items:
        session.execute(_PARK_AGAIN, _keys(items))


def fail(session: Session, item: Item, error: str, next_attempt_at: datetime | None) -> None:
    """Note that a kept message failed once more; it is dead where no next attempt is given."""
    session.execute(
        _FAIL,
        {
            "status": "failed" if next_attempt_at else "dead",
            "attempts": item.attempts + 1,
            "error": error[:2000],
            "next_attempt_at": next_attempt_at,
            "id": item.envelope.id,
            "source": item.envelope.source,
        },
    )


def bury(session: Session, **values: Any) -> None:
    """Keep bytes that are no message of ours, as dead; the same bytes are kept once."""
    session.execute(_BURY, values)


def stay_dead(session: Session, key: Key, error: str) -> None:
    """Note that bytes still cannot be read."""
    source, event_id = key
    session.execute(_STAY_DEAD, {"source": source, "id": event_id, "error": error[:2000]})


def due(session: Session, now: datetime) -> Sequence[Any]:
    """Return failed messages whose time has come."""
    return session.execute(_DUE, {"now": now}).all()


def unread(session: Session) -> Sequence[Any]:
    """Return dead messages whose data did not fit the contract as it was then."""
    return session.execute(_UNREAD).all()


def releasable_streams(session: Session, *, unknown: bool) -> set[Stream]:
    """Return the subjects in which a parked message's turn has come."""
    rows = session.execute(_RELEASABLE_STREAMS, {"unknown": unknown})
    return {(row.source, row.subject) for row in rows}


def releasable(session: Session, streams: set[Stream]) -> Sequence[Any]:
    """Return the next parked messages of these subjects, and how far each subject has come."""
    return session.execute(_RELEASABLE, {**_columns(streams), "count": RELEASE_COUNT}).all()


def still_waiting(session: Session, streams: set[Stream]) -> set[Stream]:
    """Return those of these subjects of which the inbox keeps something that waits."""
    rows = session.execute(_STILL_WAITING, _columns(streams))
    return {(row.source, row.subject) for row in rows}


def counts(session: Session, late: datetime) -> dict[str, Row[Any]]:
    """Count what waits by status: all of it, what has waited since before ``late``, the oldest."""
    return {row.status: row for row in session.execute(_COUNTS, {"late": late})}


def has_history(session: Session) -> bool:
    """Whether anything was ever settled."""
    return bool(session.execute(text("SELECT EXISTS (SELECT FROM inbox_stream)")).scalar())


def without_obstacle(item: Item) -> Item:
    """Return an item to be kept as failed: its error is written with the failure."""
    return replace(item, obstacle="")


def _keys(items: Sequence[Item]) -> dict[str, Any]:
    return {
        "sources": [item.envelope.source for item in items],
        "ids": [item.envelope.id for item in items],
    }


def _columns(streams: Iterable[Stream]) -> dict[str, list[str]]:
    ordered = sorted(streams)
    return {
        "sources": [source for source, _ in ordered],
        "subjects": [subject for _, subject in ordered],
    }


def _values(
    items: Sequence[Item], status: str, now: datetime, *, settled_at: datetime | None
) -> dict[str, Any]:
    done = settled_at is not None
    return {
        "status": status,
        "now": now,
        "settled_at": settled_at,
        **_keys(items),
        "types": [item.envelope.type for item in items],
        "subjects": [item.envelope.subject for item in items],
        "sequences": [item.envelope.sequence for item in items],
        "errors": [item.obstacle or None for item in items],
        "bodies": [None if done else item.message.body for item in items],
        "done": [done or item.message.replay == REPLAY_PROJECTIONS for item in items],
        "correlations": [item.envelope.correlationid for item in items],
    }
