"""What we ask of a broker, asked of both: RabbitMQ, and the memory transport of the embedded run.

Each says what it cannot do; that is asserted too, so that it is known when it changes.
"""

import contextlib
import queue
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pika
import pytest

from chassis import config, topology
from chassis.auth import Principal
from chassis.consumer import Consumer
from chassis.consumer.sessions import open_session
from chassis.events import decode
from chassis.relay import Relay
from chassis.relay.publishers import Entry, MemoryPublisher, RabbitPublisher, Unconfirmed
from chassis.replay import Replay
from tests.support.eventually import eventually
from tests.support.sample import ledger
from tests.support.sample.contracts import ItemAdded, ItemMoved
from tests.support.sample.fixtures import PROFILE
from tests.support.sample.messages import wrap
from tests.support.sample.roles import forget_topology
from tests.support.sample.services import add_item, reader, shelf

KEEPS_MESSAGES_OVER_A_RESTART = "keeps messages over a restart"
TELLS_OF_THE_UNROUTABLE = "tells of the unroutable"
COUNTS_DELIVERIES = "gives up after too many deliveries"
KEEPS_THE_UNROUTED = "keeps what nobody listens to"


@dataclass(frozen=True)
class Transport:
    name: str
    url: str
    cannot: frozenset[str]

    def publisher(self):
        if self.name == "memory":
            return MemoryPublisher(self.url)
        return RabbitPublisher(self.url, "shelf")


@pytest.fixture(
    params=[
        pytest.param("memory", marks=[]),
        pytest.param("rabbitmq", marks=[pytest.mark.broker]),
    ]
)
def transport(request):
    if request.param == "memory":
        topology.forget_memory()
        yield Transport(
            "memory",
            "memory://",
            frozenset(
                {
                    KEEPS_MESSAGES_OVER_A_RESTART,
                    TELLS_OF_THE_UNROUTABLE,
                    COUNTS_DELIVERIES,
                    KEEPS_THE_UNROUTED,
                }
            ),
        )
        topology.forget_memory()
        return
    url = request.getfixturevalue("rabbitmq").url
    forget_topology(url)
    yield Transport("rabbitmq", url, frozenset())
    forget_topology(url)


@pytest.fixture
def declared(transport):
    topology.declare(transport.url, shelf)
    topology.declare(transport.url, reader)
    return transport


def entry(event: Any, sequence: int, position: int = 1) -> Entry:
    body = wrap(event, sequence)
    envelope = decode(body)
    return Entry(
        position=position,
        id=envelope.id,
        type=envelope.type,
        correlation_id=envelope.correlationid,
        occurred_at=int(envelope.time.timestamp()),
        body=body,
    )


def story(count: int, item_id: UUID | None = None) -> list[Entry]:
    item_id = item_id or uuid4()
    first = entry(ItemAdded(item_id=item_id, number=0), 1)
    rest = [
        entry(ItemMoved(item_id=item_id, number=number), number + 1, number + 1)
        for number in range(1, count)
    ]
    return [first, *rest]


class Wire:
    """A publisher and a session, used by hand."""

    def __init__(self, transport, database):
        self.transport = transport
        self.incoming = queue.SimpleQueue()
        # Whether there was nothing yet, each time the session said that something stirs.
        self.stirs = []
        self._closing = contextlib.ExitStack()
        self.connection = self._closing.enter_context(database.dedicated("test"))
        self.publisher = transport.publisher()
        self.publisher.open()
        self._closing.callback(self.publisher.close)

    def listen(self):
        session = open_session(
            self.transport.url,
            "reader",
            self.incoming,
            stirs=lambda: self.stirs.append(self.incoming.empty()),
        )
        self._closing.callback(session.close)
        return session

    def publish(self, entries):
        self.publisher.publish(entries)
        confirmed = []
        end = time.monotonic() + 10
        while len(confirmed) < len(entries) and time.monotonic() < end:
            self.publisher.wait(self.connection, 0.1)
            confirmed += self.publisher.confirmed()
        return sorted(confirmed)

    def take(self, session, count, within=10):
        taken = []
        end = time.monotonic() + within
        while len(taken) < count and time.monotonic() < end:
            session.step(0.05)
            with contextlib.suppress(queue.Empty):
                while True:
                    taken.append(self.incoming.get_nowait())
        return taken

    def close(self):
        self._closing.close()


@pytest.fixture
def service():
    return reader


@pytest.fixture
def profile_path():
    return PROFILE


@pytest.fixture
def wire(declared, database):
    made = Wire(declared, database)
    yield made
    made.close()


def test_what_is_published_is_confirmed_and_arrives_byte_for_byte(wire):
    session = wire.listen()
    entries = story(5)

    assert wire.publish(entries) == [1, 2, 3, 4, 5]

    taken = wire.take(session, 5)
    assert [each.message.body for each in taken] == [each.body for each in entries]
    assert {each.message.content_type for each in taken} == {"application/cloudevents+json"}


def test_two_thousand_arrive_each_once_and_in_order(wire):
    session = wire.listen()
    entries = story(2000)

    assert wire.publish(entries) == list(range(1, 2001))

    taken = []
    while len(taken) < 2000:
        more = wire.take(session, 1)
        assert more
        taken += more
        session.settled([each.tag for each in more])
    assert [each.message.body for each in taken] == [each.body for each in entries]


def test_what_is_acknowledged_does_not_come_again(wire):
    first = wire.listen()
    wire.publish(story(3))
    taken = wire.take(first, 3)
    first.settled([each.tag for each in taken])
    first.step(0.1)
    first.close()

    assert wire.take(wire.listen(), 1, within=0.5) == []


def test_what_is_not_acknowledged_comes_again(wire):
    first = wire.listen()
    entries = story(3)
    wire.publish(entries)
    taken = wire.take(first, 3)
    first.settled([taken[0].tag])
    first.step(0.1)
    first.close()

    again = wire.take(wire.listen(), 2)
    assert {each.message.body for each in again} == {each.body for each in entries[1:]}


def test_no_more_is_taken_than_can_be_worked_on(wire):
    session = wire.listen()
    wire.publish(story(500))

    taken = wire.take(session, 500, within=1)

    assert len(taken) == 200


def test_another_thread_wakes_a_waiting_session(wire):
    session = wire.listen()
    session.step(0)
    is_woken = threading.Event()

    def wake():
        is_woken.set()
        session.wake()

    threading.Timer(0.1, wake).start()
    started = time.monotonic()
    # What came before may end a step, too.
    while not is_woken.is_set():
        session.step(5)

    assert time.monotonic() - started < 3


def test_an_event_wakes_a_waiting_session_at_once(wire):
    session = wire.listen()
    session.step(0)
    threading.Timer(0.2, lambda: wire.publish(story(1))).start()
    started = time.monotonic()

    assert len(wire.take(session, 1)) == 1
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "transport", [pytest.param("rabbitmq", marks=pytest.mark.broker)], indirect=True
)
def test_a_session_says_that_something_stirs_before_it_reads(wire):
    session = wire.listen()
    wire.publish(story(1))

    assert len(wire.take(session, 1)) == 1
    assert wire.stirs[0] is True


def test_what_nobody_listens_to_is_no_error(wire):
    unheard = entry(ItemAdded(item_id=uuid4(), number=0), 1)
    unheard = Entry(
        position=1,
        id=unheard.id,
        type="nobody.thing.happened.v1",
        correlation_id="",
        occurred_at=unheard.occurred_at,
        body=unheard.body,
    )

    assert wire.publish([unheard]) == [1]
    kept = KEEPS_THE_UNROUTED not in wire.transport.cannot
    assert _is_kept(wire.transport) == kept


def test_a_missing_exchange_is_told_of(wire, transport):
    if transport.name == "memory":
        topology.MemoryTransport.global_state.exchanges.pop(topology.EXCHANGE)
    else:
        with _channel(transport.url) as channel:
            channel.exchange_delete(topology.EXCHANGE)

    told = False
    try:
        wire.publish(story(1))
    except (Unconfirmed, KeyError):
        told = True

    assert told == (TELLS_OF_THE_UNROUTABLE not in transport.cannot)


def test_what_crashes_its_consumer_again_and_again_ends_among_the_dead(wire, transport):
    wire.publish(story(1))
    deliveries = 0
    dead = False
    for _ in range(topology.DELIVERY_LIMIT + 5):
        session = wire.listen()
        taken = wire.take(session, 1, within=5)
        deliveries += len(taken)
        dead = any(each.message.fault for each in taken)
        session.close()
        if dead or not taken:
            break

    assert dead == (COUNTS_DELIVERIES not in transport.cannot)
    assert deliveries >= topology.DELIVERY_LIMIT


def test_declaring_twice_changes_nothing(transport):
    assert topology.declare(transport.url, reader)
    assert not topology.declare(transport.url, reader)
    assert topology.probe(transport.url) == "ok"


@pytest.mark.broker
def test_asking_after_the_broker_leaves_nothing_there(rabbitmq, monkeypatch):
    forget_topology(rabbitmq.url)
    topology.declare(rabbitmq.url, reader)
    monkeypatch.setattr(topology, "PROBE_SECONDS", 0)

    assert [topology.probe(rabbitmq.url) for _ in range(3)] == ["ok"] * 3

    with _channel(rabbitmq.url) as channel:
        for queue in ("reader", "samspil.unrouted"):
            assert channel.queue_declare(queue, passive=True).method.message_count == 0
    forget_topology(rabbitmq.url)


@pytest.mark.broker
def test_a_queue_with_other_limits_is_told_of_at_start(rabbitmq):
    forget_topology(rabbitmq.url)
    with _channel(rabbitmq.url) as channel:
        channel.queue_declare("reader", durable=True, arguments={"x-queue-type": "quorum"})

    with pytest.raises(topology.TopologyFault, match="reader"):
        topology.declare(rabbitmq.url, reader)
    forget_topology(rabbitmq.url)


@pytest.mark.broker
def test_a_dead_letter_path_that_leads_nowhere_is_told_of_and_mended_at_start(rabbitmq):
    forget_topology(rabbitmq.url)
    topology.declare(rabbitmq.url, reader)
    with _channel(rabbitmq.url) as channel:
        channel.queue_unbind("reader.dead", "samspil.dead", "reader")
        channel.confirm_delivery()
        with pytest.raises(topology.TopologyFault, match="does not lead to"):
            topology._prove_dead_letters(channel, "reader")

        topology.declare(rabbitmq.url, reader)

        topology._prove_dead_letters(channel, "reader")
    forget_topology(rabbitmq.url)


# The roles on top of it, whole


class Running:
    """Relay and consumer of the sample services, as threads."""

    def __init__(self, databases, settings):
        self.databases = databases
        self.settings = settings
        self.stop = threading.Event()
        self.threads = []

    def start(self, *names):
        for name in names:
            service, role = {
                "relay": (shelf, Relay),
                "consume": (reader, Consumer),
            }[name]
            made = role(service, self.settings[service.name], self.databases[service.name])
            thread = threading.Thread(target=made.run, args=(self.stop,))
            thread.start()
            self.threads.append(thread)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=20)
        self.stop = threading.Event()
        self.threads = []

    def post(self, count, moves=1, mode=""):
        posted = []
        for _ in range(count):
            item_id = uuid4()
            with self.databases["shelf"].unit_of_work(Principal.of_service("shelf")) as work:
                add_item(work, item_id, moves=moves, mode=mode)
            posted += [(item_id, number) for number in range(moves + 1)]
        return posted

    def done(self):
        return ledger.lines(self.databases["reader"])


@pytest.fixture
def running(transport, postgres):
    databases, settings = {}, {}
    suffix = uuid4().hex[:8]
    for each in (shelf, reader):
        settings[each.name] = config.load(
            each.settings,
            {
                "DATABASE_URL": postgres.ensure_database(f"{each.name}_{suffix}"),
                "AMQP_URL": transport.url,
                "PROFILE": str(PROFILE),
            },
        )
        each.migrate(settings[each.name])
        databases[each.name] = each.database(settings[each.name])
    made = Running(databases, settings)
    yield made
    made.end()
    for database in databases.values():
        database.close()


def test_everything_that_is_published_is_handled_once_and_in_order(running):
    running.start("relay", "consume")

    posted = running.post(50, moves=3)

    eventually(lambda: _require(sorted(running.done()) == sorted(posted)), within=30)
    histories = set(ledger.copies(running.databases["reader"]).values())
    assert histories == {"0 1 2 3"}


def test_what_was_published_while_nobody_consumed_is_handled_later(running):
    running.start("relay")
    posted = running.post(20)
    eventually(lambda: _require(_pending(running) == 0), within=20)

    running.start("consume")

    eventually(lambda: _require(sorted(running.done()) == sorted(posted)), within=20)


def test_a_restart_loses_nothing_and_does_nothing_twice(running, transport):
    running.start("relay", "consume")
    posted = running.post(20, moves=2)
    running.end()
    posted += running.post(5)
    if KEEPS_MESSAGES_OVER_A_RESTART in transport.cannot:
        # As the end of the process would. What the broker forgets, the event log sends again.
        topology.forget_memory()
        topology.declare(transport.url, shelf)
        topology.declare(transport.url, reader)

    running.start("relay", "consume")

    eventually(lambda: _require(sorted(running.done()) == sorted(posted)), within=30)


def test_what_fails_is_tried_again_and_waits_for_nobody(running, clock):
    running.start("relay", "consume")
    failing = running.post(1, moves=0, mode="poison")
    posted = running.post(10)

    eventually(lambda: _require(sorted(running.done()) == sorted(posted)), within=20)
    (row,) = ledger.rows(running.databases["reader"], "SELECT * FROM inbox WHERE status = 'failed'")
    assert row.subject == f"item/{failing[0][0]}"

    def tried_six_times():
        clock.move(timedelta(minutes=11))
        (row,) = ledger.rows(
            running.databases["reader"], "SELECT * FROM inbox WHERE body IS NOT NULL"
        )
        assert (row.status, row.attempts) == ("dead", 6)

    eventually(tried_six_times, within=30, every=0.3)


def test_a_replay_goes_to_one_receiver_and_is_handled_once(running):
    running.start("relay", "consume")
    posted = running.post(10)
    eventually(lambda: _require(sorted(running.done()) == sorted(posted)), within=20)

    again = Replay(running.databases["shelf"], running.settings["shelf"].amqp_url, "reader")
    positions = again.select(lambda type_: type_.startswith("shelf."))
    assert again.send(positions) == 20
    posted += running.post(1)

    eventually(lambda: _require(sorted(running.done()) == sorted(posted)), within=20)


def test_a_worker_does_what_handlers_leave_for_it(running):
    running.start("relay", "consume")
    running.post(5, moves=0, mode="job")

    def all_done():
        rows = ledger.rows(running.databases["reader"], "SELECT done_at FROM job")
        assert len(rows) == 5
        assert all(row.done_at for row in rows)

    eventually(all_done, within=20)


def _pending(running):
    query = "SELECT count(*) AS n FROM event_log WHERE published_at IS NULL"
    return ledger.rows(running.databases["shelf"], query)[0].n


@contextlib.contextmanager
def _channel(url):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    yield connection.channel()
    connection.close()


def _is_kept(transport):
    if transport.name == "memory":
        return topology.UNROUTED in topology.MemoryChannel.queues
    with _channel(transport.url) as channel:
        return eventually(
            lambda: _require_count(
                channel.queue_declare(topology.UNROUTED, passive=True).method.message_count
            )
        )


def _require_count(count):
    assert count == 1
    return True


def _require(holds):
    assert holds
