"""How long it takes from a commit to the handler, beside a direct publish by kombu.

Each side handles in a process of its own, as in production, and so does our relay. A handler says
when it was reached on its standard output; the clock is the machine's, the same in every process.

    python -m tests.bench.latency consume      our consumer
    python -m tests.bench.latency direct       kombu's
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any
from uuid import uuid4

import kombu

from chassis import config, telemetry
from chassis.auth import Principal
from chassis.consumer import Consumer
from chassis.database import Database, UnitOfWork
from chassis.handlers import Handlers
from chassis.service import Service
from tests.bench.measure import Result, Side, interleave
from tests.bench.stage import PADDING, QUEUE_ARGUMENTS, Stage, standing, until
from tests.support.sample.contracts import ItemAdded
from tests.support.sample.model import ReaderBase
from tests.support.sample.services import shelf

COUNT = 100
PAUSE_SECONDS = 0.1
QUEUE = kombu.Queue(
    "direct-bench",
    kombu.Exchange("direct-bench"),
    routing_key="direct-bench",
    queue_arguments=QUEUE_ARGUMENTS,
)

handlers = Handlers()


def say_reached(name: object) -> None:
    """Tell the process that measures."""
    sys.stdout.write(f"{name} {time.monotonic()}\n")
    sys.stdout.flush()


@handlers.project(ItemAdded)
def note_arrival(event: ItemAdded, work: UnitOfWork) -> None:
    """Say when it got here."""
    del work
    say_reached(event.item_id)


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
    with standing() as stage, ExitStack() as closing:
        settings = stage.settings_of(shelf)
        for service in (shelf, listener):
            service.migrate(stage.settings_of(service))
        database = shelf.database(settings)
        closing.callback(database.close)
        relay = "tests.support.sample.shelf"
        closing.enter_context(_process(_environment(stage, shelf), relay, "relay"))
        reached = {
            role: closing.enter_context(
                _process(_environment(stage, listener), "tests.bench.latency", role)
            )
            for role in ("consume", "direct")
        }
        connection = kombu.Connection(stage.broker_url, transport_options={"confirm_publish": True})
        producer = closing.enter_context(connection).Producer(exchange=QUEUE.exchange)
        QUEUE(producer.channel).declare()
        found = interleave(
            {
                "ours": lambda: _commit_to_handler(database, reached["consume"]),
                "direct": lambda: _publish_to_handler(producer, reached["direct"]),
            }
        )
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


def _commit_to_handler(database: Database, reached: Mapping[str, float]) -> float:
    """Milliseconds from the return of a commit to the handler, the median of many."""
    sent: dict[str, float] = {}
    for _ in range(COUNT):
        item_id = uuid4()
        with (
            telemetry.tracing(),
            database.unit_of_work(Principal.of_service("shelf")) as work,
        ):
            work.emit(ItemAdded(item_id=item_id, number=0, mode=PADDING))
        sent[str(item_id)] = time.monotonic()
        time.sleep(PAUSE_SECONDS)
    return _median(sent, reached)


def _publish_to_handler(producer: Any, reached: Mapping[str, float]) -> float:
    """Milliseconds from a publish, which is durable only with its confirm, to the handler."""
    sent: dict[str, float] = {}
    for _ in range(COUNT):
        id_ = str(uuid4())
        sent[id_] = time.monotonic()
        producer.publish(
            {"id": id_, "text": "x" * 1000}, routing_key="direct-bench", delivery_mode=2
        )
        time.sleep(PAUSE_SECONDS)
    return _median(sent, reached)


def _median(sent: Mapping[str, float], reached: Mapping[str, float]) -> float:
    until(lambda: sent.keys() <= reached.keys())
    return median(max(0.0, reached[each] - at) * 1000 for each, at in sent.items())


# The processes


def _environment(stage: Stage, service: Service) -> dict[str, str]:
    settings = stage.settings_of(service)
    return {
        "DATABASE_URL": settings.database_url,
        "AMQP_URL": settings.amqp_url,
        "PROFILE": str(settings.profile_path),
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def _process(
    environment: Mapping[str, str], module: str, role: str
) -> Iterator[Mapping[str, float]]:
    """Run a role; give what it says it has reached, and when."""
    reached: dict[str, float] = {}
    with subprocess.Popen(
        [sys.executable, "-m", module, role],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        reader = threading.Thread(target=_read, args=(process.stdout, reached))
        reader.start()
        try:
            yield reached
        finally:
            process.terminate()
            reader.join()


def _read(lines: Any, reached: dict[str, float]) -> None:
    for line in lines:
        name, at = line.split()
        reached[name] = float(at)


def _consume() -> None:
    settings = config.load(listener.settings)
    telemetry.configure_logging(level=settings.log_level)
    database = listener.database(settings)
    Consumer(listener, settings, database).run(_stopped())
    database.close()


def _consume_directly() -> None:
    """A peer without durability of its own: handle, acknowledge."""

    def received(message: Any) -> None:
        say_reached(json.loads(message.body)["id"])
        message.ack()

    stop = _stopped()
    with kombu.Connection(os.environ["AMQP_URL"]) as connection, connection.channel() as channel:
        consumer = kombu.Consumer(channel, [QUEUE], on_message=received, prefetch_count=50)
        consumer.consume()
        while not stop.is_set():
            try:
                connection.drain_events(timeout=0.2)
            except TimeoutError:
                continue


def _stopped() -> threading.Event:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    {"consume": _consume, "direct": _consume_directly}[sys.argv[1]]()
