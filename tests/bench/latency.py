"""How long it takes from a commit to the handler, beside a direct publish by kombu."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import kombu

from chassis import telemetry
from chassis.auth import Principal
from chassis.consumer import Consumer
from chassis.database import Database, UnitOfWork
from chassis.handlers import Handlers
from chassis.relay import Relay
from chassis.service import Service
from tests.bench.measure import Result, Side, interleave
from tests.bench.stage import PADDING, QUEUE_ARGUMENTS, standing, until
from tests.support.sample.contracts import ItemAdded
from tests.support.sample.model import ReaderBase
from tests.support.sample.services import shelf

COUNT = 60
PAUSE_SECONDS = 0.1

handlers = Handlers()
arrivals: dict[UUID, float] = {}


@handlers.project(ItemAdded)
def note_arrival(event: ItemAdded, work: UnitOfWork) -> None:
    """Say when it got here."""
    del work
    arrivals[event.item_id] = time.perf_counter()


listener = Service(
    name="reader",
    title="Reader",
    package="tests.support.sample.reader",
    metadata=ReaderBase.metadata,
    blueprints=[],
    handlers=handlers,
    permissions={},
)


def measure() -> Iterator[Result]:
    """Send ten a second, ours and theirs in turn."""
    with standing() as stage:
        from_settings, to_settings = (stage.settings_of(each) for each in (shelf, listener))
        shelf.migrate(from_settings)
        listener.migrate(to_settings)
        source, target = shelf.database(from_settings), listener.database(to_settings)
        stop = threading.Event()
        roles = [
            Relay(shelf, from_settings, source).run,
            Consumer(listener, to_settings, target).run,
        ]
        threads = [threading.Thread(target=role, args=(stop,)) for role in roles]
        for thread in threads:
            thread.start()
        try:
            with _direct(stage.broker_url) as direct:
                found = interleave({"ours": lambda: _commit_to_handler(source), "direct": direct})
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            source.close()
            target.close()
    yield Result(
        name="commit to handler",
        text="p50 from commit to handler; a direct publish with confirm by kombu",
        ratios=[a / b for a, b in zip(found["ours"], found["direct"], strict=True)],
        goal=1.5,
        at_most=True,
        sides=[
            Side("commit → log → relay → inbox → handler", "ms", found["ours"]),
            Side("publish by kombu → handler", "ms", found["direct"]),
        ],
    )


def _commit_to_handler(database: Database) -> float:
    """Milliseconds from the return of a commit to the handler, the median of many."""
    sent: dict[UUID, float] = {}
    for _ in range(COUNT):
        item_id = uuid4()
        with (
            telemetry.tracing(),
            database.unit_of_work(Principal.of_service("shelf")) as work,
        ):
            work.emit(ItemAdded(item_id=item_id, number=0, mode=PADDING))
        sent[item_id] = time.perf_counter()
        time.sleep(PAUSE_SECONDS)
    until(lambda: sent.keys() <= arrivals.keys())
    return median(max(0.0, arrivals[each] - at) * 1000 for each, at in sent.items())


@contextmanager
def _direct(url: str) -> Iterator[Callable[[], float]]:
    """A peer without durability of its own: publish with confirm, handle, acknowledge."""
    arrived: dict[str, float] = {}
    stop = threading.Event()

    def consume() -> None:
        with kombu.Connection(url) as connection, connection.channel() as channel:

            def received(message: Any) -> None:
                arrived[json.loads(message.body)["id"]] = time.perf_counter()
                message.ack()

            consumer = kombu.Consumer(
                channel, [queue], on_message=received, prefetch_count=50, auto_declare=True
            )
            consumer.consume()
            while not stop.is_set():
                try:
                    connection.drain_events(timeout=0.2)
                except TimeoutError:
                    continue

    queue = kombu.Queue(
        "direct-bench",
        kombu.Exchange("direct-bench"),
        routing_key="direct-bench",
        queue_arguments=QUEUE_ARGUMENTS,
    )
    thread = threading.Thread(target=consume)
    thread.start()
    with kombu.Connection(url, transport_options={"confirm_publish": True}) as connection:
        producer = connection.Producer(exchange=queue.exchange)
        queue(producer.channel).declare()

        def publish() -> float:
            sent: dict[str, float] = {}
            for _ in range(COUNT):
                id_ = uuid4().hex
                sent[id_] = time.perf_counter()
                producer.publish(
                    {"id": id_, "text": "x" * 1000}, routing_key="direct-bench", delivery_mode=2
                )
                time.sleep(PAUSE_SECONDS)
            until(lambda: sent.keys() <= arrived.keys())
            return median((arrived[each] - at) * 1000 for each, at in sent.items())

        try:
            yield publish
        finally:
            stop.set()
            thread.join()
