"""The inbox: what becomes of a message, decided by the database and by nothing else.

Knows no broker. :mod:`chassis.consumer` hands in messages and acknowledges them when :meth:`Inbox.settle` returns: by then
each of them is handled, or is a row that says what it waits for. Every subject has a position, the sequence of the last
event that was settled, and that alone decides::

    sequence ≤ position       duplicate                          nothing happens
    sequence = position + 1   handled, position moves on         effect, inbox row and position in one commit
                              its type is of no interest         position moves on
                              its major version is not known     row "parked"; another version of the same fact may come
                              its handler failed                 row "failed", tried again, in the end "dead"
    sequence > position + 1   row "parked"                       released when the gap has filled

So an effect happens once and in order, whatever is sent twice, late or in the wrong order. A message that fails holds up its
own subject only. What cannot even be read is "dead" at once, its bytes kept. A dead letter is retried or dropped by a human.

::

    parked ──gap filled──► handled        failed ──retry──► handled        dead ──retry──► failed
                                             └──after six attempts──► dead     └──drop──► dropped

A rebuild puts positions back to zero: events then pass once more, and those handled before run their projections only.
"""

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import clock, telemetry
from chassis.auth import Principal
from chassis.database import Database, UnitOfWork, crash_point
from chassis.events import (
    CONTENT_TYPE,
    Envelope,
    Event,
    Undecodable,
    UnknownType,
    UnknownVersion,
    decode,
)
from chassis.handlers import Handler, RetryLater

if TYPE_CHECKING:
    from chassis.service import Service

log = telemetry.logger(__name__)

ACCEPTED: Final = ("application/json", CONTENT_TYPE)
BACK_OFF_SECONDS: Final = (1, 5, 30, 120, 600)
RELEASE_COUNT: Final = 200
OVERDUE: Final = timedelta(minutes=5)
UNREADABLE: Final = "unreadable"

REPLAY: Final = "all"
REPLAY_PROJECTIONS: Final = "projections"

Stream = tuple[str, str]
Around = Callable[[], Any]


class DatabaseAway(Exception):
    """The database did not answer: nothing was settled, and no message is to blame."""


@dataclass(frozen=True)
class Message:
    """What came from the broker.

    ``replay`` is empty for a live message, else what a replay asked for: "all", or "projections" where effects must not run.
    ``fault`` is set where the broker side already found it unfit. ``sender`` is the broker's word for who published it,
    where it says so.
    """

    body: bytes
    content_type: str = CONTENT_TYPE
    replay: str = ""
    fault: str = ""
    sender: str = ""


@dataclass(frozen=True)
class Item:
    """A message that could be read, and what this service makes of it."""

    message: Message
    envelope: Envelope
    event: Event | None = None
    handlers: Sequence[Handler] = ()
    # Why it cannot be handled although its turn may come: an unknown version, or data that do not fit.
    obstacle: str = ""
    poison: bool = False
    # A row of the inbox that is tried again: how often it was tried, and whether a human dropped it once.
    stored: bool = False
    attempts: int = 0
    effects_done: bool = False
    dropped: bool = False

    @property
    def stream(self) -> Stream:
        """Whose sequence it is part of."""
        return self.envelope.source, self.envelope.subject

    @property
    def is_known(self) -> bool:
        """Whether its turn may come."""
        return not self.obstacle


@dataclass
class _Position:
    """How far a subject has come, and whether the inbox keeps something of it that waits."""

    sequence: int
    waiting: bool


class Inbox:
    """Settles messages for one service. Several processes may do so at once on the same database."""

    def __init__(
        self, service: "Service", database: Database, *, around: Around | None = None
    ) -> None:
        self._name = service.name
        self._handlers = service.handlers
        self._database = database
        self._principal = Principal.of_service(service.name)
        self._around = around or _unlimited
        # The stems of handled types: an unknown version of one of these waits, anything else is of no interest.
        self._stems = {_stem(type_) for type_ in service.handlers.types}
        # Subjects that moved on while something of theirs waits: looked after when the batch has been committed.
        self._behind: set[Stream] = set()

    def settle(self, messages: Sequence[Message]) -> list[str]:
        """Settle messages and return what became of each, in their order.

        Outcomes are "handled", "ignored", "duplicate", "parked", "failed" and "dead". Raises :class:`DatabaseAway`, and
        then nothing is settled that would not be found a duplicate when it is handed in again.
        """
        outcomes: list[str] = [""] * len(messages)
        items: list[tuple[int, Item]] = []
        for index, message in enumerate(messages):
            try:
                items.append((index, self._read(message)))
            except Undecodable as error:
                self._bury(message, str(error))
                outcomes[index] = "dead"
        ordered = _in_sequence(items)
        for (index, _), outcome in zip(
            ordered, self._settle_items([item for _, item in ordered]), strict=True
        ):
            outcomes[index] = outcome
        self._release_behind()
        return outcomes

    def release(self, *, unknown: bool = False) -> int:
        """Handle what was parked and whose turn has come; return how many.

        With ``unknown`` also try events of unknown versions again, as at start: this code may know them.
        """
        with self._guarded(), self._database.reading() as session:
            rows = session.execute(
                text(
                    "SELECT DISTINCT inbox.source, inbox.subject FROM inbox JOIN inbox_stream USING (source, subject)"
                    " WHERE inbox_stream.waiting AND inbox.status = 'parked' AND inbox.settled_at IS NULL"
                    " AND inbox.sequence <= inbox_stream.sequence + 1 AND (inbox.error IS NULL OR :unknown)"
                ),
                {"unknown": unknown},
            ).all()
        return self._release({(row.source, row.subject) for row in rows})

    def retry(self) -> int:
        """Try the failed messages again whose time has come; return how many were tried."""
        with self._guarded(), self._database.reading() as session:
            rows = session.execute(
                text(
                    "SELECT body, attempts, effects_done, reason FROM inbox WHERE status = 'failed' AND settled_at IS NULL"
                    " AND next_attempt_at <= :now ORDER BY next_attempt_at, source, subject, sequence LIMIT 50"
                ),
                {"now": clock.now()},
            ).all()
        for row in rows:
            self._retry_stored(row)
        self._release_behind()
        return len(rows)

    def waiting(self) -> dict[str, int]:
        """Count the rows that wait, by status, and tell of those parked for too long."""
        with self._guarded(), self._database.reading() as session:
            rows = session.execute(
                text(
                    "SELECT status, count(*) AS count, count(*) FILTER (WHERE received_at < :late) AS late"
                    " FROM inbox WHERE settled_at IS NULL GROUP BY status"
                ),
                {"late": clock.now() - OVERDUE},
            ).all()
        counts = {row.status: row.count for row in rows}
        for status in ("parked", "failed", "dead"):
            telemetry.inbox_waiting.labels(self._name, status).set(counts.get(status, 0))
        for row in rows:
            if row.status == "parked" and row.late:
                log.error("events parked for too long", service=self._name, count=row.late)
        return counts

    # Reading

    def _read(self, message: Message) -> Item:
        """Read a message. Raises :class:`Undecodable` where it is no envelope of ours."""
        if message.content_type not in ACCEPTED:
            raise Undecodable(f"content type {message.content_type!r} is not accepted")
        envelope = decode(message.body)
        if message.sender and message.sender != envelope.service:
            raise Undecodable(f"{envelope.source} was sent by {message.sender}")
        if message.fault:
            return Item(message, envelope, obstacle=message.fault, poison=True)
        handlers = self._handlers.of(envelope.type)
        if not handlers:
            if _stem(envelope.type) in self._stems:
                return Item(message, envelope, obstacle=f"unknown version: {envelope.type}")
            return Item(message, envelope)
        try:
            return Item(message, envelope, event=envelope.open(), handlers=handlers)
        except Undecodable as error:
            return Item(message, envelope, obstacle=str(error), poison=True)
        except (UnknownType, UnknownVersion) as error:
            return Item(message, envelope, obstacle=f"{type(error).__name__}: {error}")

    def _stored(self, row: Any) -> Item:
        return replace(
            self._read(Message(bytes(row.body))),
            stored=True,
            attempts=row.attempts,
            effects_done=row.effects_done,
            dropped=row.reason is not None,
        )

    # Settling

    def _settle_items(self, items: Sequence[Item]) -> list[str]:
        """Settle all in one transaction; where one fails, each in its own, so that it fails alone."""
        if not items:
            return []
        if len(items) > 1 and not any(item.poison for item in items):
            try:
                with self._guarded():
                    return self._count(items, self._apply(items))
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - any failure of any handler leads to one by one
                log.info(
                    "batch is settled one by one", service=self._name, reason=type(error).__name__
                )
        return self._count(items, [self._settle_alone(item) for item in items])

    def _count(self, items: Sequence[Item], outcomes: list[str]) -> list[str]:
        pairs = Counter(
            (item.envelope.type, outcome) for item, outcome in zip(items, outcomes, strict=True)
        )
        for (type_, outcome), count in pairs.items():
            telemetry.messages_settled.labels(self._name, type_, outcome).inc(count)
        return outcomes

    def _settle_alone(self, item: Item) -> str:
        if item.poison:
            return self._fail(item, item.obstacle, dead=True)
        for attempt in (1, 2):
            try:
                with self._guarded():
                    return self._apply([item])[0]
            except DatabaseAway:
                raise
            except RetryLater as error:
                log.info("handler asks to be called later", **_facts(item), reason=str(error))
                return self._fail(item, f"RetryLater: {error}")
            except Exception as error:
                if attempt == 1 and _was_victim(error):
                    continue
                log.warning(
                    "handler failed", **_facts(item), attempt=item.attempts + 1, exc_info=error
                )
                return self._fail(item, f"{type(error).__name__}: {error}")
        raise AssertionError("unreachable")

    def _apply(self, items: Sequence[Item]) -> list[str]:
        """Settle items in one unit of work. Whatever a handler raises rolls back all of them."""
        outcomes = [""] * len(items)
        with self._database.unit_of_work(self._principal) as work:
            positions = self._lock(work, {item.stream for item in items})
            known = self._kept(work, items, positions)
            turn: list[tuple[int, Item]] = []
            parked: list[Item] = []
            for index, item in enumerate(items):
                position = positions[item.stream]
                sequence = item.envelope.sequence
                if not item.stored and known.get(item.envelope.id) in {"parked", "failed", "dead"}:
                    outcomes[index] = "duplicate"
                elif sequence <= position.sequence:
                    outcomes[index] = "duplicate"
                elif sequence > position.sequence + 1 or not item.is_known:
                    outcomes[index] = "parked"
                    parked.append(item)
                    position.waiting = True
                else:
                    position.sequence = sequence
                    outcomes[index] = "handled" if item.handlers else "ignored"
                    turn.append((index, item))
            before = self._enter(work, [item for _, item in turn if item.handlers])
            for _, item in turn:
                if item.handlers:
                    self._handle(item, work, before.get(item.envelope.id, ""))
            self._leave(work, items, outcomes, parked)
            self._move(work, positions)
        self._behind |= {stream for stream, position in positions.items() if position.waiting}
        crash_point("after_handle_commit")
        return outcomes

    def _lock(self, work: UnitOfWork, streams: set[Stream]) -> dict[Stream, _Position]:
        """Take the positions of these subjects, in order, so that two consumers wait for each other and never deadlock."""
        rows = work.session.execute(
            text(
                "INSERT INTO inbox_stream (source, subject, sequence)"
                " SELECT source, subject, 0 FROM unnest(:sources ::text[], :subjects ::text[]) AS given (source, subject)"
                " ON CONFLICT (source, subject) DO UPDATE SET sequence = inbox_stream.sequence"
                " RETURNING source, subject, sequence, waiting"
            ),
            _columns(streams),
        )
        return {(row.source, row.subject): _Position(row.sequence, row.waiting) for row in rows}

    def _kept(
        self, work: UnitOfWork, items: Sequence[Item], positions: dict[Stream, _Position]
    ) -> dict[UUID, str]:
        """Which of these the inbox already keeps as waiting, and how."""
        ids = [item.envelope.id for item in items if positions[item.stream].waiting]
        if not ids:
            return {}
        rows = work.session.execute(
            text(
                "SELECT event_id, status FROM inbox WHERE event_id = ANY(:ids) AND settled_at IS NULL"
            ),
            {"ids": ids},
        )
        return {row.event_id: row.status for row in rows}

    def _enter(self, work: UnitOfWork, items: Sequence[Item]) -> dict[UUID, str]:
        """Enter what will be handled; return the status of those that had been settled before, as in a rebuild."""
        fresh = [item for item in items if not item.stored]
        if not fresh:
            return {}
        entered = set(self._insert(work, fresh, "handled", settled=True))
        others = [item.envelope.id for item in fresh if item.envelope.id not in entered]
        if not others:
            return {}
        rows = work.session.execute(
            text("SELECT event_id, status FROM inbox WHERE event_id = ANY(:ids)"), {"ids": others}
        )
        return {row.event_id: row.status for row in rows}

    def _handle(self, item: Item, work: UnitOfWork, before: str) -> None:
        if before == "dropped" or item.dropped:
            return
        projections_only = (
            bool(before) or item.effects_done or item.message.replay == REPLAY_PROJECTIONS
        )
        envelope = item.envelope
        started = time.perf_counter()
        with (
            telemetry.tracing(
                correlation_id=envelope.correlationid,
                causation_id=str(envelope.id),
                traceparent=telemetry.valid_traceparent(envelope.traceparent),
                actor=envelope.actor,
            ),
            self._around(),
        ):
            for handler in item.handlers:
                if handler.projection or not projections_only:
                    handler.handle(item.event, work)
            crash_point("handler")
        elapsed = time.perf_counter() - started
        telemetry.handler_seconds.labels(self._name, envelope.type).observe(elapsed)

    def _leave(
        self,
        work: UnitOfWork,
        items: Sequence[Item],
        outcomes: Sequence[str],
        parked: Sequence[Item],
    ) -> None:
        """Write what became of the messages that are rows, or that become rows."""
        fresh = [item for item in parked if not item.stored]
        if fresh:
            self._insert(work, fresh, "parked", settled=False)
        settled: dict[str, list[UUID]] = defaultdict(list)
        for item, outcome in zip(items, outcomes, strict=True):
            if item.stored:
                settled["handled" if outcome == "ignored" else outcome].append(item.envelope.id)
        for status, ids in settled.items():
            done = status != "parked"
            work.session.execute(
                text(
                    "UPDATE inbox SET status = :status, next_attempt_at = NULL, settled_at = :settled_at,"
                    " effects_done = effects_done OR :done, body = CASE WHEN :done THEN NULL ELSE body END"
                    " WHERE event_id = ANY(:ids)"
                ),
                {
                    "status": status,
                    "ids": ids,
                    "done": done,
                    "settled_at": work.now if done else None,
                },
            )

    def _insert(
        self, work: UnitOfWork, items: Sequence[Item], status: str, *, settled: bool
    ) -> list[UUID]:
        """Write rows for messages; return the ids of those that were written.

        In a rebuild a message that was settled before may have to wait: its row is then opened again, and keeps in mind
        that its effects have run.
        """
        on_conflict = (
            "NOTHING"
            if settled
            else "UPDATE SET status = EXCLUDED.status, error = EXCLUDED.error, body = EXCLUDED.body, settled_at = NULL,"
            " received_at = EXCLUDED.received_at, attempts = 0, effects_done = true WHERE inbox.settled_at IS NOT NULL"
        )
        rows = work.session.execute(
            text(
                "INSERT INTO inbox (source, event_id, type, subject, sequence, status, error, body, effects_done,"
                " correlation_id, received_at, settled_at)"
                " SELECT source, event_id, type, subject, sequence, :status, error, body, effects_done, correlation_id,"
                " :now, :settled_at FROM unnest(:sources ::text[], :ids ::uuid[], :types ::text[], :subjects ::text[],"
                " :sequences ::bigint[], :errors ::text[], :bodies ::bytea[], :done ::bool[], :correlations ::text[])"
                " AS given (source, event_id, type, subject, sequence, error, body, effects_done, correlation_id)"
                f" ON CONFLICT (event_id, source) DO {on_conflict} RETURNING event_id"
            ),
            {
                "status": status,
                "now": work.now,
                "settled_at": work.now if settled else None,
                "sources": [item.envelope.source for item in items],
                "ids": [item.envelope.id for item in items],
                "types": [item.envelope.type for item in items],
                "subjects": [item.envelope.subject for item in items],
                "sequences": [item.envelope.sequence for item in items],
                "errors": [item.obstacle or None for item in items],
                # What was handled is in its publisher's log; what waits must be kept whole.
                "bodies": [None if settled else item.message.body for item in items],
                "done": [settled or item.message.replay == REPLAY_PROJECTIONS for item in items],
                "correlations": [item.envelope.correlationid for item in items],
            },
        )
        return [row.event_id for row in rows]

    def _move(self, work: UnitOfWork, positions: dict[Stream, _Position]) -> None:
        ordered = sorted(positions)
        work.session.execute(
            text(
                "UPDATE inbox_stream SET sequence = given.sequence, waiting = given.waiting"
                " FROM unnest(:sources ::text[], :subjects ::text[], :sequences ::bigint[], :waiting ::bool[])"
                " AS given (source, subject, sequence, waiting)"
                " WHERE inbox_stream.source = given.source AND inbox_stream.subject = given.subject"
            ),
            {
                "sources": [source for source, _ in ordered],
                "subjects": [name for _, name in ordered],
                "sequences": [positions[stream].sequence for stream in ordered],
                "waiting": [positions[stream].waiting for stream in ordered],
            },
        )

    # Failing

    def _fail(self, item: Item, error: str, *, dead: bool = False) -> str:
        """Keep a message that could not be handled, and say when it is tried again; return "failed" or "dead"."""
        attempts = item.attempts + 1
        dead = dead or attempts > len(BACK_OFF_SECONDS)
        status = "dead" if dead else "failed"
        moment = clock.now()
        following = None if dead else moment + timedelta(seconds=BACK_OFF_SECONDS[attempts - 1])
        with self._guarded(), self._database.unit_of_work(self._principal) as work:
            positions = self._lock(work, {item.stream})
            position = positions[item.stream]
            if item.envelope.sequence <= position.sequence and not item.stored:
                return "duplicate"
            if not item.stored:
                self._insert(work, [replace(item, obstacle="")], status, settled=False)
            position.waiting = True
            work.session.execute(
                text(
                    "UPDATE inbox SET status = :status, attempts = :attempts, error = :error, next_attempt_at = :following"
                    " WHERE event_id = :id AND source = :source AND settled_at IS NULL"
                ),
                {
                    "status": status,
                    "attempts": attempts,
                    "error": error[:2000],
                    "following": following,
                    "id": item.envelope.id,
                    "source": item.envelope.source,
                },
            )
            self._move(work, positions)
        if dead:
            log.error("message is dead", **_facts(item), attempts=attempts, error=error[:500])
        return status

    def _bury(self, message: Message, error: str) -> None:
        """Keep what cannot be read, byte for byte, as dead. The same bytes are kept once."""
        digest = hashlib.sha256(message.body).digest()
        with self._guarded(), self._database.unit_of_work(self._principal) as work:
            work.session.execute(
                text(
                    "INSERT INTO inbox (source, event_id, type, subject, sequence, status, attempts, error, body, received_at)"
                    " VALUES (:source, :id, :type, '', 0, 'dead', 1, :error, :body, :now) ON CONFLICT DO NOTHING"
                ),
                {
                    "source": UNREADABLE,
                    "id": UUID(bytes=digest[:16]),
                    "type": message.content_type[:200],
                    "error": error[:2000],
                    "body": message.body,
                    "now": work.now,
                },
            )
        telemetry.messages_settled.labels(self._name, UNREADABLE, "dead").inc()
        log.error(
            "message cannot be read", service=self._name, bytes=len(message.body), error=error[:500]
        )

    # Trying again and releasing

    def _retry_stored(self, row: Any) -> None:
        item = self._stored(row)
        self._count([item], [self._settle_alone(item)])

    def _release_behind(self) -> None:
        streams, self._behind = self._behind, set()
        self._release(streams)

    def _release(self, streams: set[Stream]) -> int:
        released = 0
        while streams and (found := self._releasable(streams)):
            outcomes = self._settle_items(found)
            done = sum(outcome in {"handled", "ignored", "duplicate"} for outcome in outcomes)
            released += done
            if not done:
                break
        self._behind -= streams
        self._forget_waiting(streams)
        return released

    def _forget_waiting(self, streams: set[Stream]) -> None:
        """Note which of these subjects have nothing left that waits."""
        if not streams:
            return
        with self._guarded(), self._database.unit_of_work(self._principal) as work:
            positions = self._lock(work, streams)
            # Asked only now that the positions are locked: nobody can park anything behind our back.
            rows = work.session.execute(
                text(
                    "SELECT DISTINCT source, subject FROM inbox WHERE settled_at IS NULL AND (source, subject) IN"
                    " (SELECT * FROM unnest(:sources ::text[], :subjects ::text[]))"
                ),
                _columns(streams),
            )
            waiting = {(row.source, row.subject) for row in rows}
            for stream, position in positions.items():
                position.waiting = stream in waiting
            self._move(work, positions)

    def _releasable(self, streams: set[Stream]) -> list[Item]:
        """The parked events of these subjects whose turn has come, without a gap, and what was parked beside them."""
        with self._guarded(), self._database.reading() as session:
            rows = session.execute(
                text(
                    "SELECT inbox.source, inbox.subject, inbox.sequence, inbox.body, inbox.attempts,"
                    " inbox.effects_done, inbox.reason, inbox_stream.sequence AS position"
                    " FROM inbox_stream JOIN inbox USING (source, subject)"
                    " WHERE inbox.status = 'parked' AND inbox.settled_at IS NULL AND (source, subject) IN"
                    " (SELECT * FROM unnest(:sources ::text[], :subjects ::text[]))"
                    " AND inbox.sequence <= inbox_stream.sequence + :count"
                    " ORDER BY inbox.source, inbox.subject, inbox.sequence"
                ),
                {**_columns(streams), "count": RELEASE_COUNT},
            ).all()
        reached: dict[Stream, int] = {}
        found: list[tuple[int, Item]] = []
        for row in rows:
            stream = (row.source, row.subject)
            last = reached.setdefault(stream, row.position)
            if row.sequence <= last + 1:
                item = self._stored(row)
                if item.is_known or row.sequence <= last:
                    reached[stream] = max(last, row.sequence)
                    found.append((len(found), item))
        return [item for _, item in _in_sequence(found)]

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Tell a database that is away from a message that fails."""
        try:
            yield
        except (PoolTimeout, InterfaceError) as error:
            raise DatabaseAway from error
        except DataError:
            # The driver refuses some values itself, such as a NUL in a text, and gives no code.
            raise
        except DBAPIError as error:
            if error.connection_invalidated or is_away(getattr(error.orig, "sqlstate", None)):
                raise DatabaseAway from error
            raise


def is_away(sqlstate: str | None) -> bool:
    """Whether PostgreSQL's error says that the server, and no statement, is at fault."""
    return sqlstate is None or sqlstate[:2] in {"08", "53", "57"} and sqlstate != "57014"


def _was_victim(error: Exception) -> bool:
    """Whether PostgreSQL rolled this back as the victim of a deadlock or a conflict."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in {
        "40001",
        "40P01",
    }


def _stem(type_: str) -> str:
    return type_.rsplit(".v", 1)[0]


def _facts(item: Item) -> dict[str, Any]:
    envelope = item.envelope
    return {
        "type": envelope.type,
        "event_id": str(envelope.id),
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "correlation_id": envelope.correlationid,
    }


def _columns(streams: set[Stream]) -> dict[str, list[str]]:
    ordered = sorted(streams)
    return {"sources": [source for source, _ in ordered], "subjects": [name for _, name in ordered]}


def _in_sequence(items: Sequence[tuple[int, Item]]) -> list[tuple[int, Item]]:
    """Order the events of each subject by sequence, in the places that the subject had; known versions come first."""
    by_stream: dict[Stream, list[tuple[int, Item]]] = defaultdict(list)
    for pair in items:
        by_stream[pair[1].stream].append(pair)
    for pairs in by_stream.values():
        pairs.sort(key=lambda pair: (pair[1].envelope.sequence, not pair[1].is_known))
        pairs.reverse()
    return [by_stream[item.stream].pop() for _, item in items]


@contextmanager
def _unlimited() -> Iterator[None]:
    yield
