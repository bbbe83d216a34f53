"""How fast the event log is published, beside what Celery and nameko publish with confirms."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import celery
import kombu
from sqlalchemy import insert, text

from chassis import config, topology
from chassis.database import Database, event_log
from chassis.relay import Relay
from tests.bench.measure import Result, Side, interleave
from tests.bench.stage import PADDING, QUEUE_ARGUMENTS, event_bytes, require, standing, until
from tests.support.sample.contracts import ItemMoved
from tests.support.sample.services import shelf

ROOT = Path(__file__).parents[2]
COUNT = 5000
PUBLISH_SECONDS = 1.5

RATE = """
WITH mark AS (SELECT published_at, count(*) AS many FROM event_log GROUP BY published_at),
     ends AS (SELECT min(published_at) AS first, max(published_at) AS last FROM mark)
SELECT (SELECT sum(many) FROM mark WHERE published_at > ends.first)
       / extract(epoch FROM ends.last - ends.first) FROM ends
"""
NAMEKO = """
import sys, time
from nameko.standalone.events import event_dispatcher
url, seconds = sys.argv[1], float(sys.argv[2])
body = {"text": "x" * 1000}
dispatch = event_dispatcher({"AMQP_URI": url}, use_confirms=True)
for line in sys.stdin:
    count, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        dispatch("bench", "happened", body)
        count += 1
    print(count / (time.monotonic() - started), flush=True)
"""


def measure() -> Iterator[Result]:
    """Publish as each of them does when nothing may be lost."""
    with standing() as stage:
        settings = stage.settings_of(shelf)
        shelf.migrate(settings)
        database = shelf.database(settings)
        with stage.channel() as channel, _nameko_publisher(stage.broker_url) as nameko:
            # As nameko's own listener makes them, but that the queue is as durable as ours.
            channel.exchange_declare("bench.events", "topic", durable=True)
            for queue, exchange, key in (
                ("bench", topology.EXCHANGE, "shelf.#"),
                ("nameko-bench", "bench.events", "happened"),
            ):
                channel.queue_declare(queue, durable=True, arguments=QUEUE_ARGUMENTS)
                channel.queue_bind(queue, exchange, key)
            sides: dict[str, Callable[[], float]] = {
                "ours": lambda: _relay(settings, database, channel),
                "celery": _celery_publisher(stage.broker_url),
            }
            if nameko is not None:
                sides["nameko"] = nameko
            found = interleave(sides)
        database.close()
    for peer in ("celery", "nameko"):
        if peer in found:
            yield Result(
                name=f"relay against {peer}",
                text=f"durable and confirmed events per second; {peer} publishing with confirms",
                ratios=[a / b for a, b in zip(found["ours"], found[peer], strict=True)],
                goal=10,
                sides=[
                    Side("our relay", "events/s", found["ours"]),
                    Side(peer, "messages/s", found[peer]),
                ],
            )


def _relay(settings: config.Settings, database: Database, channel: Any) -> float:
    """Publish a full event log; events per second, from the first mark to the last.

    The marks' own times tell, so that nobody looks on meanwhile.
    """
    channel.queue_purge("bench")
    with database.engine.begin() as connection:
        connection.execute(text("TRUNCATE event_log"))
        connection.execute(insert(event_log), _log_rows(COUNT))
    stop = threading.Event()
    thread = threading.Thread(target=Relay(shelf, settings, database).run, args=(stop,))
    thread.start()
    until(lambda: _pending(database) == 0, pause=0.1)
    stop.set()
    thread.join()
    arrived = channel.queue_declare("bench", passive=True).method.message_count
    require(arrived == COUNT, f"{arrived} of {COUNT} arrived")
    with database.reading() as session:
        rate = session.execute(text(RATE)).scalar_one()
    return float(rate)


def _log_rows(count: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(count):
        envelope, body = event_bytes(ItemMoved(item_id=uuid4(), number=number, mode=PADDING), 1)
        rows.append(
            {
                "id": envelope.id,
                "type": envelope.type,
                "subject": envelope.subject,
                "sequence": 1,
                "body": body,
                "occurred_at": envelope.time,
                "correlation_id": envelope.correlationid,
                "actor": "person:1",
            }
        )
    return rows


def _celery_publisher(url: str) -> Callable[[], float]:
    app = celery.Celery("bench", broker=url)
    app.conf.broker_transport_options = {"confirm_publish": True}
    app.conf.task_ignore_result = True
    app.conf.task_default_queue = "celery-bench"
    app.conf.task_queues = [kombu.Queue("celery-bench", queue_arguments=QUEUE_ARGUMENTS)]
    text_ = "x" * 1000

    def publish() -> float:
        count, started = 0, time.monotonic()
        while time.monotonic() - started < PUBLISH_SECONDS:
            app.send_task("bench", args=[text_])
            count += 1
        return count / (time.monotonic() - started)

    return publish


@contextmanager
def _nameko_publisher(url: str) -> Iterator[Callable[[], float] | None]:
    """Nameko runs on Python 3.10 at most: in a process of its own, where there is one."""
    python = _nameko_python()
    if python is None:
        print("nameko is not measured: it needs Python 3.10, and there is none here\n")
        yield None
        return
    with subprocess.Popen(
        [python, "-c", NAMEKO, url, str(PUBLISH_SECONDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:

        def publish() -> float:
            process.stdin.write("go\n")  # type: ignore[union-attr]
            return float(process.stdout.readline())  # type: ignore[union-attr]

        try:
            yield publish
        finally:
            process.kill()


def _nameko_python() -> Path | None:
    """Find a Python 3.10 that runs, and give nameko an environment of its own under build/."""
    python = shutil.which("python3.10")
    if (
        python is None
        or subprocess.run([python, "-V"], check=False, capture_output=True).returncode
    ):
        return None
    folder = ROOT / "build" / "nameko"
    command = [python, ROOT / "tools" / "environment.py", "nameko", folder]
    subprocess.run(command, check=True)
    return folder / "bin" / "python"


def _pending(database: Database) -> int:
    with database.reading() as session:
        query = text("SELECT count(*) FROM event_log WHERE published_at IS NULL")
        return int(session.execute(query).scalar_one())
