"""Ways to the broker from the relay's side: pika to RabbitMQ, kombu to the memory transport."""

import select
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import kombu
import pika
from pika.adapters.select_connection import IOLoop

from chassis import topology
from chassis.events import CONTENT_TYPE

CONFIRM_SECONDS: Final = 8.0
OPEN_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0


class Unconfirmed(Exception):
    """It is not known whether the broker has what was sent; the text is a reason for the log."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the event log on its way; ``occurred_at`` in whole seconds since 1970."""

    position: int
    id: UUID
    type: str
    correlation_id: str
    occurred_at: int
    body: bytes


class News(Protocol):
    """What becomes readable when there may be more to send."""

    def fileno(self) -> int:
        """Return its file descriptor."""


class Publisher(Protocol):
    """A way to the broker: sends without waiting, and tells what has been confirmed."""

    in_flight: int

    def open(self) -> None:
        """Connect. Raises :class:`Unconfirmed`."""

    def publish(self, entries: Sequence[Entry]) -> None:
        """Send entries, in order. Raises :class:`Unconfirmed`."""

    def wait(self, news: News, seconds: float) -> None:
        """Wait for confirms or for news, at most this long.

        Raises :class:`Unconfirmed`.
        """

    def confirmed(self) -> list[int]:
        """Hand over the positions confirmed since the last call."""

    def close(self) -> None:
        """Disconnect; never raises."""


class _CorkedConnection(pika.SelectConnection):
    """A connection that sends a whole batch in one write.

    pika writes each frame by itself, three to a message; that costs as much as all the rest.
    ``_adapter_emit_data`` is the method that pika has its adapters override.
    """

    _held: list[bytes] | None = None

    @contextmanager
    def corked(self) -> Iterator[None]:
        """Hold back what is written in this block, and write it at its end."""
        held: list[bytes] = []
        self._held = held
        try:
            yield
        finally:
            self._held = None
        if held:
            self._adapter_emit_data(b"".join(held))

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._held is None:
            super()._adapter_emit_data(data)
        else:
            self._held.append(data)


class RabbitPublisher:
    """Publishes to RabbitMQ: pipelined, confirmed, mandatory.

    pika's loop is stepped by hand, so that everything here happens in one thread and in a known
    order. Any fault is final: the publisher must be closed and another one opened.
    """

    def __init__(self, amqp_url: str, name: str) -> None:
        self.in_flight = 0
        self._parameters = topology.parameters(amqp_url, f"{name} relay")
        self._name = name
        self._user = topology.vouched_user(self._parameters, name)
        self._loop = IOLoop()
        self._connection: Any = None
        self._channel: Any = None
        self._is_ready = False
        self._fault = ""
        self._next_tag = 1
        # Delivery tags on their way, in the order of sending, with their positions in the log.
        self._sent: dict[int, int] = {}
        self._done: list[int] = []
        self._deadlines: deque[tuple[float, int]] = deque()
        self._watched: int | None = None

    def open(self) -> None:
        """Connect and switch confirms on. Raises :class:`Unconfirmed`."""
        self._loop.activate_poller()
        self._connection = _CorkedConnection(
            self._parameters,
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
            on_open_error_callback=lambda _, error: self._fail(error),
            on_close_callback=lambda _, error: self._fail(error),
            custom_ioloop=self._loop,
        )
        end = time.monotonic() + OPEN_SECONDS
        while not self._is_ready:
            self._step(0.5)
            if time.monotonic() > end:
                raise Unconfirmed("no connection in time")

    def publish(self, entries: Sequence[Entry]) -> None:
        """Send entries; each is on its way until confirmed. Raises :class:`Unconfirmed`."""
        if not entries:
            return
        if self._fault:
            raise Unconfirmed(self._fault)
        with self._connection.corked():
            for entry in entries:
                self._channel.basic_publish(
                    topology.EXCHANGE,
                    entry.type,
                    entry.body,
                    self._properties(entry),
                    mandatory=True,
                )
                self._sent[self._next_tag] = entry.position
                self._next_tag += 1
        self.in_flight = len(self._sent)
        self._deadlines.append((time.monotonic() + CONFIRM_SECONDS, self._next_tag - 1))

    def wait(self, news: News, seconds: float) -> None:
        """Let the connection work until something happens. Raises :class:`Unconfirmed`."""
        self._watch(news)
        self._step(seconds)
        oldest = next(iter(self._sent), self._next_tag)
        while self._deadlines and self._deadlines[0][1] < oldest:
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
                end = time.monotonic() + CLOSE_SECONDS
                while not self._connection.is_closed and time.monotonic() < end:
                    self._turn(0.2)
        # Without good order the socket is closed with the loop's last reference to it.
        with suppress(Exception):
            if self._connection is not None and not self._connection.is_closed:
                self._connection._adapter_disconnect_stream()  # noqa: SLF001 - no public way to hang up
                self._turn(0.0)
        with suppress(Exception):
            self._loop.deactivate_poller()
        with suppress(Exception):
            self._loop.close()

    def _properties(self, entry: Entry) -> pika.BasicProperties:
        return pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=2,
            correlation_id=entry.correlation_id[:255],
            message_id=str(entry.id),
            timestamp=entry.occurred_at,
            type=entry.type,
            user_id=self._user,
            app_id=self._name,
        )

    def _opened(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(lambda _, error: self._fail(error))
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._settled, callback=self._confirms_are_on)

    def _confirms_are_on(self, _frame: Any) -> None:
        self._is_ready = True

    def _settled(self, frame: Any) -> None:
        method = frame.method
        if not isinstance(method, pika.spec.Basic.Ack):
            self._fail("nacked")
            return
        if method.multiple:
            tags = []
            for tag in self._sent:
                if tag > method.delivery_tag:
                    break
                tags.append(tag)
            self._done.extend(self._sent.pop(tag) for tag in tags)
        else:
            self._done.append(self._sent.pop(method.delivery_tag))
        self.in_flight = len(self._sent)

    def _returned(self, _channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        # The confirm of a returned message follows; the fault keeps it from being believed.
        self._fail(f"returned: {method.reply_text}")

    def _fail(self, error: object) -> None:
        self._fault = self._fault or str(error) or type(error).__name__

    def _watch(self, news: News) -> None:
        """Let news end a wait, too."""
        if self._watched is None:
            self._watched = news.fileno()
            # Nothing to do here: the relay looks for news itself, right after the wait.
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

    def __init__(self, amqp_url: str) -> None:
        self.in_flight = 0
        self._connection: Any = topology.connect_in_memory(amqp_url)
        self._producer: Any = None
        self._done: list[int] = []

    def open(self) -> None:
        """Connect."""
        self._producer = kombu.Producer(self._connection.channel())

    def publish(self, entries: Sequence[Entry]) -> None:
        """Put entries where the consumers of this process find them."""
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
                retry=False,
            )
        self._done.extend(entry.position for entry in entries)

    def wait(self, news: News, seconds: float) -> None:
        """Wait for news."""
        if not self._done:
            select.select([news], [], [], seconds)

    def confirmed(self) -> list[int]:
        """Hand over what was published."""
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Disconnect."""
        with suppress(Exception):
            self._connection.release()
