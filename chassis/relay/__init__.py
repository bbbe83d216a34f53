"""The relay: event log → broker, in order, each event until the broker has confirmed it.

::

    COMMIT ──NOTIFY──► SELECT … WHERE published_at IS NULL ORDER BY position
                         │ up to 1,000 events on their way       ▲ also once a second,
                         ▼                                       │ should a wake-up be lost
                       broker ──confirm──► UPDATE … SET published_at

One relay per service is active, under an advisory lock on the very connection it reads and marks
with: whoever loses the connection loses the lock, and a stand-by takes over. Pending rows are
found by ``published_at IS NULL``, never by "id greater than the last": a transaction that began
earlier may commit later.

Whatever goes wrong with the broker (nacked, returned, closed, blocked, silent) means the same: it
is not known whether the event arrived. The connection is dropped, and after a pause the same bytes
are sent again; inboxes make that harmless. After each connect the latest published events are sent
again too, because a broker killed at a bad moment forgets what it confirmed, and one that lives in
memory forgets everything.
"""

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import config, telemetry, topology
from chassis.database import NOTIFY_CHANNEL, Database, crash_point, lead
from chassis.relay.publishers import (
    CONFIRM_SECONDS,
    Entry,
    MemoryPublisher,
    Publisher,
    RabbitPublisher,
    Unconfirmed,
)
from chassis.wire import Row, Wire

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from chassis.service import Service

log = telemetry.logger(__name__)

WINDOW: Final = 1000
BATCH: Final = 500
MARK_COUNT: Final = 250
POLL_SECONDS: Final = 1.0
GRACE_SECONDS: Final = 15.0
STEADY_SECONDS: Final = 60.0
LONGEST_BACK_OFF_SECONDS: Final = 5.0
MEASURE_SECONDS: Final = 5.0

_COLUMNS: Final = (
    "position, id, type, correlation_id, floor(extract(epoch FROM occurred_at))::bigint, body"
)
_PENDING: Final = (
    f"SELECT {_COLUMNS} FROM event_log"  # noqa: S608 - the columns above
    " WHERE published_at IS NULL AND position <> ALL($1 ::bigint[])"
    f" ORDER BY position LIMIT {BATCH}"
)
# "Latest" counts from the last one published: an instance that was off for a month sends its last
# week again, not nothing.
_LATEST: Final = (
    f"SELECT {_COLUMNS} FROM event_log"  # noqa: S608 - as above
    " WHERE published_at >= (SELECT max(published_at) FROM event_log) - $1 * interval '1 second'"
    f" AND position > $2 ORDER BY position LIMIT {BATCH}"
)
_MARK: Final = (
    "UPDATE event_log SET published_at = clock_timestamp()"
    " WHERE position = ANY($1 ::bigint[]) AND published_at IS NULL"
)
_MEASURE: Final = text(
    "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)"
    " FROM event_log WHERE published_at IS NULL"
)


class LogWentBack(Exception):
    """The event log ends before an event we published: this is an older copy of the database."""


class EventLog:
    """The event log as the active relay sees it; every method raises ``psycopg.Error``."""

    def __init__(self, connection: "psycopg.Connection[TupleRow]") -> None:
        self._wire = Wire(connection)
        for name, statement in ((b"pending", _PENDING), (b"latest", _LATEST), (b"mark", _MARK)):
            self._wire.prepare(name, statement)

    def fileno(self) -> int:
        """What can be waited for: it is readable when there is news."""
        return self._wire.fileno()

    def has_news(self) -> bool:
        """Whether somebody committed events since the last look."""
        return self._wire.has_news()

    def pending(self, sent: Collection[int]) -> list[Entry]:
        """Read the next events that are not published, without those that are on their way."""
        return _entries(self._wire.ask(b"pending", _array(sent)))

    def latest(self, seconds: float, *, after: int) -> list[Entry]:
        """Read what was published up to so long before the last one, from a position on."""
        return _entries(self._wire.ask(b"latest", str(seconds), str(after)))

    def mark(self, positions: Sequence[int]) -> None:
        """Note that events have been published."""
        self._wire.ask(b"mark", _array(positions))


def _array(positions: Iterable[int]) -> str:
    return f"{{{','.join(map(str, positions))}}}"


def _entries(rows: Iterable[Row]) -> list[Entry]:
    """Make entries of rows in PostgreSQL's binary form."""
    return [
        Entry(
            position=int.from_bytes(position),
            id=UUID(bytes=id_),
            type=type_.decode(),
            correlation_id=correlation_id.decode(),
            occurred_at=int.from_bytes(occurred_at, signed=True),
            body=body,
        )
        for position, id_, type_, correlation_id, occurred_at, body in rows
    ]


class Relay:
    """Publishes a service's event log."""

    def __init__(self, service: "Service", settings: config.Settings, database: Database) -> None:
        self._service = service
        self._name = service.name
        self._url = settings.amqp_url
        self._database = database
        self._resend_seconds = (
            settings.retention_seconds if topology.is_memory(self._url) else GRACE_SECONDS
        )
        self._highest = 0
        self._measured_at = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop; a stand-by while another relay of the service is active."""
        failures = 0
        while not stop.is_set():
            telemetry.turned(self._name, "relay")
            started = time.monotonic()
            try:
                self._stand_by_and_lead(stop)
                continue
            except (Unconfirmed, LogWentBack, *topology.BROKER_FAULTS) as error:
                reason = str(error) or type(error).__name__
                telemetry.publish_failures.labels(self._name, type(error).__name__).inc()
                log.error("relay cannot publish", service=self._name, reason=reason)  # noqa: TRY400 - the reason says it all
            except psycopg.Error as error:
                log.warning(
                    "relay lost its database", service=self._name, reason=type(error).__name__
                )
            failures = 1 if time.monotonic() - started > STEADY_SECONDS else failures + 1
            self._measure()
            stop.wait(min(0.25 * 2**failures, LONGEST_BACK_OFF_SECONDS))

    def _stand_by_and_lead(self, stop: threading.Event) -> None:
        with self._database.dedicated("relay") as connection:
            connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            while not lead(connection, f"relay {self._name}"):
                telemetry.turned(self._name, "relay")
                if stop.wait(POLL_SECONDS):
                    return
            self._require_no_step_back(connection)
            self._lead(EventLog(connection), stop)

    def _lead(self, events: "EventLog", stop: threading.Event) -> None:
        """Publish as the active relay, until told to stop or until something breaks."""
        # Only who has published before can tell a loss from a first start.
        lost = self._highest > 0 and topology.has_lost_exchange(self._url)
        topology.declare(self._url, self._service)
        if lost:
            log.error("exchange was lost and made anew", service=self._name)
            # What is published before everybody has bound again reaches some and not others.
            stop.wait(topology.REBIND_SECONDS)
        publisher: Publisher = (
            MemoryPublisher(self._url)
            if topology.is_memory(self._url)
            else RabbitPublisher(self._url, self._name)
        )
        try:
            publisher.open()
            log.info("relay is active", service=self._name)
            self._send_latest(events, publisher)
            self._send_pending(events, publisher, stop)
        finally:
            publisher.close()

    def _require_no_step_back(self, connection: "psycopg.Connection[TupleRow]") -> None:
        """Halt on a stand-by database that lacks what we published: it would number it anew."""
        row = connection.execute("SELECT coalesce(max(position), 0) FROM event_log").fetchone()
        last = int(row[0]) if row else 0
        if last < self._highest:
            raise LogWentBack(f"the event log ends at {last}, but {self._highest} was published")

    def _send_latest(self, events: "EventLog", publisher: Publisher) -> None:
        """Send the latest published events once more; the broker may have forgotten them."""
        after = 0
        while entries := events.latest(self._resend_seconds, after=after):
            after = entries[-1].position
            publisher.publish(entries)
            telemetry.turned(self._name, "relay")
            end = time.monotonic() + CONFIRM_SECONDS
            while publisher.in_flight:
                publisher.wait(events, POLL_SECONDS)
                if time.monotonic() > end:
                    raise Unconfirmed("no confirm in time")
            publisher.confirmed()

    def _send_pending(
        self, events: "EventLog", publisher: Publisher, stop: threading.Event
    ) -> None:
        on_their_way: set[int] = set()
        confirmed: list[int] = []
        look_at = 0.0
        while not stop.is_set() or on_their_way:
            telemetry.turned(self._name, "relay")
            if events.has_news():
                look_at = 0.0
            has_room = publisher.in_flight <= WINDOW - BATCH and not stop.is_set()
            if has_room and time.monotonic() >= look_at:
                entries = events.pending(on_their_way)
                publisher.publish(entries)
                on_their_way.update(entry.position for entry in entries)
                # A full batch means that there is more; so does a wake-up that came meanwhile.
                is_all = len(entries) < BATCH and not events.has_news()
                look_at = time.monotonic() + POLL_SECONDS if is_all else 0.0
            pause = max(0.0, look_at - time.monotonic()) if has_room else POLL_SECONDS
            publisher.wait(events, min(POLL_SECONDS, pause))
            confirmed += publisher.confirmed()
            # A few large updates under load, one at once when nothing else is on its way.
            if len(confirmed) >= MARK_COUNT or (confirmed and not publisher.in_flight):
                self._mark(events, confirmed)
                on_their_way.difference_update(confirmed)
                confirmed = []
            self._measure()

    def _mark(self, events: "EventLog", positions: Sequence[int]) -> None:
        crash_point("after_publish")
        events.mark(positions)
        self._highest = max(self._highest, *positions)
        telemetry.events_published.labels(self._name).inc(len(positions))

    def _measure(self) -> None:
        """Tell how many events wait and since when; also while the broker is away."""
        if time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        with suppress(SQLAlchemyError), self._database.reading() as session:
            pending, oldest = session.execute(_MEASURE).one()
            telemetry.outbox_pending.labels(self._name).set(pending)
            telemetry.outbox_oldest_seconds.labels(self._name).set(max(0.0, float(oldest)))
