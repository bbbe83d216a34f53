"""Connections to the broker from the consumer's side, by kombu: RabbitMQ and the memory transport.

A session belongs to the I/O thread; only ``settled`` and ``wake`` may be called from others. It
puts what arrives into a queue for the handler thread, and acknowledges what that thread has
settled.
"""

import contextlib
import queue
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import kombu

from chassis import topology
from chassis.inbox import Message
from chassis.replay import REPLAY_HEADER

BATCH: Final = 100
PREFETCH: Final = 2 * BATCH
HEARTBEAT_CHECK_SECONDS: Final = 1.0
DRAIN_COUNT: Final = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, and the session and tag by which it must be acknowledged."""

    message: Message
    session: "Session"
    tag: Any


Incoming = queue.SimpleQueue[Delivery | None]


class Session:
    """One connection to the broker, with the service's queue on it."""

    def __init__(self, connection: Any, queues: Sequence[str], incoming: Incoming) -> None:
        self.is_open = True
        self._connection = connection
        self._incoming = incoming
        self._settled: deque[Any] = deque()
        self._channel = connection.channel()
        self._consumers = [self._consume(name) for name in queues]

    def step(self, seconds: float) -> None:
        """Acknowledge what was settled and take what has arrived; wait at most this long."""
        raise NotImplementedError

    def wake(self) -> None:
        """End the wait of a step."""
        raise NotImplementedError

    def settled(self, tags: Sequence[Any]) -> None:
        """Have messages acknowledged."""
        self._settled.extend(tags)
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

    def _consume(self, name: str) -> Any:
        consumer = kombu.Consumer(
            self._channel,
            queues=[kombu.Queue(name, no_declare=True)],
            on_message=self._received,
            # kombu's own way with what it cannot read is to acknowledge and forget it.
            on_decode_error=self._unreadable,
            accept=["json", "application/cloudevents+json"],
            auto_declare=False,
            prefetch_count=PREFETCH,
        )
        consumer.consume()
        return consumer

    def _received(self, message: Any) -> None:
        if message.properties.get("type") == topology.PROBE:
            self._channel.basic_ack(message.delivery_tag)
            return
        self._incoming.put(Delivery(_read(message), self, message.delivery_tag))

    def _unreadable(self, message: Any, error: Exception) -> None:
        fault = f"{type(error).__name__}: {error}"
        self._incoming.put(Delivery(_read(message, fault), self, message.delivery_tag))


class RabbitSession(Session):
    """RabbitMQ: waits on the socket, and on a second one by which other threads wake it."""

    def __init__(
        self, amqp_url: str, name: str, incoming: Incoming, stirs: Callable[[], None]
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
        self._reader.settimeout(0)
        self._writer.settimeout(0)
        self._stirs = stirs
        self._checked_at = time.monotonic()
        try:
            super().__init__(connection, [name, topology.dead_queue(name)], incoming)
        except BaseException:
            self.close_sockets()
            connection.release()
            raise

    def step(self, seconds: float) -> None:
        """Acknowledge, look after the heartbeat, take what has arrived."""
        self.acknowledge()
        now = time.monotonic()
        if now - self._checked_at >= HEARTBEAT_CHECK_SECONDS:
            self._checked_at = now
            self._connection.heartbeat_check()
        broker = self._connection.connection.sock
        readable, _, _ = select.select([broker, self._reader], [], [], seconds)
        if self._reader in readable:
            self._reader.recv(4096)
        if broker in readable:
            self._stirs()
            # Until nothing is left, also of what a TLS layer has read ahead.
            with contextlib.suppress(TimeoutError):
                for _ in range(DRAIN_COUNT):
                    self._connection.drain_events(timeout=0.001)

    def wake(self) -> None:
        """End the wait of a step."""
        # A full buffer wakes as well, and behind a closed socket nobody waits.
        with contextlib.suppress(OSError):
            self._writer.send(b"!")

    def acknowledge(self) -> None:
        """Acknowledge what was settled: it is settled in the order in which it came."""
        latest = 0
        while self._settled:
            latest = self._settled.popleft()
        if latest:
            self._channel.basic_ack(latest, multiple=True)

    def close(self) -> None:
        """Disconnect."""
        super().close()
        self.close_sockets()

    def close_sockets(self) -> None:
        """Let go of the sockets by which threads wake the session."""
        self._reader.close()
        self._writer.close()


class MemorySession(Session):
    """The memory transport: waits for an event that its channel sets when something arrives."""

    def __init__(self, amqp_url: str, name: str, incoming: Incoming) -> None:
        self._arrived = threading.Event()
        topology.MemoryChannel.arrivals[name] = self._arrived
        super().__init__(topology.connect_in_memory(amqp_url), [name], incoming)

    def step(self, seconds: float) -> None:
        """Acknowledge, and take what has arrived."""
        self.acknowledge()
        with contextlib.suppress(TimeoutError):
            while True:
                self._connection.drain_events(timeout=0)
        self._arrived.wait(seconds)
        # Behind the wait: whoever wakes it between two steps ends the next one.
        self._arrived.clear()

    def wake(self) -> None:
        """End the wait of a step."""
        self._arrived.set()


def open_session(
    amqp_url: str, name: str, incoming: Incoming, *, stirs: Callable[[], None] = lambda: None
) -> Session:
    """Connect to the broker and start taking what is in a service's queue.

    ``stirs`` is called where RabbitMQ has sent something that is yet to be read.
    """
    if topology.is_memory(amqp_url):
        return MemorySession(amqp_url, name, incoming)
    return RabbitSession(amqp_url, name, incoming, stirs)


def _read(message: Any, fault: str = "") -> Message:
    body = message.body
    headers = message.headers or {}
    properties = message.properties or {}
    way = message.delivery_info or {}
    deaths = headers.get("x-death")
    if not fault and deaths:
        fault = f"dead-lettered by the broker: {deaths[0].get('reason', 'unknown')}"
    return Message(
        body=body.encode() if isinstance(body, str) else bytes(body),
        content_type=str(message.content_type or ""),
        replay=str(headers.get(REPLAY_HEADER, "")),
        fault=fault,
        sender=str(properties.get("user_id") or ""),
        routed_as=str(way["routing_key"]) if way.get("exchange") == topology.EXCHANGE else "",
    )
