"""Exchanges, queues and bindings.

What the broker must hold for a service, derived from its handlers.

::

    samspil.events (topic) ──<publisher>.<aggregate>.#──► <service> (quorum)
          │ nobody listens                                    │ delivered too often
          ▼                                                   ▼
    samspil.unrouted (fanout) ► samspil.unrouted        samspil.dead (direct) ► <service>.dead

An account that may not declare finds all of this made by the broker's operators, from the file that
:mod:`chassis.broker` writes.

All limits are explicit, because their defaults differ between RabbitMQ 3.10 and 4.x. A queue that
dead-letters "at least once" keeps its messages when the dead-letter exchange leads nowhere, so
that binding is made first and proven by sending a message through it.

The broker's dead letters are only the second net: a message whose handler fails becomes a row (see
:mod:`chassis.inbox`).
"""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import amqp
import kombu
import pika
from kombu.exceptions import KombuError
from kombu.transport import memory
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ConnectionBlockedTimeout,
    UnroutableError,
)

from chassis import telemetry
from chassis.events import registered
from chassis.operations import BLOCKED

if TYPE_CHECKING:
    from chassis.handlers import Handlers
    from chassis.service import Service

log = telemetry.logger(__name__)

EXCHANGE: Final = "samspil.events"
UNROUTED: Final = "samspil.unrouted"
DEAD: Final = "samspil.dead"
DELIVERY_LIMIT: Final = 20
MAX_LENGTH: Final = 1_000_000
MAX_LENGTH_BYTES: Final = 4 * 1024**3
UNROUTED_LENGTH: Final = 100_000
REROUTE_COUNT: Final = 10_000
HEARTBEAT_SECONDS: Final = 15
STACK_SECONDS: Final = 10
# Bindings go with their exchange and nobody is told: consumers declare all of it anew so often, and
# a relay that made the exchange anew waits until they have.
CHECK_SECONDS: Final = 10.0
REBIND_SECONDS: Final = 15.0
PROBE_SECONDS: Final = 3
BLOCKED_PROBE_SECONDS: Final = 0.5
PROBE: Final = "samspil.probe"
_ACCESS_REFUSED: Final = 403


EXCHANGES: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    # The alternate exchange before the one that names it.
    UNROUTED: ("fanout", {}),
    EXCHANGE: ("topic", {"alternate-exchange": UNROUTED}),
    DEAD: ("direct", {}),
}
_QUORUM: Final = {"x-queue-type": "quorum"}
# What nobody listens to may name people, and no erasure reaches it: it goes by itself. The event
# log has it all the same.
UNROUTED_SECONDS: Final = 7 * 24 * 3600
UNROUTED_QUEUE: Final = {
    **_QUORUM,
    "x-max-length": UNROUTED_LENGTH,
    "x-message-ttl": UNROUTED_SECONDS * 1000,
    "x-overflow": "drop-head",
}
DEAD_QUEUE: Final = {**_QUORUM, "x-max-length": MAX_LENGTH, "x-overflow": "reject-publish"}


def queue_arguments(service: str) -> dict[str, Any]:
    """The limits of a service's queue, and where it dead-letters to."""
    return {
        **_QUORUM,
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-max-length": MAX_LENGTH,
        "x-max-length-bytes": MAX_LENGTH_BYTES,
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": service,
        "x-dead-letter-strategy": "at-least-once",
    }


class TopologyFault(Exception):
    """The broker holds something else under our names, or a dead-letter path leads nowhere."""


# Whatever of these is raised says that the broker, or the way to it, is at fault. A connection that
# takes too long is no AMQPError to pika.
BROKER_FAULTS: Final = (
    AMQPError,
    AMQPConnectorException,
    KombuError,
    OSError,
    TopologyFault,
    amqp.exceptions.AMQPError,
)


def dead_queue(service: str) -> str:
    """The name of a service's dead-letter queue at the broker."""
    return f"{service}.dead"


def bindings(handlers: "Handlers") -> list[str]:
    """The patterns a service's queue is bound with.

    One for each aggregate of which it handles any event: it then gets all events of the aggregate,
    so that their sequence has no gaps.
    """
    aggregates = {
        (cls.SERVICE, cls.AGGREGATE)
        for type_, cls in registered().items()
        if type_ in handlers.types
    }
    return sorted(f"{service}.{aggregate}.#" for service, aggregate in aggregates)


def is_memory(amqp_url: str) -> bool:
    """Whether this is the transport of the embedded run: in one process, and keeping nothing."""
    return amqp_url.startswith("memory:")


def parameters(amqp_url: str, name: str) -> pika.URLParameters:
    """What pika needs to connect; every wait has an end.

    ``name`` is shown in the broker's list of connections.
    """
    found = pika.URLParameters(amqp_url)
    found.heartbeat = HEARTBEAT_SECONDS
    found.blocked_connection_timeout = 10
    found.socket_timeout = 5
    found.stack_timeout = STACK_SECONDS
    found.connection_attempts = 1
    found.client_properties = {"connection_name": name}
    return found


def vouched_user(found: pika.URLParameters, service: str) -> str | None:
    """Return the account that the broker vouches for as publisher, where each service has its own.

    The broker refuses a message whose ``user_id`` is not the account it came by.
    """
    user = str(found.credentials.username)
    return user if user == service else None


def declare(amqp_url: str, service: "Service") -> bool:
    """Make sure of everything a service needs at the broker.

    Harmless when it is there. Returns whether the service's queue had to be made: what was
    published before never reached it, but for what nobody else got either, which is sent once more.
    An account that may not declare looks whether it is there. Raises :class:`TopologyFault`, or a
    pika or kombu error where the broker is away.
    """
    if is_memory(amqp_url):
        return _declare_in_memory(amqp_url, service.name, bindings(service.handlers))
    connection = pika.BlockingConnection(parameters(amqp_url, f"{service.name} topology"))
    try:
        if (amqp_url, service.name) in _not_allowed:
            _require(connection.channel(), service.name)
            return False
        is_new = not _exists(connection, service.name)
        channel = connection.channel()
        channel.confirm_delivery()
        try:
            _declare(channel, service.name, bindings(service.handlers))
        except ChannelClosedByBroker as error:
            if error.reply_code != _ACCESS_REFUSED:
                raise
            # Known from now on: each refusal is a line in the broker's log.
            _not_allowed.add((amqp_url, service.name))
            _require(connection.channel(), service.name)
            return False
        _send_unrouted_again(channel, (amqp_url, service.name), is_new=is_new)
        return is_new
    except ChannelClosedByBroker as error:
        raise TopologyFault(f"{service.name}: {error.reply_text}") from error
    finally:
        if connection.is_open:
            connection.close()


_not_allowed: set[tuple[str, str]] = set()


def _require(channel: BlockingChannel, name: str) -> None:
    """Look whether the operators made what a service needs; every account may look."""
    for exchange in (EXCHANGE, DEAD, UNROUTED):
        channel.exchange_declare(exchange, passive=True)
    for queue in (name, dead_queue(name), UNROUTED):
        channel.queue_declare(queue, passive=True)


def _exists(connection: pika.BlockingConnection, queue: str) -> bool:
    try:
        connection.channel().queue_declare(queue, passive=True)
    except ChannelClosedByBroker:
        return False
    return True


_left_unrouted: dict[tuple[str, str], int] = {}


def _send_unrouted_again(
    channel: BlockingChannel, asking: tuple[str, str], *, is_new: bool
) -> None:
    """Send what nobody listened to once more: a queue or a binding that was lost is there again.

    What is left after that interests nobody; it is let be until there is more or less of it.
    """
    waiting = _count_unrouted(channel)
    if is_new or waiting != _left_unrouted.get(asking, 0):
        for _ in range(min(waiting, REROUTE_COUNT)):
            method, properties, body = channel.basic_get(UNROUTED)
            if method is None:
                break
            # Still unroutable, it comes back to the end of the queue, and its time begins anew: so
            # what has had its time is not sent.
            if time.time() - (properties.timestamp or time.time()) < UNROUTED_SECONDS:
                # The broker takes it from us only in our own name, and we are not who said it.
                properties.user_id = None
                channel.basic_publish(
                    EXCHANGE, properties.type or "", body, properties, mandatory=True
                )
            channel.basic_ack(method.delivery_tag)
        waiting = _count_unrouted(channel)
    _left_unrouted[asking] = waiting


def _count_unrouted(channel: BlockingChannel) -> int:
    return int(channel.queue_declare(UNROUTED, passive=True).method.message_count)


def has_lost_exchange(amqp_url: str) -> bool:
    """Whether the broker answers and lacks the exchange, and with it every binding.

    Raises a pika error where the broker is away.
    """
    if is_memory(amqp_url):
        return False
    connection = pika.BlockingConnection(parameters(amqp_url, "exchange"))
    try:
        connection.channel().exchange_declare(EXCHANGE, passive=True)
    except ChannelClosedByBroker:
        return True
    finally:
        if connection.is_open:
            connection.close()
    return False


def _declare(channel: BlockingChannel, name: str, patterns: Iterable[str]) -> None:
    for exchange, (kind, arguments) in EXCHANGES.items():
        channel.exchange_declare(exchange, kind, durable=True, arguments=arguments)
    channel.queue_declare(UNROUTED, durable=True, arguments=UNROUTED_QUEUE)
    channel.queue_bind(UNROUTED, UNROUTED)
    dead = dead_queue(name)
    channel.queue_declare(dead, durable=True, arguments=DEAD_QUEUE)
    channel.queue_bind(dead, DEAD, routing_key=name)
    _prove_dead_letters(channel, name)
    channel.queue_declare(name, durable=True, arguments=queue_arguments(name))
    for pattern in patterns:
        channel.queue_bind(name, EXCHANGE, routing_key=pattern)


def _prove_dead_letters(channel: BlockingChannel, name: str) -> None:
    """Send a message that expires at once down the dead-letter path.

    Unroutable means that the path leads nowhere.
    """
    try:
        channel.basic_publish(
            DEAD,
            name,
            b"",
            pika.BasicProperties(type=PROBE, app_id=name, expiration="0"),
            mandatory=True,
        )
    except UnroutableError as error:
        raise TopologyFault(f"{DEAD} does not lead to {dead_queue(name)}") from error


# The transport of the embedded run


class MemoryChannel(memory.Channel):
    """kombu's memory channel with two things more.

    It gives back what was not acknowledged, and it tells a sleeping consumer of what is new.
    """

    do_restore = True
    # Our own queues: what other users of kombu's memory transport in this process do is none of
    # our business.
    queues: dict[str, Any] = {}  # noqa: RUF012 - shared by design, as in kombu
    arrivals: dict[str, threading.Event] = {}  # noqa: RUF012

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        if (arrived := self.arrivals.get(queue)) is not None:
            arrived.set()

    def close(self) -> None:
        """Give back what was not acknowledged, and leave the queues alone."""
        super(memory.Channel, self).close()


class MemoryTransport(memory.Transport):
    """The memory transport with our channel."""

    Channel = MemoryChannel
    polling_interval = 0.001


def forget_memory() -> None:
    """Empty the memory transport, as the end of the process would (tests)."""
    MemoryChannel.queues.clear()
    MemoryTransport.global_state.clear()


def connect_in_memory(amqp_url: str) -> kombu.Connection:
    """Open the memory transport."""
    return kombu.Connection(amqp_url, transport=MemoryTransport)


def _declare_in_memory(amqp_url: str, name: str, patterns: Iterable[str]) -> bool:
    is_new = name not in MemoryChannel.queues
    with connect_in_memory(amqp_url) as connection, connection.channel() as channel:
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.queue_declare(name)
        for pattern in patterns:
            channel.queue_bind(name, EXCHANGE, pattern)
    return is_new


# Asking after the broker

_probed: dict[str, tuple[float, str]] = {}
_probing = threading.Lock()


def probe(amqp_url: str) -> str:
    """Whether the broker answers and takes messages: "ok", or a word of what is wrong.

    :data:`~chassis.operations.BLOCKED` while it is short of memory or disk and holds publishers up.
    The answer is remembered for a few seconds.
    """
    if is_memory(amqp_url):
        return "ok"
    with _probing:
        asked_at, answer = _probed.get(amqp_url, (float("-inf"), ""))
        if time.monotonic() - asked_at < PROBE_SECONDS:
            return answer
        answer = _ask(amqp_url)
        _probed[amqp_url] = (time.monotonic(), answer)
        return answer


def _ask(amqp_url: str) -> str:
    found = parameters(amqp_url, "probe")
    found.socket_timeout = 1
    found.stack_timeout = 2
    found.blocked_connection_timeout = BLOCKED_PROBE_SECONDS
    try:
        connection = pika.BlockingConnection(found)
    except BROKER_FAULTS as error:
        return type(error).__name__
    try:
        with connection.channel() as channel:
            channel.exchange_declare(EXCHANGE, passive=True)
            # It tells nobody of its alarms but who publishes. What is taken back goes nowhere; the
            # key begins with the account's name, because a guarded account may use no other.
            channel.tx_select()
            channel.basic_publish(EXCHANGE, f"{found.credentials.username}.probe", b"")
            channel.tx_rollback()
    except ConnectionBlockedTimeout:
        return BLOCKED
    except BROKER_FAULTS as error:
        return type(error).__name__
    finally:
        if connection.is_open:
            connection.close()
    return "ok"
