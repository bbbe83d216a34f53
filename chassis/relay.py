"""The relay: event log → broker, in order, each event until the broker has confirmed it.

::

    COMMIT ──NOTIFY──► relay: SELECT … WHERE published_at IS NULL ORDER BY position
                         │  up to 1,000 events on their way          ▲ also once a second, should a wake-up be lost
                         ▼                                           │
                       broker ──confirm──► UPDATE … SET published_at │

One relay per service is active, under an advisory lock on the very connection it reads and marks with: whoever loses the
connection loses the lock, and a stand-by takes over. Pending rows are found by ``published_at IS NULL``, never by "id greater
than the last": a transaction that began earlier may commit later.

Whatever goes wrong with the broker (nacked, returned, closed, blocked, silent) means the same: it is not known whether the
event arrived. The connection is dropped, and after a pause the same bytes are sent again; inboxes make that harmless. After
each connect the latest events are sent again too, because a broker killed at a bad moment forgets what it confirmed; a
broker that lives in memory forgets everything.
"""

import select
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import kombu
import pika
import psycopg
from pika.adapters.select_connection import IOLoop
from pika.exceptions import AMQPError
from psycopg.rows import TupleRow
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import config, telemetry, topology
from chassis.database import NOTIFY_CHANNEL, Database, crash_point, lead
from chassis.events import CONTENT_TYPE, source_of

if TYPE_CHECKING:
    from chassis.service import Service

log = telemetry.logger(__name__)

WINDOW: Final = 1000
BATCH: Final = 500
POLL_SECONDS: Final = 1.0
CONFIRM_SECONDS: Final = 8.0
OPEN_SECONDS: Final = 10.0
GRACE: Final = timedelta(seconds=15)
LONGEST_BACK_OFF_SECONDS: Final = 5.0
MEASURE_SECONDS: Final = 5.0

_PENDING: Final = (
    "SELECT position, id, type, subject, correlation_id, occurred_at, body FROM event_log"
    " WHERE published_at IS NULL AND position <> ALL(%(sent)s) ORDER BY position LIMIT %(limit)s"
)
_AGAIN: Final = (
    "SELECT position, id, type, subject, correlation_id, occurred_at, body FROM event_log"
    " WHERE published_at >= (SELECT max(published_at) FROM event_log) - %(window)s AND position > %(after)s"
    " ORDER BY position LIMIT %(limit)s"
)
_MARK: Final = (
    "UPDATE event_log SET published_at = clock_timestamp()"
    " WHERE position = ANY(%(positions)s) AND published_at IS NULL"
)

Connection = psycopg.Connection[TupleRow]


class Unconfirmed(Exception):
    """It is not known whether the broker has what was sent; the reason is a word for the log."""


class LogWentBack(Exception):
    """The event log ends before an event that was already published: this is an older copy of the database."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the event log on its way."""

    position: int
    id: Any
    type: str
    subject: str
    correlation_id: str
    occurred_at: datetime
    body: bytes


class Publisher(Protocol):
    """A way to the broker: sends without waiting, and tells what has been confirmed."""

    in_flight: int

    def open(self) -> None:
        """Connect. Raises :class:`Unconfirmed`."""

    def publish(self, entries: Sequence[Entry]) -> None:
        """Send entries, in order. Raises :class:`Unconfirmed`."""

    def wait(self, connection: Connection, seconds: float) -> None:
        """Wait until something was confirmed, the database has news, or time is up. Raises :class:`Unconfirmed`."""

    def confirmed(self) -> list[int]:
        """Hand over the positions confirmed since the last call."""

    def close(self) -> None:
        """Disconnect; never raises."""


class Relay:
    """Publishes a service's event log."""

    def __init__(self, service: "Service", settings: config.Settings, database: Database) -> None:
        self._service = service
        self._name = service.name
        self._url = settings.amqp_url
        self._database = database
        self._resend = (
            timedelta(seconds=settings.retention_seconds)
            if topology.is_memory(self._url)
            else GRACE
        )
        self._highest = 0
        self._measured_at = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop. Waits as a stand-by while another relay of the service is active."""
        failures = 0
        while not stop.is_set():
            try:
                with self._database.dedicated("relay") as connection:
                    connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
                    while not stop.is_set() and not lead(connection, f"relay {self._name}"):
                        stop.wait(POLL_SECONDS)
                    if not stop.is_set():
                        started = time.monotonic()
                        self._lead(connection, stop)
            except (Unconfirmed, topology.TopologyFault, LogWentBack, AMQPError, OSError) as error:
                failures = 1 if time.monotonic() - started > 60 else failures + 1
                reason = str(error) or type(error).__name__
                telemetry.publish_failures.labels(self._name, type(error).__name__).inc()
                log.error(
                    "relay cannot publish", service=self._name, reason=reason, failures=failures
                )
            except psycopg.Error as error:
                failures += 1
                log.warning(
                    "relay lost its database", service=self._name, reason=type(error).__name__
                )
            else:
                continue
            self._measure()
            stop.wait(min(0.25 * 2**failures, LONGEST_BACK_OFF_SECONDS))

    def _lead(self, connection: Connection, stop: threading.Event) -> None:
        """Publish as the active relay, until told to stop or until something breaks."""
        self._require_no_step_back(connection)
        topology.declare(self._url, self._service)
        publisher: Publisher = (
            MemoryPublisher(self._url)
            if topology.is_memory(self._url)
            else RabbitPublisher(self._url, self._name)
        )
        try:
            publisher.open()
            log.info("relay is active", service=self._name)
            self._send_again(connection, publisher)
            self._send_pending(connection, publisher, stop)
        finally:
            publisher.close()

    def _require_no_step_back(self, connection: Connection) -> None:
        """Halt on a stand-by database that never got what we have published: its events would be forgotten by us alone."""
        row = connection.execute("SELECT coalesce(max(position), 0) FROM event_log").fetchone()
        last = int(row[0]) if row else 0
        if last < self._highest:
            raise LogWentBack(f"event log ends at {last}, but {self._highest} was published")

    def _send_again(self, connection: Connection, publisher: Publisher) -> None:
        """Send the latest published events once more; the broker may have forgotten them."""
        after = 0
        while True:
            rows = connection.execute(
                _AGAIN, {"window": self._resend, "after": after, "limit": BATCH}, binary=True
            ).fetchall()
            if not rows:
                return
            after = rows[-1][0]
            publisher.publish([Entry(*row) for row in rows])
            end = time.monotonic() + CONFIRM_SECONDS
            while publisher.in_flight:
                publisher.wait(connection, POLL_SECONDS)
                if time.monotonic() > end:
                    raise Unconfirmed("timeout")
            publisher.confirmed()

    def _send_pending(
        self, connection: Connection, publisher: Publisher, stop: threading.Event
    ) -> None:
        on_their_way: set[int] = set()
        look_at = time.monotonic()
        while not stop.is_set() or on_their_way:
            news = self._has_news(connection)
            if news:
                look_at = 0.0
            has_room = publisher.in_flight <= WINDOW - BATCH and not stop.is_set()
            if has_room and time.monotonic() >= look_at:
                entries = self._pending(connection, on_their_way)
                publisher.publish(entries)
                on_their_way.update(entry.position for entry in entries)
                # A full batch means that there is more; so does a wake-up that came while we read.
                is_all = len(entries) < BATCH and not self._has_news(connection)
                look_at = time.monotonic() + POLL_SECONDS if is_all else 0.0
            pause = max(0.0, look_at - time.monotonic()) if has_room else POLL_SECONDS
            publisher.wait(connection, min(POLL_SECONDS, pause))
            on_their_way -= self._mark(connection, publisher.confirmed())
            self._measure()

    def _has_news(self, connection: Connection) -> bool:
        """Whether somebody committed events since the last look."""
        return any(True for _ in connection.notifies(timeout=0))

    def _pending(self, connection: Connection, on_their_way: set[int]) -> list[Entry]:
        rows = connection.execute(
            _PENDING, {"sent": list(on_their_way), "limit": BATCH}, binary=True
        )
        return [Entry(*row) for row in rows]

    def _mark(self, connection: Connection, positions: Sequence[int]) -> set[int]:
        if not positions:
            return set()
        crash_point("after_publish")
        connection.execute(_MARK, {"positions": list(positions)})
        self._highest = max(self._highest, *positions)
        telemetry.events_published.labels(self._name).inc(len(positions))
        telemetry.progress_timestamp.labels(self._name, "relay").set_to_current_time()
        return set(positions)

    def _measure(self) -> None:
        """Tell how many events wait and since when; also while the broker is away."""
        if time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        with suppress(SQLAlchemyError), self._database.reading() as session:
            pending, oldest = session.execute(
                text(
                    "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)"
                    " FROM event_log WHERE published_at IS NULL"
                )
            ).one()
            telemetry.outbox_pending.labels(self._name).set(pending)
            telemetry.outbox_oldest_seconds.labels(self._name).set(max(0.0, float(oldest)))


class RabbitPublisher:
    """Publishes to RabbitMQ by pika: pipelined, confirmed, mandatory.

    pika's loop is stepped by hand, so that everything here happens in one thread and in a known order.
    """

    def __init__(self, amqp_url: str, name: str) -> None:
        self.in_flight = 0
        self._parameters = topology.parameters(amqp_url, f"{name} relay")
        self._name = name
        # The broker vouches for the publisher where each service has an account of its own.
        user = self._parameters.credentials.username
        self._user = user if user == name else None
        self._loop = IOLoop()
        self._connection: pika.SelectConnection | None = None
        self._channel: Any = None
        self._ready = False
        self._fault = ""
        self._sent: dict[int, int] = {}
        self._next_tag = 1
        self._done: list[int] = []
        self._deadlines: deque[tuple[float, int]] = deque()
        self._watched: int | None = None

    def open(self) -> None:
        """Connect and switch confirms on."""
        self._loop.activate_poller()
        self._connection = pika.SelectConnection(
            self._parameters,
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
            on_open_error_callback=lambda _, error: self._fail(error),
            on_close_callback=lambda _, error: self._fail(error),
            custom_ioloop=self._loop,
        )
        end = time.monotonic() + OPEN_SECONDS
        while not self._ready:
            self._step(0.5)
            if time.monotonic() > end:
                raise Unconfirmed("no connection in time")

    def publish(self, entries: Sequence[Entry]) -> None:
        """Send entries; each is on its way until confirmed."""
        if not entries:
            return
        publish = self._channel.basic_publish
        for entry in entries:
            publish(
                topology.EXCHANGE,
                entry.type,
                entry.body,
                pika.BasicProperties(
                    content_type=CONTENT_TYPE,
                    delivery_mode=2,
                    correlation_id=entry.correlation_id[:255],
                    message_id=str(entry.id),
                    timestamp=int(entry.occurred_at.timestamp()),
                    type=entry.type,
                    user_id=self._user,
                    app_id=self._name,
                ),
                mandatory=True,
            )
            self._sent[self._next_tag] = entry.position
            self._next_tag += 1
        self.in_flight = len(self._sent)
        self._deadlines.append((time.monotonic() + CONFIRM_SECONDS, self._next_tag - 1))

    def wait(self, connection: Connection, seconds: float) -> None:
        """Let the connection work until something happens; raises where a confirm is overdue."""
        self._watch(connection)
        self._step(seconds)
        while self._deadlines and not self._is_outstanding(self._deadlines[0][1]):
            self._deadlines.popleft()
        if self._deadlines and time.monotonic() > self._deadlines[0][0]:
            raise Unconfirmed("no confirm in time")

    def confirmed(self) -> list[int]:
        """Hand over what was confirmed."""
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Disconnect, in good order where that is possible at once."""
        with suppress(Exception):
            if self._connection is not None and self._connection.is_open and not self._fault:
                self._connection.close()
                end = time.monotonic() + 2
                while not self._connection.is_closed and time.monotonic() < end:
                    self._turn(0.2)
        with suppress(Exception):
            self._loop.deactivate_poller()
        with suppress(Exception):
            self._loop.close()

    def _opened(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(lambda _, error: self._fail(error))
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._settled, callback=self._confirms_are_on)

    def _confirms_are_on(self, _frame: Any) -> None:
        self._ready = True

    def _settled(self, frame: Any) -> None:
        method = frame.method
        if not isinstance(method, pika.spec.Basic.Ack):
            self._fail("nacked")
            return
        if not method.multiple:
            self._done.append(self._sent.pop(method.delivery_tag))
        else:
            # Tags are in order of sending, and a dictionary remembers that order.
            tags = []
            for tag in self._sent:
                if tag > method.delivery_tag:
                    break
                tags.append(tag)
            self._done.extend(self._sent.pop(tag) for tag in tags)
        self.in_flight = len(self._sent)

    def _returned(self, _channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        self._fail(f"returned: {method.reply_text}")

    def _fail(self, error: object) -> None:
        self._fault = self._fault or str(error) or type(error).__name__

    def _is_outstanding(self, tag: int) -> bool:
        return bool(self._sent) and next(iter(self._sent)) <= tag

    def _watch(self, connection: Connection) -> None:
        """Let news from the database end a wait, too."""
        if self._watched is None:
            self._watched = connection.fileno()
            # Nothing to do here: the relay asks the connection itself, right after the wait.
            self._loop.add_handler(self._watched, lambda _fd, _events: None, IOLoop.READ)

    def _step(self, seconds: float) -> None:
        self._turn(seconds)
        if self._fault:
            raise Unconfirmed(self._fault)

    def _turn(self, seconds: float) -> None:
        timer = self._loop.call_later(seconds, lambda: None)
        self._loop.poll()
        self._loop.process_timeouts()
        self._loop.remove_timeout(timer)


class MemoryPublisher:
    """Publishes to the memory transport of the embedded run: what is put there has arrived."""

    in_flight = 0

    def __init__(self, amqp_url: str) -> None:
        self._connection = topology.connect_in_memory(amqp_url)
        self._producer: kombu.Producer | None = None
        self._done: list[int] = []

    def open(self) -> None:
        """Connect."""
        self._producer = kombu.Producer(self._connection.channel())

    def publish(self, entries: Sequence[Entry]) -> None:
        """Put entries where the consumers of this process find them."""
        if self._producer is None:
            raise Unconfirmed("not open")
        for entry in entries:
            self._producer.publish(
                entry.body,
                exchange=topology.EXCHANGE,
                routing_key=entry.type,
                content_type=CONTENT_TYPE,
                content_encoding="utf-8",
                message_id=str(entry.id),
                type=entry.type,
                correlation_id=entry.correlation_id,
                app_id=source_of(""),
                retry=False,
            )
        self._done.extend(entry.position for entry in entries)

    def wait(self, connection: Connection, seconds: float) -> None:
        """Wait for news from the database."""
        if not self._done:
            select.select([connection], [], [], seconds)

    def confirmed(self) -> list[int]:
        """Hand over what was published."""
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Disconnect."""
        with suppress(Exception):
            self._connection.release()
