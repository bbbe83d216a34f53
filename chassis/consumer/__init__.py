"""The consumer: broker → inbox; and the worker loops that run beside it.

::

    I/O thread                                 handler thread
    drain, heartbeat, ack ──messages──►  Inbox.settle: up to 100 at once, one commit
            ▲                                  │
            └───────────── tags ◄──────────────┘      also: retries and releases, once a second

The I/O thread never runs a handler, so heartbeats go out while handlers work. A batch is whatever
has arrived while the last one was handled: one message at low rates, a hundred under load. A
message is acknowledged after the commit that settled it. Should the process die in between, it
comes again, and the inbox finds it a duplicate.

``sessions`` speaks to the broker, ``guards`` holds the brake and the time limit of handlers.
"""

import contextlib
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import psycopg

from chassis import config, telemetry, topology
from chassis.consumer.guards import HANDLER_SECONDS, Brake, HandlerTimedOut, Watchdog
from chassis.consumer.sessions import BATCH, Delivery, Incoming, open_session
from chassis.database import WORK_CHANNEL, Database
from chassis.inbox import DatabaseAway, Inbox

if TYPE_CHECKING:
    from chassis.consumer.sessions import Session
    from chassis.service import Service

log = telemetry.logger(__name__)

HANDLERS: Final = "handlers"
TICK_SECONDS: Final = 1.0
COUNT_SECONDS: Final = 10.0
STEADY_SECONDS: Final = 60.0
LONGEST_BACK_OFF_SECONDS: Final = 5.0
LONGEST_WORKER_BACK_OFF_SECONDS: Final = 60.0


class Consumer:
    """Consumes a service's queue, tries failed messages again, and runs the service's workers."""

    def __init__(self, service: "Service", settings: config.Settings, database: Database) -> None:
        self._service = service
        self._name = service.name
        self._settings = settings
        self._url = settings.amqp_url
        self._database = database
        self._watchdog = Watchdog()
        self._inbox = Inbox(service, database, around=self._watch)
        self.brake = Brake()
        self._incoming: Incoming = queue.SimpleQueue()
        self._work_came = {name: threading.Event() for name in service.handlers.workers}
        # The end of the handler thread: later than the stop, which waits for the batch in hand.
        self._finish = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Consume until told to stop; the batch in hand is then committed and acknowledged."""
        self._finish.clear()
        self._lift_brake()
        handlers = self._thread("handlers", self._handle)
        others = [
            self._thread("listener", self._listen, stop),
            *(
                self._thread(name, self._work, name, run, stop)
                for name, run in self._service.handlers.workers.items()
            ),
        ]
        if not topology.is_memory(self._url):
            self._thread("topology", self._check_topology, stop)
        try:
            self._consume(stop, handlers)
        finally:
            self._finish_handlers()
            self._wake_workers()
            for thread in (handlers, *others):
                thread.join(timeout=HANDLER_SECONDS)

    def _thread(self, name: str, target: Callable[..., None], *args: Any) -> threading.Thread:
        thread = threading.Thread(
            target=target, args=args, name=f"{self._name}-{name}", daemon=True
        )
        thread.start()
        return thread

    @contextlib.contextmanager
    def _watch(self) -> Iterator[None]:
        """Watch over a handler; a long batch is no stuck loop as long as its handlers end."""
        telemetry.turned(self._name, HANDLERS)
        with self._watchdog.watch():
            yield

    # The I/O thread

    def _consume(self, stop: threading.Event, handlers: threading.Thread) -> None:
        failures = 0
        while not stop.is_set():
            telemetry.turned(self._name, "consume")
            self._watchdog.check()
            if self.brake.is_on:
                stop.wait(TICK_SECONDS)
                continue
            started = time.monotonic()
            try:
                self._consume_session(stop, handlers)
                failures = 0
            except (*topology.BROKER_FAULTS, DatabaseAway) as error:
                steady = time.monotonic() - started > STEADY_SECONDS
                failures = 1 if steady else failures + 1
                reason = f"{type(error).__name__}: {error}"[:300]
                log.warning(
                    "consumer lost the broker", service=self._name, reason=reason, failures=failures
                )
                stop.wait(min(0.25 * 2**failures, LONGEST_BACK_OFF_SECONDS))

    def _consume_session(self, stop: threading.Event, handlers: threading.Thread) -> None:
        self._declare()
        session = open_session(self._url, self._name, self._incoming, stirs=self._inbox.expect)
        try:
            log.info("consumer is active", service=self._name)
            while not stop.is_set() and not self.brake.is_on:
                session.step(TICK_SECONDS)
                telemetry.turned(self._name, "consume")
                self._watchdog.check()
            session.cancel()
            if stop.is_set():
                # The batch in hand is finished, and acknowledged while the connection stands.
                self._finish_handlers()
                while handlers.is_alive():
                    session.step(0.1)
                    self._watchdog.check()
            session.acknowledge()
        finally:
            session.close()

    def _declare(self) -> None:
        if topology.declare(self._url, self._service) and self._inbox.has_history():
            # Gaps that remain are parked and told; the publishers' logs still have everything.
            log.error(
                "queue was lost and made anew: replay from the publishers", service=self._name
            )

    def _check_topology(self, stop: threading.Event) -> None:
        """Declare everything again and again: nobody tells us of a binding that is lost."""
        while not stop.wait(topology.CHECK_SECONDS):
            try:
                self._declare()
            except topology.TopologyFault as error:
                log.error("topology is not ours", service=self._name, reason=str(error)[:300])  # noqa: TRY400 - the reason says it all
            except (*topology.BROKER_FAULTS, DatabaseAway):
                # The session and the handler thread tell of these, and come back by themselves.
                continue

    def _finish_handlers(self) -> None:
        self._finish.set()
        self._incoming.put(None)

    # The handler thread

    def _handle(self) -> None:
        looked_at = counted_at = float("-inf")
        first = True
        while True:
            telemetry.turned(self._name, HANDLERS)
            batch = self._take()
            if self._finish.is_set():
                # Not begun and not acknowledged: the broker gives these to the next consumer.
                self._inbox.close()
                return
            try:
                if batch:
                    self._settle(batch)
                now = time.monotonic()
                if now - looked_at >= TICK_SECONDS:
                    looked_at = now
                    first = not self._look_after_waiting(unknown=first) and first
                if now - counted_at >= COUNT_SECONDS:
                    counted_at = now
                    self._inbox.waiting()
            except DatabaseAway as error:
                self._tell_away(error)
            except HandlerTimedOut:
                # It came too late for its handler; what it hit is tried again.
                continue
            except Exception:
                log.exception("inbox failed", service=self._name)

    def _look_after_waiting(self, *, unknown: bool) -> bool:
        """Retry and release what waits; return whether that was done: not while the brake is on."""
        if self.brake.is_on:
            return False
        # Of unknown versions and of what could not be read this code may know more than the last.
        if unknown and self._note(self._inbox.read_again()):
            return False
        if self._note(self._inbox.retry()):
            return False
        self._inbox.release(unknown=unknown)
        return True

    def _take(self) -> list[Delivery]:
        """Take what has arrived, up to a batch; wait a tick for the first."""
        batch: list[Delivery] = []
        if self._incoming.empty():
            self._inbox.prepare()
        with contextlib.suppress(queue.Empty):
            found = self._incoming.get(timeout=TICK_SECONDS)
            while found is not None:
                # What came by a connection that is gone comes again by the next.
                if found.session.is_open:
                    batch.append(found)
                if len(batch) == BATCH:
                    break
                found = self._incoming.get_nowait()
        return batch

    def _settle(self, batch: Sequence[Delivery]) -> None:
        """Settle a batch and have it acknowledged; waits for the database to come back."""
        delay = 0.5
        while True:
            telemetry.turned(self._name, HANDLERS)
            try:
                outcomes = self._inbox.settle([delivery.message for delivery in batch])
                break
            except DatabaseAway as error:
                self._tell_away(error)
                if self._finish.wait(delay):
                    # Not acknowledged: the broker gives them to the next consumer.
                    return
                delay = min(delay * 2, LONGEST_BACK_OFF_SECONDS)
            except HandlerTimedOut:
                continue
            except Exception:
                # A fault of ours, such as a table that is missing: nothing may be lost by it.
                log.exception("inbox failed", service=self._name)
                if self._finish.wait(delay):
                    return
                delay = min(delay * 2, LONGEST_BACK_OFF_SECONDS)
        tags: dict[Session, list[Any]] = defaultdict(list)
        for delivery in batch:
            tags[delivery.session].append(delivery.tag)
        for session, settled in tags.items():
            session.settled(settled)
        self._note(outcomes)

    def _note(self, outcomes: Sequence[str]) -> bool:
        """Let the brake know; return whether it is on."""
        was_on = self.brake.is_on
        self.brake.note(outcomes)
        if self.brake.is_on and not was_on:
            telemetry.consumer_brake.labels(self._name).set(1)
            log.error("consumer stopped: too many messages died", service=self._name)
        return self.brake.is_on

    def _lift_brake(self) -> None:
        self.brake.lift()
        telemetry.consumer_brake.labels(self._name).set(0)

    def _tell_away(self, error: DatabaseAway) -> None:
        log.warning("database not available", service=self._name, reason=str(error.__cause__)[:200])

    # Workers

    def _work(self, name: str, run: Callable[[Any], bool], stop: threading.Event) -> None:
        from chassis.service import WorkerContext  # noqa: PLC0415 - service imports this module

        context = WorkerContext(database=self._database, settings=self._settings, stop=stop)
        came = self._work_came[name]
        failures = 0
        while not stop.is_set():
            telemetry.turned(self._name, f"worker {name}")
            came.clear()
            again = False
            try:
                with telemetry.tracing(
                    correlation_id="", causation_id=None, traceparent=None, actor=""
                ):
                    again = run(context)
                failures = 0
            except Exception:
                failures += 1
                log.exception("worker failed", service=self._name, worker=name, failures=failures)
                stop.wait(min(2.0 ** (failures - 1), LONGEST_WORKER_BACK_OFF_SECONDS))
            if not again and not stop.is_set():
                came.wait(TICK_SECONDS)

    def _wake_workers(self) -> None:
        for came in self._work_came.values():
            came.set()

    def _listen(self, stop: threading.Event) -> None:
        """Pass wake-ups on to the workers, and lift the brake when asked to."""
        while not stop.is_set():
            try:
                with self._database.dedicated("work") as connection:
                    connection.execute(f"LISTEN {WORK_CHANNEL}")
                    while not stop.is_set():
                        for news in connection.notifies(timeout=TICK_SECONDS, stop_after=1):
                            if news.payload == "resume":
                                self._lift_brake()
                            self._wake_workers()
            except psycopg.Error:
                stop.wait(TICK_SECONDS)
