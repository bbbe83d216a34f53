"""Deciding what becomes of messages, in batches where all goes well and one by one where not."""

import hashlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError

from chassis import clock, telemetry
from chassis.auth import Principal
from chassis.database import Database, UnitOfWork, crash_point
from chassis.erasure import forget_again, forgotten, redact
from chassis.events import Undecodable
from chassis.handlers import RetryLater
from chassis.inbox import rows
from chassis.inbox.away import DatabaseAway, guarded, sqlstate
from chassis.inbox.early import EarlyTransaction
from chassis.inbox.message import (
    REPLAY_PROJECTIONS,
    Item,
    Key,
    Message,
    Reader,
    Stream,
    in_sequence,
)
from chassis.inbox.preload import Preload

if TYPE_CHECKING:
    from chassis.service import Service

log = telemetry.logger(__name__)

BACK_OFF_SECONDS: Final = (1, 5, 30, 120, 600)
OVERDUE: Final = timedelta(minutes=5)
UNREADABLE: Final = "unreadable"
# Four times what a publisher may say: of what is larger, the beginning shows well enough what it is
# (docs/decisions/0020).
MAX_BYTES: Final = 1024 * 1024
KEPT_BYTES: Final = 1024

Around = Callable[[], AbstractContextManager[None]]


class SequenceReused(Exception):
    """Another event had this number: the publisher's log was put back to an earlier copy.

    It is no duplicate, and cannot be handled in its turn: that has passed (docs/decisions/0038).
    """


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
        self._preload = Preload()
        self._early = EarlyTransaction(database, rows.PREPARED)
        # Subjects that moved on while something of theirs waits: looked after behind the commit.
        self._behind: set[Stream] = set()
        # How many seconds the handlers took for each message of the batch in hand.
        self._took: dict[Key, float] = {}

    def prepare(self) -> None:
        """Have a connection at hand for what comes next; to be called when there is time."""
        self._early.prepare()

    def expect(self) -> None:
        """Begin the transaction of what is about to be handed in. Any thread may; none waits."""
        self._early.begin()

    def close(self) -> None:
        """Give back what is at hand."""
        self._early.close()

    def settle(self, messages: Sequence[Message]) -> list[str]:
        """Settle messages and return what became of each, in their order.

        Outcomes are "handled", "ignored", "duplicate", "parked", "failed", "later" (its handler
        asked for that) and "dead". Raises :class:`DatabaseAway`; what had been settled before is a
        duplicate when it is handed in again.
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
        with guarded(), self._database.reading() as session:
            streams = rows.releasable_streams(session, unknown=unknown)
        return self._release(streams)

    def retry(self) -> list[str]:
        """Try the failed messages again whose time has come; return what became of each.

        Outcomes are those of :meth:`settle`, and "failed again" where a message failed for the
        second time: that is no chance any more. Raises :class:`DatabaseAway`.
        """
        with guarded(), self._database.reading() as session:
            found = rows.due(session, clock.now())
        outcomes = [self._retry(row) for row in found]
        self._release_behind()
        return outcomes

    def read_again(self) -> list[str]:
        """Try dead messages again whose data an older version could not read and this one can.

        At start: a publisher may have said something new while the older version still ran.
        Outcomes are those of :meth:`retry`. Raises :class:`DatabaseAway`.
        """
        with guarded(), self._database.reading() as session:
            found = rows.unread(session)
        outcomes = []
        for row in found:
            with suppress(Undecodable):
                item = self._reader.read_row(row)
                if not item.poison:
                    outcomes.append(self._try_again(item))
        self._release_behind()
        return outcomes

    def waiting(self) -> dict[str, int]:
        """Count the rows that wait, by status, and tell of those parked for too long.

        Raises :class:`DatabaseAway`.
        """
        now = clock.now()
        with guarded(), self._database.reading() as session:
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
        with guarded(), self._database.reading() as session:
            return rows.has_history(session)

    # All goes well

    def _settle(self, items: Sequence[Item]) -> list[str]:
        """Settle all in one transaction; where one fails, each in its own: it fails alone."""
        if len(items) > 1 and not any(item.poison for item in items):
            try:
                with guarded():
                    return self._tell(items, self._apply(items))
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, one by one will show
                reason = type(error).__name__
                log.info("batch is settled one by one", service=self._name, reason=reason)
        return self._tell(items, [self._settle_alone(item) for item in items])

    def _apply(self, items: Sequence[Item]) -> list[str]:
        """Settle items in one unit of work; whatever a handler raises rolls back all of them."""
        taken = self._early.take()
        own = taken[0] if taken else None
        with self._database.unit_of_work(self._principal, session=own) as work:
            session = work.session
            positions = rows.lock(session, {item.stream for item in items})
            outcomes = self._decide(items, positions, self._kept(work, items, positions))
            by_outcome: dict[str, list[Item]] = defaultdict(list)
            for item, outcome in zip(items, outcomes, strict=True):
                by_outcome[outcome].append(item)
            handled = by_outcome["handled"]
            fresh = [item for item in handled if not item.stored]
            before = rows.enter(session, fresh, work.now)
            self._require_not_reused(work, by_outcome["duplicate"])
            held = self._preload.fetch(work, handled)
            for item in handled:
                status = before.get(item.key)
                if status != "dropped":
                    with self._tracing(item):
                        self._run_handlers(item, work, again=status is not None)
            parked = by_outcome["parked"]
            rows.keep(session, [item for item in parked if not item.stored], "parked", work.now)
            for item in parked:
                forget_again(session, item.event)
            rows.park_again(session, _stored(parked))
            # Also where its turn has not come: what is in its way may be a dead letter that holds
            # the person's name, and nobody may retry that for long.
            self._forget(work, [*handled, *parked])
            done = [*handled, *by_outcome["ignored"]]
            rows.settle(session, _stored(done), "handled", work.now)
            rows.settle(session, _stored(by_outcome["duplicate"]), "duplicate", work.now)
            rows.drop(session, [item for item in items if item.dropped], work.now)
            rows.move(session, positions)
            crash_point("before_handle_commit")
        del held
        self._behind |= {stream for stream, position in positions.items() if position.waiting}
        crash_point("after_handle_commit")
        return outcomes

    def _apply_next(self, item: Item) -> bool:
        """Settle a message that comes alone as what it most likely is: the next of its subject.

        The care of :meth:`_apply` costs two round trips more, one of them before the handler is
        reached. Returns False, and leaves nothing behind, where such care is needed.
        """
        is_plain = not (item.stored or item.obstacle or item.message.replay)
        if not is_plain or not item.handlers or item.event is None or item.event.ERASES:
            return False
        taken = self._early.take()
        if taken is None:
            return False
        session, wire = taken
        try:
            with self._database.unit_of_work(self._principal, session=session) as work:
                rows.send_next(wire, item, work.now)
                # The database works while the rest is made ready.
                with self._tracing(item):
                    rows.require_next(wire)
                    self._run_handlers(item, work)
                crash_point("before_handle_commit")
        except (rows.NotTheNext, psycopg.errors.InvalidSqlStatementName):
            return False
        crash_point("after_handle_commit")
        return True

    def _kept(
        self, work: UnitOfWork, items: Sequence[Item], positions: dict[Stream, rows.Position]
    ) -> dict[Key, str]:
        """Which of these the inbox keeps already as waiting, and how."""
        fresh = [item for item in items if not item.stored and positions[item.stream].waiting]
        found = rows.statuses(work.session, fresh)
        return {key: status for key, status in found.items() if status in _WAITING}

    def _require_not_reused(self, work: UnitOfWork, duplicates: Sequence[Item]) -> None:
        """Raise :class:`SequenceReused` where one of these was never here: its number was."""
        heard = [item for item in duplicates if item.handlers]
        known = rows.statuses(work.session, [item for item in heard if not item.stored])
        doubtful = [item for item in heard if item.key not in known]
        if reused := rows.reused(work.session, doubtful):
            item = next(item for item in doubtful if item.key in reused)
            raise SequenceReused(
                f"another event of {item.envelope.subject} had the number {item.envelope.sequence}"
            )

    def _decide(
        self,
        items: Sequence[Item],
        positions: dict[Stream, rows.Position],
        kept: dict[Key, str],
    ) -> list[str]:
        """Decide by the positions, and move them on."""
        outcomes = []
        for item in items:
            position = positions[item.stream]
            sequence = item.envelope.sequence
            if item.key in kept or sequence <= position.sequence:
                outcomes.append("duplicate")
            elif sequence > position.sequence + 1 or item.obstacle:
                position.waiting = True
                outcomes.append("parked")
            else:
                position.sequence = sequence
                outcomes.append("handled" if item.handlers else "ignored")
        return outcomes

    def _tracing(self, item: Item) -> AbstractContextManager[object]:
        """Continue the trace of an event in what is done for it."""
        envelope = item.envelope
        return telemetry.tracing(
            correlation_id=envelope.correlationid,
            causation_id=str(envelope.id),
            traceparent=telemetry.valid_traceparent(envelope.traceparent),
            actor=envelope.actor,
        )

    def _run_handlers(self, item: Item, work: UnitOfWork, *, again: bool = False) -> None:
        """Run the handlers of an event; without effects where it was handled before."""
        projections_only = again or item.effects_done or item.message.replay == REPLAY_PROJECTIONS
        started = time.perf_counter()
        work.occurred_at = item.envelope.time
        with self._around():
            try:
                event = forgotten(work.session, item.event)
                for handler in item.handlers:
                    if handler.projection or not projections_only:
                        handler.handle(event, work)
            finally:
                took = self._took[item.key] = time.perf_counter() - started
            crash_point("handler")
        self._preload.learn(item, work)
        telemetry.handler_seconds.labels(self._name, item.envelope.type).observe(took)

    def _forget(self, work: UnitOfWork, items: Sequence[Item]) -> None:
        """Blank the people whom these events erase in everything that is kept here."""
        for item in items:
            if item.event is not None and item.event.ERASES:
                redact(work.session, getattr(item.event, item.event.ERASES))

    # Something fails

    def _settle_alone(self, item: Item) -> str:
        if item.poison:
            return self._fail(item, item.obstacle, dead=True)
        try:
            return self._apply_alone(item)
        except DatabaseAway:
            raise
        except SequenceReused as error:
            telemetry.sequences_reused.labels(self._name, item.envelope.service).inc()
            return self._fail(item, f"SequenceReused: {error}", dead=True, passed=True)
        except RetryLater as error:
            log.info("handler asks to be called later", **self._facts(item), reason=str(error))
            outcome = self._fail(item, f"RetryLater: {error}")
            return "later" if outcome == "failed" else outcome
        except Exception as error:
            log.warning(
                "handler failed", **self._facts(item), attempt=item.attempts + 1, exc_info=error
            )
            return self._fail(item, f"{type(error).__name__}: {error}")

    def _apply_alone(self, item: Item) -> str:
        """Settle one item; once more where PostgreSQL chose it as the victim of a deadlock."""
        try:
            with guarded():
                return "handled" if self._apply_next(item) else self._apply([item])[0]
        except (DBAPIError, psycopg.Error) as error:
            if sqlstate(error) not in {"40001", "40P01"}:
                raise
        with guarded():
            return self._apply([item])[0]

    def _fail(self, item: Item, error: str, *, dead: bool = False, passed: bool = False) -> str:
        """Keep a message that could not be handled, with the time of its next attempt, if any.

        ``passed`` keeps it although its subject has gone past its number.
        """
        attempts = item.attempts + 1
        dead = dead or attempts > len(BACK_OFF_SECONDS)
        pause = None if dead else timedelta(seconds=BACK_OFF_SECONDS[attempts - 1])
        with guarded(), self._database.unit_of_work(self._principal) as work:
            positions = rows.lock(work.session, {item.stream})
            position = positions[item.stream]
            is_past = item.envelope.sequence <= position.sequence
            if is_past and not (item.stored or passed):
                return "duplicate"
            if not item.stored:
                rows.keep(work.session, [rows.without_obstacle(item)], "failed", work.now)
                forget_again(work.session, item.event)
            rows.fail(work.session, item, error, None if pause is None else work.now + pause)
            position.waiting = True
            rows.move(work.session, positions)
        if not dead:
            return "failed"
        log.error("message is dead", **self._facts(item), attempts=attempts, error=error[:500])
        return "dead"

    def _bury(self, message: Message, error: str) -> None:
        """Keep what cannot be read, byte for byte; of what is too large, the beginning."""
        is_oversized = len(message.body) > MAX_BYTES
        if is_oversized:
            error = f"{error}; the first {KEPT_BYTES} are kept"
        with guarded(), self._database.unit_of_work(self._principal) as work:
            rows.bury(
                work.session,
                source=UNREADABLE,
                # Made of the bytes: the same ones, delivered again, are kept once.
                id=UUID(bytes=hashlib.sha256(message.body).digest()[:16]),
                type=message.content_type[:200],
                error=error[:2000],
                body=message.body[:KEPT_BYTES] if is_oversized else message.body,
                now=work.now,
            )
        telemetry.messages_settled.labels(self._name, UNREADABLE, "dead").inc()
        size = len(message.body)
        log.error("message cannot be read", service=self._name, bytes=size, error=error[:500])

    def _retry(self, row: Any) -> str:
        try:
            item = self._reader.read_row(row)
        except Undecodable as error:
            # A human wanted it tried again, and it still cannot be read.
            self._bury_again(row, str(error))
            return "dead"
        return self._try_again(item)

    def _try_again(self, item: Item) -> str:
        (outcome,) = self._tell([item], [self._settle_alone(item)])
        return "failed again" if outcome == "failed" and item.attempts == 1 else outcome

    def _bury_again(self, row: Any, error: str) -> None:
        with guarded(), self._database.unit_of_work(self._principal) as work:
            rows.stay_dead(work.session, (row.source, row.event_id), error)

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
        with guarded(), self._database.reading() as session:
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
        with guarded(), self._database.unit_of_work(self._principal) as work:
            positions = rows.lock(work.session, streams)
            # Asked only now that the positions are locked: nobody parks anything meanwhile.
            waiting = rows.still_waiting(work.session, streams)
            for stream, position in positions.items():
                position.waiting = stream in waiting
            rows.move(work.session, positions)

    def _tell(self, items: Sequence[Item], outcomes: list[str]) -> list[str]:
        """Say what became of messages: each in a line, all of them in the metrics."""
        settled = list(zip(items, outcomes, strict=True))
        pairs = Counter((item.envelope.type, outcome) for item, outcome in settled)
        for (type_, outcome), amount in pairs.items():
            telemetry.messages_settled.labels(self._name, type_, outcome).inc(amount)
        if logging.getLogger(__name__).isEnabledFor(logging.INFO):
            for item, outcome in settled:
                took = round(1000 * self._took.get(item.key, 0.0), 1)
                log.info("event handled", **self._facts(item), outcome=outcome, ms=took)
        self._took.clear()
        return outcomes

    def _facts(self, item: Item) -> dict[str, Any]:
        return {"service": self._name, **item.facts}


_WAITING: Final = frozenset({"parked", "failed", "dead"})
_DONE: Final = frozenset({"handled", "ignored", "duplicate"})


def _stored(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.stored and not item.dropped]
