"""What the backbone is measured on: durable servers of its own, and its own messages.

Everything is durable: PostgreSQL syncs each commit, queues are quorum queues, messages persistent.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pika

import chassis.relay
from chassis import clock, config, telemetry
from chassis.events import Envelope, encode, new_id
from chassis.service import Service
from tests.support.sample.fixtures import PROFILE
from tests.support.servers import Postgres, RabbitMQ

PADDING = "x" * 600
QUEUE_ARGUMENTS = {"x-queue-type": "quorum"}


@dataclass(frozen=True)
class Stage:
    """A PostgreSQL and a RabbitMQ that nobody else uses."""

    postgres: Postgres
    broker_url: str

    def settings_of(self, service: Service) -> config.Settings:
        """Give a service a database here."""
        return config.load(
            service.settings,
            {
                "DATABASE_URL": self.postgres.ensure_database(service.name),
                "AMQP_URL": self.broker_url,
                "PROFILE": str(PROFILE),
            },
        )

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """Open a channel of an independent client, for filling and counting queues."""
        connection = pika.BlockingConnection(pika.URLParameters(f"{self.broker_url}?heartbeat=0"))
        try:
            yield connection.channel()
        finally:
            connection.close()


@contextmanager
def standing() -> Iterator[Stage]:
    """Start both servers, and end them afterwards."""
    telemetry.configure_logging(level="ERROR")
    logging.getLogger("celery").setLevel(logging.ERROR)
    # The latest events sent again after a connect are no part of what is measured.
    chassis.relay.GRACE_SECONDS = 0.0  # type: ignore[misc]
    durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    with (
        closing(Postgres(settings=durable).start()) as postgres,
        closing(RabbitMQ().start()) as broker,
    ):
        yield Stage(postgres, broker.url)


def event_bytes(event: Any, sequence: int) -> tuple[Envelope, bytes]:
    """Write an event as it lies in the log and on the wire: about a kilobyte."""
    envelope = Envelope(
        id=new_id(),
        source="urn:samspil:shelf",
        type=event.TYPE,
        subject=event.subject,
        time=clock.now(),
        sequence=sequence,
        data={},
        correlationid=uuid4().hex,
        actor="person:1",
    )
    return envelope, encode(envelope, event)


def until(holds: Callable[[], bool], *, within: float = 120, pause: float = 0.003) -> None:
    """Wait, closely where what is waited for is what is measured."""
    end = time.monotonic() + within
    while not holds():
        require(time.monotonic() < end, "took too long")
        time.sleep(pause)


def require(holds: bool, words: str) -> None:
    """End the run where a figure would be wrong."""
    if not holds:
        raise RuntimeError(words)
