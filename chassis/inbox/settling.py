"""Deciding what becomes of messages, in batches where all goes well and one by one where not."""

import dataclasses
import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import clock, telemetry
from chassis.auth import Principal
from chassis.database import Database, UnitOfWork, crash_point
from chassis.events import Undecodable
from chassis.handlers import RetryLater
from chassis.inbox import rows
from chassis.inbox.message import (
    REPLAY_PROJECTIONS,
    Item,
    Message,
    Reader,
    Stream,
    in_sequence,
)

if TYPE_CHECKING:
    from chassis.service import Service

log = telemetry.logger(__name__)

BACK_OFF_SECONDS: Final = (1, 5, 30, 120, 600)
OVERDUE: Final = timedelta(minutes=5)
UNREADABLE: Final = "unreadable"

Around = Callable[[], AbstractContextManager[None]]


class DatabaseAway(Exception):
    """The database did not answer: nothing was settled, and no message is to blame."""


class Inbox:
    """Settles messages for one service.

    Several processes may do so at once on the same database; one instance belongs to one thread.
    ``around`` opens a context around each message's handlers (the consumer's time limit).
    """

    def __init__(
        self, service: "Service", database: Database, *, around: Around = nullcontext
    ) -> None:
        self._name = service.name
        self._database = database
        self._principal = Principal.of_service(service.name)
        self._around = around
        self._reader = Reader(service.handlers)
        self._preload = _Preload()
        # Subjects that moved on while something of theirs waits: looked after behind the commit.
        self._behind: set[Stream] = set()

    def settle(self, messages: Sequence[Message]) -> list[str]:
        """Settle messages and return what became of each, in their order.

        Outcomes are "handled", "ignored", "duplicate", "parked", "failed" and "dead". Raises
        :class:`DatabaseAway`; what had been settled before is a duplicate when it is handed in
        again.
        """
        outcomes: list[str] = [""] * len(messages)
        items: list[tuple[int, Item]] = []
        for index, message in enumerate(messages):
            try:
                items.append((index, self._reader.read(message)))
            except Undecodable as error:
                self._bury(message, str(error))
                outcomes[index] = "dead"
        ordered = in_sequence(items)
        settled = self._settle([item for _, item in ordered])
        for (index, _), outcome in zip(ordered, settled, strict=True):
            outcomes[index] = outcome
        self._release_behind()
        return outcomes

    def release(self, *, unknown: bool = False) -> int:
        """Handle what was parked and whose turn has come; return how many.

        With ``unknown`` also try events of unknown versions again, as at start: this code may know
        them. Raises :class:`DatabaseAway`.
        """
        with self._guarded(), self._database.reading() as session:
            streams = rows.releasable_streams(session, unknown=unknown)
        return self._release(streams)

    def retry(self) -> int:
        """Try the failed messages again whose time has come; return how many were tried.

        Raises :class:`DatabaseAway`.
        """
        with self._guarded(), self._database.reading() as session:
            found = rows.due(session, clock.now())
        for row in found:
            self._retry(row)
        self._release_behind()
        return len(found)

    def waiting(self) -> dict[str, int]:
        """Count the rows that wait, by status, and tell of those parked for too long.

        Raises :class:`DatabaseAway`.
        """
        now = clock.now()
        with self._guarded(), self._database.reading() as session:
            counts = rows.counts(session, now - OVERDUE)
        for status in ("parked", "failed", "dead"):
            found = counts.get(status)
            age = (now - found.oldest).total_seconds() if found else 0.0
            telemetry.inbox_waiting.labels(self._name, status).set(found.amount if found else 0)
            telemetry.inbox_oldest_seconds.labels(self._name, status).set(max(0.0, age))
        late = counts["parked"].late if "parked" in counts else 0
        if late:
            log.error("events parked for too long", service=self._name, count=late)
        return {status: found.amount for status, found in counts.items()}

    def has_history(self) -> bool:
        """Whether this service has settled anything before. Raises :class:`DatabaseAway`."""
        with self._guarded(), self._database.reading() as session:
            return rows.has_history(session)

    # All goes well

    def _settle(self, items: Sequence[Item]) -> list[str]:
        """Settle all in one transaction; where one fails, each in its own: it fails alone."""
        if len(items) > 1 and not any(item.poison for item in items):
            try:
                with self._guarded():
                    return self._count(items, self._apply(items))
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, one by one will show
                reason = type(error).__name__
                log.info("batch is settled one by one", service=self._name, reason=reason)
        return self._count(items, [self._settle_alone(item) for item in items])

    def _apply(self, items: Sequence[Item]) -> list[str]:
        """Settle items in one unit of work; whatever a handler raises rolls back all of them."""
        with self._database.unit_of_work(self._principal) as work:
            session = work.session
            positions = rows.lock(session, {item.stream for item in items})
            outcomes = self._decide(items, positions, self._kept(work, items, positions))
            by_outcome: dict[str, list[Item]] = defaultdict(list)
            for item, outcome in zip(items, outcomes, strict=True):
                by_outcome[outcome].append(item)
            handled = by_outcome["handled"]
            fresh = [item for item in handled if not item.stored]
            before = rows.enter(session, fresh, work.now)
            held = self._preload.fetch(work, handled)
            for item in handled:
                self._handle(item, work, before.get(item.envelope.id, ""))
            parked = by_outcome["parked"]
            rows.keep(session, [item for item in parked if not item.stored], "parked", work.now)
            rows.park_again(session, _stored_ids(parked))
            done = [*handled, *by_outcome["ignored"]]
            rows.settle(session, _stored_ids(done), "handled", work.now)
            rows.settle(session, _stored_ids(by_outcome["duplicate"]), "duplicate", work.now)
            rows.move(session, positions)
        del held
        self._behind |= {stream for stream, position in positions.items() if position.waiting}
        crash_point("after_handle_commit")
        return outcomes

    def _kept(
        self, work: UnitOfWork, items: Sequence[Item], positions: dict[Stream, rows.Position]
    ) -> dict[UUID, str]:
        """Which of these the inbox keeps already as waiting, and how."""
        fresh = [item for item in items if not item.stored and positions[item.stream].waiting]
        found = rows.statuses(work.session, [item.envelope.id for item in fresh])
        return {id_: status for id_, status in found.items() if status in _WAITING}

    def _decide(
        self,
        items: Sequence[Item],
        positions: dict[Stream, rows.Position],
        kept: dict[UUID, str],
    ) -> list[str]:
        """Decide by the positions, and move them on."""
        outcomes = []
        for item in items:
            position = positions[item.stream]
            sequence = item.envelope.sequence
            if item.envelope.id in kept or sequence <= position.sequence:
                outcomes.append("duplicate")
            elif sequence > position.sequence + 1 or item.obstacle:
                position.waiting = True
                outcomes.append("parked")
            else:
                position.sequence = sequence
                outcomes.append("handled" if item.handlers else "ignored")
        return outcomes

    def _handle(self, item: Item, work: UnitOfWork, before: str) -> None:
        """Run the handlers of an event; ``before`` is its status if it was settled before."""
        if before == "dropped" or item.dropped:
            return
        projections_only = (
            bool(before) or item.effects_done or item.message.replay == REPLAY_PROJECTIONS
        )
        envelope = item.envelope
        started = time.perf_counter()
        work.occurred_at = envelope.time
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
        self._preload.learn(item, work)
        elapsed = time.perf_counter() - started
        telemetry.handler_seconds.labels(self._name, envelope.type).observe(elapsed)

    # Something fails

    def _settle_alone(self, item: Item) -> str:
        if item.poison:
            return self._fail(item, item.obstacle, dead=True)
        try:
            return self._apply_alone(item)
        except DatabaseAway:
            raise
        except RetryLater as error:
            log.info("handler asks to be called later", **item.facts, reason=str(error))
            return self._fail(item, f"RetryLater: {error}")
        except Exception as error:
            log.warning("handler failed", **item.facts, attempt=item.attempts + 1, exc_info=error)
            return self._fail(item, f"{type(error).__name__}: {error}")

    def _apply_alone(self, item: Item) -> str:
        """Settle one item; once more where PostgreSQL chose it as the victim of a deadlock."""
        try:
            with self._guarded():
                return self._apply([item])[0]
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in {"40001", "40P01"}:
                raise
        with self._guarded():
            return self._apply([item])[0]

    def _fail(self, item: Item, error: str, *, dead: bool = False) -> str:
        """Keep a message that could not be handled, with the time of its next attempt, if any."""
        attempts = item.attempts + 1
        dead = dead or attempts > len(BACK_OFF_SECONDS)
        pause = None if dead else timedelta(seconds=BACK_OFF_SECONDS[attempts - 1])
        with self._guarded(), self._database.unit_of_work(self._principal) as work:
            positions = rows.lock(work.session, {item.stream})
            position = positions[item.stream]
            if item.envelope.sequence <= position.sequence and not item.stored:
                return "duplicate"
            if not item.stored:
                rows.keep(work.session, [rows.without_obstacle(item)], "failed", work.now)
            rows.fail(work.session, item, error, None if pause is None else work.now + pause)
            position.waiting = True
            rows.move(work.session, positions)
        if not dead:
            return "failed"
        log.error("message is dead", **item.facts, attempts=attempts, error=error[:500])
        return "dead"

    def _bury(self, message: Message, error: str) -> None:
        """Keep what cannot be read, byte for byte."""
        with self._guarded(), self._database.unit_of_work(self._principal) as work:
            rows.bury(
                work.session,
                source=UNREADABLE,
                # Made of the bytes: the same ones, delivered again, are kept once.
                id=UUID(bytes=hashlib.sha256(message.body).digest()[:16]),
                type=message.content_type[:200],
                error=error[:2000],
                body=message.body,
                now=work.now,
            )
        telemetry.messages_settled.labels(self._name, UNREADABLE, "dead").inc()
        size = len(message.body)
        log.error("message cannot be read", service=self._name, bytes=size, error=error[:500])

    def _retry(self, row: Any) -> None:
        try:
            item = self._reader.read_row(row)
        except Undecodable as error:
            # A human wanted it tried again, and it still cannot be read.
            self._bury_again(row, str(error))
            return
        self._count([item], [self._settle_alone(item)])

    def _bury_again(self, row: Any, error: str) -> None:
        with self._guarded(), self._database.unit_of_work(self._principal) as work:
            rows.stay_dead(work.session, row.event_id, error)

    # Something waits

    def _release_behind(self) -> None:
        streams, self._behind = self._behind, set()
        self._release(streams)

    def _release(self, streams: set[Stream]) -> int:
        if not streams:
            return 0
        released = 0
        while found := self._releasable(streams):
            outcomes = self._settle(found)
            done = sum(outcome in _DONE for outcome in outcomes)
            released += done
            if not done:
                break
        self._behind -= streams
        self._forget_waiting(streams)
        return released

    def _releasable(self, streams: set[Stream]) -> list[Item]:
        """The parked events whose turn has come, without a gap, and what was parked beside them."""
        with self._guarded(), self._database.reading() as session:
            found = rows.releasable(session, streams)
        reached: dict[Stream, int] = {}
        items: list[tuple[int, Item]] = []
        for row in found:
            stream = (row.source, row.subject)
            last = reached.setdefault(stream, row.position)
            if row.sequence > last + 1:
                continue
            item = self._reader.read_row(row)
            if not item.obstacle or row.sequence <= last:
                reached[stream] = max(last, row.sequence)
                items.append((len(items), item))
        return [item for _, item in in_sequence(items)]

    def _forget_waiting(self, streams: set[Stream]) -> None:
        """Note which of these subjects have nothing left that waits."""
        with self._guarded(), self._database.unit_of_work(self._principal) as work:
            positions = rows.lock(work.session, streams)
            # Asked only now that the positions are locked: nobody parks anything meanwhile.
            waiting = rows.still_waiting(work.session, streams)
            for stream, position in positions.items():
                position.waiting = stream in waiting
            rows.move(work.session, positions)

    def _count(self, items: Sequence[Item], outcomes: list[str]) -> list[str]:
        pairs = Counter(
            (item.envelope.type, outcome) for item, outcome in zip(items, outcomes, strict=True)
        )
        for (type_, outcome), amount in pairs.items():
            telemetry.messages_settled.labels(self._name, type_, outcome).inc(amount)
        return outcomes

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


_WAITING: Final = frozenset({"parked", "failed", "dead"})
_DONE: Final = frozenset({"handled", "ignored", "duplicate"})


class _Preload:
    """Reads what the handlers of a batch will look up, in one statement instead of one each.

    Most handlers begin with ``work.find(Thing, event.thing_id)``. What a handler looked up by a
    field of its event is remembered for the event's class; before the next batch those objects are
    read together, and SQLAlchemy then finds them in the session. Guessing wrong costs one
    statement.
    """

    def __init__(self) -> None:
        self._learned: dict[type, set[tuple[type, str]]] = defaultdict(set)

    def learn(self, item: Item, work: UnitOfWork) -> None:
        """Remember what was looked up for an event."""
        looked_up = work.take_looked_up()
        if not looked_up or item.event is None:
            return
        learned = self._learned[type(item.event)]
        for name in (field.name for field in dataclasses.fields(item.event)):  # type: ignore[arg-type]
            value = getattr(item.event, name)
            learned.update((cls, name) for cls, key in looked_up if key == value)

    def fetch(self, work: UnitOfWork, items: Sequence[Item]) -> list[Any]:
        """Read what was looked up for such events before; the session holds it while we do."""
        wanted: dict[type, set[Any]] = defaultdict(set)
        for item in items:
            for cls, name in self._learned.get(type(item.event), ()):
                wanted[cls].add(getattr(item.event, name))
        held: list[Any] = []
        for cls, keys in wanted.items():
            primary: Sequence[Any] = inspect(cls).primary_key
            if len(keys) > 1 and len(primary) == 1:
                held.extend(work.session.scalars(select(cls).where(primary[0].in_(keys))))
        return held


def is_away(sqlstate: str | None) -> bool:
    """Whether PostgreSQL's error says that the server, and no statement, is at fault."""
    return sqlstate is None or (sqlstate[:2] in {"08", "53", "57"} and sqlstate != "57014")


def _stored_ids(items: Sequence[Item]) -> list[UUID]:
    return [item.envelope.id for item in items if item.stored]
