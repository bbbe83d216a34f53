"""What the broker must hold, derived from the handlers."""

import re
import socket
import threading
import time

import pytest

from chassis import broker, topology
from chassis.handlers import Handlers
from tests.support.sample.contracts import ItemAdded, ItemMoved, ReceiptGiven
from tests.support.sample.services import reader, shelf


def test_a_service_hears_everything_of_each_aggregate_it_handles():
    handlers = Handlers()
    for each in (ItemAdded, ItemMoved, ReceiptGiven):
        handlers.on(each)(lambda _event, _work: None)

    assert topology.bindings(handlers) == ["reader.receipt.#", "shelf.item.#"]


def test_a_service_without_handlers_hears_nothing():
    assert topology.bindings(shelf.handlers) == []


def test_the_broker_vouches_only_where_a_service_has_its_own_account():
    own = topology.parameters("amqp://reader:secret@broker/", "test")
    shared = topology.parameters("amqp://guest:guest@broker/", "test")

    assert topology.vouched_user(own, "reader") == "reader"
    assert topology.vouched_user(shared, "reader") is None


def test_on_a_guarded_broker_an_account_publishes_its_own_events_and_takes_from_its_own_queue():
    held = broker.definitions([shelf, reader])

    allowed = {row["user"]: row for row in held["permissions"]}["reader"]
    topics = {row["user"]: row for row in held["topic_permissions"]}["reader"]
    assert not re.search(allowed["configure"], "reader")
    assert re.search(allowed["write"], topology.EXCHANGE)
    assert not any(re.search(allowed["write"], each) for each in ("samspil.dead", "shelf", ""))
    assert re.search(topics["write"], "reader.receipt.given.v1")
    assert not re.search(topics["write"], "shelf.item.added.v1")
    assert not re.search(topics["write"], "readers.receipt.given.v1")
    assert all(re.search(allowed["read"], each) for each in ("reader", "reader.dead"))
    assert not any(re.search(allowed["read"], each) for each in ("shelf", "xreader", "reader.d"))


def test_the_definitions_bind_every_queue_as_its_service_would():
    held = broker.definitions([shelf, reader])

    bound = {(row["source"], row["destination"], row["routing_key"]) for row in held["bindings"]}
    expected = {("samspil.events", "reader", each) for each in topology.bindings(reader.handlers)}
    expected |= {("samspil.dead", f"{each}.dead", each) for each in ("shelf", "reader")}
    assert bound == expected | {("samspil.unrouted", "samspil.unrouted", "")}
    assert {row["name"] for row in held["queues"]} == {
        *("shelf", "shelf.dead", "reader", "reader.dead", "samspil.unrouted")
    }


def test_every_wait_for_the_broker_has_an_end():
    found = topology.parameters("amqp://guest:guest@broker/", "test")

    assert 10 <= found.heartbeat <= 20
    assert found.blocked_connection_timeout
    assert found.socket_timeout
    assert found.stack_timeout


def test_the_memory_transport_is_always_there():
    assert topology.probe("memory://") == "ok"


def test_a_broker_that_refuses_is_told_of_in_a_word():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]

        assert topology.probe(f"amqp://guest:guest@127.0.0.1:{port}/") == "AMQPConnectionError"


@pytest.fixture
def silent_broker():
    """Takes connections and says nothing, as a frozen one does."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"amqp://guest:guest@127.0.0.1:{listening.getsockname()[1]}/"


def test_a_broker_that_is_silent_is_told_of_soon(silent_broker):
    started = time.monotonic()

    assert topology.probe(silent_broker) == "AMQPConnectorStackTimeout"
    assert time.monotonic() - started < 5


def test_a_broker_that_is_silent_is_a_fault_of_the_broker(silent_broker, monkeypatch):
    monkeypatch.setattr(topology, "STACK_SECONDS", 1)

    with pytest.raises(topology.BROKER_FAULTS):
        topology.declare(silent_broker, reader)


def test_many_who_ask_at_once_ask_once(monkeypatch):
    asked = []

    def ask(url):
        asked.append(url)
        return "ok"

    monkeypatch.setattr(topology, "_ask", ask)
    threads = [
        threading.Thread(target=topology.probe, args=("amqp://somewhere/",)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(asked) == 1
