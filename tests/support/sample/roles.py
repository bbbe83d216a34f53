"""The sample services as real processes, with a broker and a database that can be killed.

What the tests compare is always two sets: what was acknowledged to a user, and what was done.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pika
import urllib3
from pika.exceptions import AMQPError

import tests.support.sample.reader
import tests.support.sample.shelf  # noqa: F401 - migrations are found beside the package
from chassis import config, telemetry
from chassis.auth import Principal
from tests.support.eventually import eventually
from tests.support.processes import free_ports
from tests.support.sample import ledger
from tests.support.sample.fixtures import PROFILE
from tests.support.sample.services import add_item, reader, shelf

ROOT = Path(__file__).parents[3]


class Role:
    """One role of one service in a process of its own."""

    def __init__(self, folder, module, *arguments, environment):
        self.log = folder / f"{module.rsplit('.', 1)[-1]}-{'-'.join(arguments)}-{uuid4().hex[:6]}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def text(self):
        return self.log.read_text()

    def kill(self):
        """As kill -9 does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)

    def end(self, within=30):
        """As an orderly shutdown does; return how long it took."""
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=within)
        return time.monotonic() - started

    def has_crashed(self):
        assert self.process.poll() is not None, "still running"
        assert self.process.returncode == -signal.SIGKILL

    def says(self, words, times=1):
        assert self.text.count(words) >= times, f"{words!r} not in:\n{self.text[-2000:]}"


class World:
    """Two databases, a broker, and the roles started so far."""

    def __init__(self, folder, postgres, amqp_url):
        self.folder = folder
        self.amqp_url = amqp_url
        self.started = []
        self.posted = []
        self.refused = []
        self.port = free_ports(1)[0]
        suffix = uuid4().hex[:8]
        self.settings = {}
        self.databases = {}
        for service in (shelf, reader):
            settings = config.load(
                service.settings,
                {
                    "DATABASE_URL": postgres.ensure_database(f"{service.name}_{suffix}"),
                    "AMQP_URL": amqp_url,
                    "PROFILE": str(PROFILE),
                },
            )
            service.migrate(settings)
            self.settings[service.name] = settings
            self.databases[service.name] = service.database(settings)

    def close(self):
        for role in self.started:
            if role.process.poll() is None:
                role.kill()
        for database in self.databases.values():
            database.close()

    # Processes

    def start(self, name, *arguments, **variables):
        """Start a role: ``start("reader", "consume", CRASH_AT="handler")``."""
        settings = self.settings[name]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "DATABASE_URL": settings.database_url,
            "AMQP_URL": settings.amqp_url,
            "PROFILE": settings.profile_path,
            "JWKS_URL": "http://127.0.0.1:9/none",
            **variables,
        }
        if "COVERAGE_PROCESS_START" in os.environ:
            environment["COVERAGE_PROCESS_START"] = os.environ["COVERAGE_PROCESS_START"]
        role = Role(
            self.folder, f"tests.support.sample.{name}", *arguments, environment=environment
        )
        self.started.append(role)
        return role

    def start_all(self):
        """Start what it takes to get an item from the shelf to the reader."""
        relay = self.start("shelf", "relay")
        consumer = self.start("reader", "consume")
        eventually(lambda: relay.says("relay is active"), within=30)
        eventually(lambda: consumer.says("consumer is active"), within=30)
        return relay, consumer

    def serve(self, **variables):
        """Start the shelf's web application and wait until it answers."""
        role = self.start("shelf", "serve", "--port", str(self.port), "--workers", "1", **variables)
        eventually(lambda: _require(self.get("/health/live").status == 200), within=30)
        return role

    # What users do

    def get(self, path):
        with urllib3.PoolManager(retries=False, timeout=10) as http:
            return http.request("GET", f"http://127.0.0.1:{self.port}{path}")

    def put(self):
        """Put an item over HTTP; a 2xx is a promise, and is written down as one."""
        item_id = uuid4()
        with urllib3.PoolManager(retries=False, timeout=20) as http:
            answer = http.request("PUT", f"http://127.0.0.1:{self.port}/api/v1/items/{item_id}")
        if 200 <= answer.status < 300:
            self.posted.append((item_id, 0))
        else:
            self.refused.append(answer)
        return answer

    def post(self, count=1, *, moves=0, mode=""):
        """Add items in the shelf's own database; what commits is a promise."""
        ids = [uuid4() for _ in range(count)]
        database = self.databases["shelf"]
        for item_id in ids:
            with (
                telemetry.tracing(),
                database.unit_of_work(Principal.of_service("shelf")) as work,
            ):
                add_item(work, item_id, moves=moves, mode=mode)
            self.posted += [(item_id, number) for number in range(moves + 1)]
        return ids

    @contextlib.contextmanager
    def load(self, post):
        """Go on posting, from a thread of its own, while the block runs."""
        stop = threading.Event()
        errors = []

        def run():
            while not stop.is_set():
                try:
                    post()
                except Exception as error:  # noqa: BLE001 - told to the test
                    errors.append(error)
                stop.wait(0.1)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield errors
        finally:
            stop.set()
            thread.join()

    # What was done

    def require_all_done_once(self):
        """Each promise has been kept, once, in order; and nothing else was done."""
        done = ledger.lines(self.databases["reader"])
        missing = set(self.posted) - set(done)
        assert not missing, f"{len(missing)} of {len(self.posted)} not done"
        twice = [line for line, count in Counter(done).items() if count > 1]
        assert not twice, f"done more than once: {twice[:5]}"
        assert set(done) == set(self.posted)
        order = {}
        for item_id, number in done:
            assert number == order.get(item_id, -1) + 1, f"{item_id} out of order"
            order[item_id] = number

    def all_done_once(self, within=60):
        eventually(self.require_all_done_once, within=within, every=0.1)
        receipts = Counter(ledger.published(self.databases["reader"]))
        assert receipts == Counter((str(item_id), number) for item_id, number in self.posted)

    def pending(self, name="shelf"):
        """How many events wait in a service's event log."""
        query = "SELECT count(*) AS n FROM event_log WHERE published_at IS NULL"
        return ledger.rows(self.databases[name], query)[0].n


class Observer:
    """An independent witness of the wire: a queue of its own on the exchange, read by pika."""

    def __init__(self, amqp_url, queue="witness"):
        self._url = amqp_url
        self._queue = queue
        with self._channel() as channel:
            channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
            channel.queue_bind(queue, "samspil.events", "shelf.#")

    @contextlib.contextmanager
    def _channel(self):
        connection = pika.BlockingConnection(pika.URLParameters(self._url))
        try:
            yield connection.channel()
        finally:
            with contextlib.suppress(AMQPError):
                connection.close()

    def seen(self):
        """Take what has passed: properties and body of each message."""
        taken = []
        with self._channel() as channel:
            while True:
                method, properties, body = channel.basic_get(self._queue, auto_ack=True)
                if method is None:
                    return taken
                taken.append((properties, body))

    def send(self, queue, body, **properties):
        """Put anything into a queue, as a stranger would."""
        with self._channel() as channel:
            channel.confirm_delivery()
            channel.basic_publish(
                "", queue, body, pika.BasicProperties(delivery_mode=2, **properties), mandatory=True
            )


def forget_topology(amqp_url):
    """Delete every queue and exchange of the sample services; quicker than a new virtual host."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    for queue in ("shelf", "reader", "shelf.dead", "reader.dead", "samspil.unrouted", "witness"):
        channel.queue_delete(queue)
    for exchange in ("samspil.events", "samspil.unrouted", "samspil.dead"):
        channel.exchange_delete(exchange)
    connection.close()


def _require(holds):
    assert holds
