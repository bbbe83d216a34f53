"""How fast events are handled exactly once, beside a kombu consumer that commits each message."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import kombu
import orjson
import pika
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from chassis import config
from chassis.consumer import Consumer
from chassis.database import Database, UnitOfWork
from chassis.handlers import Handlers
from chassis.service import Service
from tests.bench.measure import Result, Side, interleave
from tests.bench.stage import PADDING, QUEUE_ARGUMENTS, event_bytes, require, standing, until
from tests.support.sample.contracts import ItemMoved
from tests.support.sample.model import Copy, ReaderBase

COUNT = 3000
ITEMS = [uuid4() for _ in range(100)]

handlers = Handlers()


@handlers.project(ItemMoved)
def count_move(event: ItemMoved, work: UnitOfWork) -> None:
    """An ordinary handler: find a row by the event's id, change it."""
    copy = work.get(Copy, event.item_id)
    copy.number += 1


counter = Service(
    name="reader",
    title="Reader",
    package="tests.support.sample.reader",
    metadata=ReaderBase.metadata,
    blueprints=[],
    handlers=handlers,
    permissions={},
)


def measure() -> Iterator[Result]:
    """Handle the same messages with the same handler, in our consumer and in kombu's."""
    with standing() as stage:
        settings = stage.settings_of(counter)
        counter.migrate(settings)
        database = counter.database(settings)
        with database.engine.begin() as connection:
            rows = [{"item_id": id_, "number": 0, "history": ""} for id_ in ITEMS]
            connection.execute(insert(Copy), rows)
            connection.execute(text("CREATE TABLE seen (id uuid PRIMARY KEY)"))
        sequences = dict.fromkeys(ITEMS, 0)
        with stage.channel() as channel:
            channel.queue_declare("bench", durable=True, arguments=QUEUE_ARGUMENTS)
            url = stage.broker_url
            found = interleave(
                {
                    "ours": lambda: _consume(settings, database, channel, sequences),
                    "session": lambda: _consume_by_kombu(url, database, channel, _with_session),
                    "psycopg": lambda: _consume_by_kombu(url, database, channel, _with_psycopg),
                }
            )
        database.close()
    yield Result(
        name="consumer against kombu",
        text="exactly-once consuming; the same handler in a kombu consumer, a commit per message",
        ratios=[a / b for a, b in zip(found["ours"], found["session"], strict=True)],
        goal=4,
        sides=[
            Side("our consumer", "messages/s", found["ours"]),
            Side("kombu, the same handler", "messages/s", found["session"]),
            Side("kombu, the handler written in bare psycopg", "messages/s", found["psycopg"]),
        ],
    )


def _fill(channel: Any, queue: str, sequences: dict[UUID, int] | None) -> None:
    channel.queue_purge(queue)
    for number in range(COUNT):
        item_id = ITEMS[number % len(ITEMS)]
        sequence = 1
        if sequences is not None:
            sequences[item_id] += 1
            sequence = sequences[item_id]
        _, body = event_bytes(ItemMoved(item_id=item_id, number=number, mode=PADDING), sequence)
        properties = pika.BasicProperties(
            content_type="application/cloudevents+json", delivery_mode=2
        )
        channel.basic_publish("", queue, body, properties)
    until(lambda: channel.queue_declare(queue, passive=True).method.message_count == COUNT)


def _consume(
    settings: config.Settings, database: Database, channel: Any, sequences: dict[UUID, int]
) -> float:
    _fill(channel, "reader", sequences)
    before = _counted(database)
    stop = threading.Event()
    thread = threading.Thread(target=Consumer(counter, settings, database).run, args=(stop,))
    thread.start()
    until(lambda: _counted(database) > before)
    started, first = time.monotonic(), _counted(database)
    until(lambda: _counted(database) == before + COUNT)
    elapsed = time.monotonic() - started
    stop.set()
    thread.join()
    return (before + COUNT - first) / elapsed


def _consume_by_kombu(
    url: str,
    database: Database,
    channel: Any,
    make: Callable[[Database], Callable[[dict[str, Any]], None]],
) -> float:
    _fill(channel, "bench", None)
    before = _counted(database)
    handle = make(database)
    done = 0

    def received(message: Any) -> None:
        nonlocal done
        handle(orjson.loads(message.body))
        message.ack()
        done += 1

    with kombu.Connection(url) as connection, connection.channel() as own:
        consumer = kombu.Consumer(
            own,
            [kombu.Queue("bench", no_declare=True)],
            on_message=received,
            auto_declare=False,
            prefetch_count=50,
        )
        consumer.consume()
        connection.drain_events(timeout=10)
        started = time.monotonic()
        while done < COUNT:
            connection.drain_events(timeout=10)
        elapsed = time.monotonic() - started
    require(_counted(database) == before + COUNT, "not all were handled")
    return (COUNT - 1) / elapsed


def _with_session(database: Database) -> Callable[[dict[str, Any]], None]:
    enter = text("INSERT INTO seen VALUES (:id) ON CONFLICT DO NOTHING")

    def handle(document: dict[str, Any]) -> None:
        with Session(database.engine, expire_on_commit=False) as session:
            if session.execute(enter, {"id": document["id"]}).rowcount:  # type: ignore[attr-defined]
                copy = session.get(Copy, UUID(document["data"]["item_id"]))
                copy.number += 1  # type: ignore[union-attr]
            session.commit()

    return handle


def _with_psycopg(database: Database) -> Callable[[dict[str, Any]], None]:
    connection = database.dedicated("bench")
    connection.autocommit = False

    def handle(document: dict[str, Any]) -> None:
        entered = connection.execute(
            "INSERT INTO seen VALUES (%s) ON CONFLICT DO NOTHING", (document["id"],)
        )
        if entered.rowcount:
            connection.execute(
                "UPDATE copy SET number = number + 1 WHERE item_id = %s",
                (document["data"]["item_id"],),
            )
        connection.commit()

    return handle


def _counted(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT sum(number) FROM copy")).scalar_one())
