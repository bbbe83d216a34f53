"""The consumer: broker → inbox, by kombu; and the worker loops that run beside it.

::

    I/O thread                                    handler thread
    drain, heartbeat, acknowledge ──messages──►   Inbox.settle: up to 100 at once, one commit
              ▲                                        │
              └──────────── acknowledge ◄──────────────┘     also: retries and releases, once a second

The I/O thread never runs a handler, so heartbeats go out while handlers work. A batch is whatever has arrived while the last
one was handled: alone at low rates, full under load. A message is acknowledged after the commit that settled it. Should the
process die in between, it comes again and the inbox finds it a duplicate.

When too large a share of the latest messages dies, the consumer stops taking any (the brake): a bad deployment must not drain
the queue into the dead letters.
"""

import contextlib
import ctypes
import queue
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import amqp
import kombu
import psycopg
from kombu.exceptions import KombuError
from pika.exceptions import AMQPError

from chassis import config, telemetry, topology
from chassis.database import WORK_CHANNEL, Database
from chassis.inbox import DatabaseAway, Inbox, Message
from chassis.replay import REPLAY_HEADER

if TYPE_CHECKING:
    from chassis.service import Service

log = telemetry.logger(__name__)

BATCH: Final = 100
PREFETCH: Final = 2 * BATCH
TICK_SECONDS: Final = 1.0
HANDLER_SECONDS: Final = 30.0
LONGEST_BACK_OFF_SECONDS: Final = 5.0
DRAIN_COUNT: Final = 200
BRAKE_WINDOW: Final = 100
BRAKE_COUNT: Final = 20
BRAKE_SHARE: Final = 0.5


class HandlerTimedOut(Exception):
    """A handler took longer than it may; it was interrupted and counts as failed."""


@dataclass
class _Delivery:
    """A message, and on which session it must be acknowledged."""

    message: Message
    session: "_Session"
    tag: Any


class Brake:
    """Stops the consumer when too many of the latest messages died."""

    def __init__(self) -> None:
        self._latest: deque[bool] = deque(maxlen=BRAKE_WINDOW)
        self.is_on = False

    def note(self, outcomes: list[str]) -> None:
        """Note what became of messages; the brake may go on."""
        self._latest.extend(outcome == "dead" for outcome in outcomes)
        dead = sum(self._latest)
        self.is_on = self.is_on or (dead >= BRAKE_COUNT and dead > BRAKE_SHARE * len(self._latest))


class Watchdog:
    """Interrupts a handler that takes longer than it may."""

    def __init__(self, seconds: float = HANDLER_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: tuple[int, float] | None = None

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Watch over the handler that runs in this block."""
        with self._lock:
            self._running = (threading.get_ident(), time.monotonic() + self._seconds)
        try:
            yield
        finally:
            with self._lock:
                self._running = None

    def check(self) -> None:
        """Interrupt the handler if its time is up; called from another thread now and then."""
        with self._lock:
            if self._running is None or time.monotonic() < self._running[1]:
                return
            thread, _ = self._running
            self._running = None
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread), ctypes.py_object(HandlerTimedOut)
            )
        log.error("handler interrupted", seconds=self._seconds)


class Consumer:
    """Consumes a service's queue, tries failed messages again, and runs the service's workers."""

    def __init__(self, service: "Service", settings: config.Settings, database: Database) -> None:
        self._service = service
        self._name = service.name
        self._settings = settings
        self._url = settings.amqp_url
        self._database = database
        self._watchdog = Watchdog()
        self.inbox = Inbox(service, database, around=self._watchdog.watch)
        self.brake = Brake()
        self._incoming: queue.SimpleQueue[_Delivery | None] = queue.SimpleQueue()
        self._work_came = [threading.Event() for _ in service.handlers.workers]

    @property
    def is_ready(self) -> bool:
        """Whether the consumer takes messages."""
        return not self.brake.is_on

    def run(self, stop: threading.Event) -> None:
        """Consume until told to stop; then what has been taken is finished, committed and acknowledged."""
        # Handlers finish after the stop; workers and the listener end with it.
        finished = threading.Event()
        threads = [
            threading.Thread(
                target=self._handle, args=(finished,), name=f"{self._name}-handlers", daemon=True
            ),
            threading.Thread(
                target=self._listen, args=(stop,), name=f"{self._name}-listener", daemon=True
            ),
            *(
                threading.Thread(
                    target=self._work,
                    args=(name, run, came, stop),
                    name=f"{self._name}-{name}",
                    daemon=True,
                )
                for (name, run), came in zip(
                    self._service.handlers.workers.items(), self._work_came, strict=True
                )
            ),
        ]
        for thread in threads:
            thread.start()
        try:
            self._consume(stop, finished, threads[0])
        finally:
            finished.set()
            self._incoming.put(None)
            for came in self._work_came:
                came.set()
            for thread in threads:
                thread.join(timeout=HANDLER_SECONDS)

    # The I/O thread

    def _consume(
        self, stop: threading.Event, finished: threading.Event, handlers: threading.Thread
    ) -> None:
        failures = 0
        while not stop.is_set():
            if self.brake.is_on:
                stop.wait(TICK_SECONDS)
                continue
            session = None
            started = time.monotonic()
            try:
                topology.declare(self._url, self._service)
                session = _open_session(self._url, self._name, self._incoming)
                log.info("consumer is active", service=self._name)
                while not stop.is_set() and not self.brake.is_on:
                    session.step(TICK_SECONDS)
                    self._watchdog.check()
                session.cancel()
                if stop.is_set():
                    # The batch in hand is finished, and acknowledged while the connection still stands.
                    finished.set()
                    self._incoming.put(None)
                    while handlers.is_alive():
                        session.step(0.1)
                        self._watchdog.check()
                session.acknowledge()
            except _RECOVERABLE as error:
                failures = 1 if time.monotonic() - started > 60 else failures + 1
                log.warning(
                    "consumer lost the broker",
                    service=self._name,
                    reason=f"{type(error).__name__}: {error}"[:300],
                    failures=failures,
                )
                self._watchdog.check()
                stop.wait(min(0.25 * 2**failures, LONGEST_BACK_OFF_SECONDS))
            finally:
                if session is not None:
                    session.close()

    # The handler thread

    def _handle(self, finished: threading.Event) -> None:
        looked_at = measured_at = float("-inf")
        first = True
        while True:
            batch = self._take()
            if finished.is_set():
                # Not begun and not acknowledged: the broker gives these to the next consumer.
                return
            if batch:
                self._settle(batch, finished)
            now = time.monotonic()
            try:
                if now - looked_at >= TICK_SECONDS:
                    looked_at = now
                    self.inbox.retry()
                    self.inbox.release(unknown=first)
                    first = False
                if now - measured_at >= 60:
                    measured_at = now
                    self.inbox.waiting()
            except DatabaseAway as error:
                log.warning(
                    "database not available", service=self._name, reason=str(error.__cause__)[:200]
                )
            except HandlerTimedOut:
                continue

    def _take(self) -> list[_Delivery]:
        """Take what has arrived, up to a batch; wait a tick for the first."""
        batch: list[_Delivery] = []
        with contextlib.suppress(queue.Empty):
            found = self._incoming.get(timeout=TICK_SECONDS)
            while found is not None:
                if found.session.is_open:
                    batch.append(found)
                if len(batch) == BATCH:
                    break
                found = self._incoming.get_nowait()
        return batch

    def _settle(self, batch: list[_Delivery], finished: threading.Event) -> None:
        """Settle a batch and acknowledge it; waits for the database to come back, if need be."""
        delay = 0.5
        while True:
            try:
                outcomes = self.inbox.settle([delivery.message for delivery in batch])
            except DatabaseAway as error:
                log.warning(
                    "database not available", service=self._name, reason=str(error.__cause__)[:200]
                )
                if finished.wait(delay):
                    # Not acknowledged: the broker gives them to the next consumer.
                    return
                delay = min(delay * 2, LONGEST_BACK_OFF_SECONDS)
            except HandlerTimedOut:
                # It came too late to interrupt its handler.
                continue
            else:
                break
        for delivery in batch:
            delivery.session.settled(delivery.tag)
        telemetry.progress_timestamp.labels(self._name, "consume").set_to_current_time()
        was_on = self.brake.is_on
        self.brake.note(outcomes)
        if self.brake.is_on and not was_on:
            log.error("consumer stopped: too many messages died", service=self._name)

    # Workers

    def _work(
        self,
        name: str,
        run: Callable[[Any], bool],
        came: threading.Event,
        stop: threading.Event,
    ) -> None:
        from chassis.service import WorkerContext  # noqa: PLC0415 - service imports this module

        context = WorkerContext(database=self._database, settings=self._settings, stop=stop)
        failures = 0
        while not stop.is_set():
            came.clear()
            try:
                with telemetry.tracing(
                    correlation_id="", causation_id=None, traceparent=None, actor=""
                ):
                    again = run(context)
                failures = 0
            except Exception as error:
                failures += 1
                again = False
                log.error(
                    "worker failed",
                    service=self._name,
                    worker=name,
                    failures=failures,
                    exc_info=error,
                )
                stop.wait(min(2.0 ** (failures - 1), 60))
            telemetry.progress_timestamp.labels(self._name, f"worker {name}").set_to_current_time()
            if not again:
                came.wait(TICK_SECONDS)

    def _listen(self, stop: threading.Event) -> None:
        """Pass wake-ups on to the workers, and lift the brake when asked to."""
        while not stop.is_set():
            try:
                with self._database.dedicated("work") as connection:
                    connection.execute(f"LISTEN {WORK_CHANNEL}")
                    while not stop.is_set():
                        for notification in connection.notifies(timeout=TICK_SECONDS, stop_after=1):
                            if notification.payload == "resume":
                                self.brake = Brake()
                            for came in self._work_came:
                                came.set()
            except psycopg.Error:
                stop.wait(TICK_SECONDS)


# Sessions with the broker

_RECOVERABLE: Final = (
    amqp.exceptions.AMQPError,
    KombuError,
    AMQPError,
    topology.TopologyFault,
    OSError,
)


class _Session:
    """One connection to the broker, with the service's queue on it. Used by the I/O thread, except for ``settled``."""

    def __init__(
        self,
        connection: kombu.Connection,
        name: str,
        incoming: "queue.SimpleQueue[_Delivery | None]",
    ) -> None:
        self.is_open = True
        self._connection = connection
        self._incoming = incoming
        self._settled: deque[Any] = deque()
        self._channel = connection.channel()
        self._consumers = [
            kombu.Consumer(
                self._channel,
                queues=[kombu.Queue(each, no_declare=True)],
                on_message=self._received,
                accept=["json", "application/cloudevents+json"],
                auto_declare=False,
                prefetch_count=PREFETCH,
            )
            for each in self._queues(name)
        ]
        for consumer in self._consumers:
            # kombu's own way with a message it cannot read is to acknowledge and forget it.
            consumer.on_decode_error = self._unreadable
            consumer.consume()

    def step(self, seconds: float) -> None:
        """Acknowledge what was settled and take what has arrived; wait at most this long."""
        raise NotImplementedError

    def wake(self) -> None:
        """End the wait of a step; called from other threads."""
        raise NotImplementedError

    def settled(self, tag: Any) -> None:
        """Have a message acknowledged; called from the handler thread."""
        self._settled.append(tag)
        self.wake()

    def cancel(self) -> None:
        """Take nothing more."""
        for consumer in self._consumers:
            consumer.cancel()

    def acknowledge(self) -> None:
        """Acknowledge what was settled."""
        while self._settled:
            self._channel.basic_ack(self._settled.popleft())

    def close(self) -> None:
        """Disconnect; what was not acknowledged goes back to the queue."""
        self.is_open = False
        with contextlib.suppress(Exception):
            self._connection.release()

    def _queues(self, name: str) -> list[str]:
        return [name]

    def _received(self, message: kombu.Message) -> None:
        if message.properties.get("type") == topology.PROBE:
            self._channel.basic_ack(message.delivery_tag)
            return
        self._incoming.put(_Delivery(_read(message), self, message.delivery_tag))

    def _unreadable(self, message: kombu.Message, error: Exception) -> None:
        fault = f"{type(error).__name__}: {error}"
        self._incoming.put(_Delivery(_read(message, fault), self, message.delivery_tag))


class _RabbitSession(_Session):
    """RabbitMQ: waits on the socket and on a pipe by which the handler thread wakes it."""

    def __init__(
        self, amqp_url: str, name: str, incoming: "queue.SimpleQueue[_Delivery | None]"
    ) -> None:
        connection = kombu.Connection(
            amqp_url,
            heartbeat=topology.HEARTBEAT_SECONDS,
            connect_timeout=5,
            transport_options={
                "read_timeout": 10,
                "write_timeout": 10,
                "client_properties": {"connection_name": f"{name} consumer"},
            },
        )
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        try:
            super().__init__(connection, name, incoming)
        except BaseException:
            connection.release()
            raise
        self._beat_at = time.monotonic()

    def step(self, seconds: float) -> None:
        self.acknowledge()
        now = time.monotonic()
        if now - self._beat_at >= TICK_SECONDS:
            self._beat_at = now
            self._connection.heartbeat_check()
        readable, _, _ = select.select(
            [self._connection.connection.sock, self._reader], [], [], seconds
        )
        if self._reader in readable:
            self._reader.recv(4096)
        if len(readable) > (self._reader in readable):
            with contextlib.suppress(TimeoutError):
                for _ in range(DRAIN_COUNT):
                    self._connection.drain_events(timeout=0.001)

    def wake(self) -> None:
        # A full pipe wakes as well, and a closed one has nobody left to wake.
        with contextlib.suppress(OSError):
            self._writer.send(b"!")

    def acknowledge(self) -> None:
        # Messages are settled in the order of their arrival, so the latest tag stands for all before it.
        latest = 0
        while self._settled:
            latest = self._settled.popleft()
        if latest:
            self._channel.basic_ack(latest, multiple=True)

    def close(self) -> None:
        super().close()
        self._reader.close()
        self._writer.close()

    def _queues(self, name: str) -> list[str]:
        return [name, topology.dead_queue(name)]


class _MemorySession(_Session):
    """The memory transport: waits for an event that its channel sets when something arrives."""

    def __init__(
        self, amqp_url: str, name: str, incoming: "queue.SimpleQueue[_Delivery | None]"
    ) -> None:
        self._arrived = threading.Event()
        topology.MemoryChannel.arrivals[name] = self._arrived
        super().__init__(topology.connect_in_memory(amqp_url), name, incoming)

    def step(self, seconds: float) -> None:
        self._arrived.clear()
        self.acknowledge()
        with contextlib.suppress(TimeoutError):
            while True:
                self._connection.drain_events(timeout=0)
        self._arrived.wait(seconds)

    def wake(self) -> None:
        self._arrived.set()


def _open_session(
    amqp_url: str, name: str, incoming: "queue.SimpleQueue[_Delivery | None]"
) -> _Session:
    kind = _MemorySession if topology.is_memory(amqp_url) else _RabbitSession
    return kind(amqp_url, name, incoming)


def _read(message: kombu.Message, fault: str = "") -> Message:
    body = message.body
    headers = message.headers or {}
    properties = message.properties or {}
    deaths = headers.get("x-death")
    if not fault and deaths:
        fault = f"dead-lettered by the broker: {deaths[0].get('reason', 'unknown')}"
    return Message(
        body=body.encode() if isinstance(body, str) else bytes(body),
        content_type=str(message.content_type or ""),
        replay=str(headers.get(REPLAY_HEADER, "")),
        fault=fault,
        sender=str(properties.get("user_id") or ""),
    )
