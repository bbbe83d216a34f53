"""Replay and rebuild.

The event log is the source from which another service's projections are made anew.

``replay`` runs at the publisher and sends its log entries straight to one receiver's queue.
``rebuild`` runs at the receiver first: it empties the projections and puts the positions of their
publishers back to zero, in one transaction. Live events that arrive meanwhile park until the replay
has caught up with them, so nothing is missed and order is kept; effects do not run again (see
:mod:`chassis.inbox`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import kombu
import pika
from sqlalchemy import text

from chassis import topology
from chassis.auth import Principal
from chassis.database import Database
from chassis.events import CONTENT_TYPE, registered, source_of
from chassis.inbox.message import REPLAY, REPLAY_PROJECTIONS

if TYPE_CHECKING:
    from chassis.service import Service

REPLAY_HEADER: Final = "x-samspil-replay"
# The log grows for ever, and a statement may take five seconds: it is looked through in pieces.
CHUNK: Final = 50_000
_CHUNK: Final = text(
    "SELECT position, type, occurred_at FROM event_log WHERE position > :after"
    " ORDER BY position LIMIT :limit"
)
LONG_STATEMENT: Final = "SET LOCAL statement_timeout = '10min'"


class Replay:
    """Sends a service's log entries to one receiver's queue, each confirmed by the broker."""

    def __init__(
        self, database: Database, amqp_url: str, receiver: str, *, projections_only: bool = False
    ) -> None:
        self._database = database
        self._url = amqp_url
        self._receiver = receiver
        self._headers = {REPLAY_HEADER: REPLAY_PROJECTIONS if projections_only else REPLAY}

    def select(self, is_wanted: Callable[[str], bool], since: datetime | None = None) -> list[int]:
        """The positions of the entries to send, in order."""
        moment = since.replace(tzinfo=since.tzinfo or UTC) if since else None
        wanted: list[int] = []
        with self._database.reading() as session:
            rows = session.execute(_CHUNK, {"after": 0, "limit": CHUNK}).all()
            while rows:
                wanted += [
                    row.position
                    for row in rows
                    if is_wanted(row.type) and (moment is None or row.occurred_at >= moment)
                ]
                after = {"after": rows[-1].position, "limit": CHUNK}
                rows = session.execute(_CHUNK, after).all() if len(rows) == CHUNK else []
        return wanted

    def send(self, positions: Iterable[int]) -> int:
        """Send these entries, in order; return how many.

        Raises a pika error when the broker does not confirm.
        """
        with self._sender() as send, self._database.reading() as session:
            count = 0
            for position in positions:
                row = session.execute(
                    text("SELECT id, type, body FROM event_log WHERE position = :position"),
                    {"position": position},
                ).one()
                send(row)
                count += 1
        return count

    def _sender(self) -> "_RabbitSender | _MemorySender":
        kind = _MemorySender if topology.is_memory(self._url) else _RabbitSender
        return kind(self._url, self._receiver, self._headers, self._database.service)


class _RabbitSender:
    """To a queue of RabbitMQ, by the default exchange; a queue that is missing is an error."""

    def __init__(self, url: str, receiver: str, headers: dict[str, str], service: str) -> None:
        self._parameters = topology.parameters(url, f"{service} replay")
        self._receiver = receiver
        self._headers = headers
        self._service = service
        self._user = topology.vouched_user(self._parameters, service)

    def __enter__(self) -> Callable[[Any], None]:
        self._connection = pika.BlockingConnection(self._parameters)
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        return self._send

    def __exit__(self, *_: object) -> None:
        if self._connection.is_open:
            self._connection.close()

    def _send(self, row: Any) -> None:
        properties = pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=2,
            message_id=str(row.id),
            type=row.type,
            user_id=self._user,
            app_id=self._service,
            headers=self._headers,
        )
        self._channel.basic_publish("", self._receiver, bytes(row.body), properties, mandatory=True)


class _MemorySender:
    """To a queue of the memory transport."""

    def __init__(self, url: str, receiver: str, headers: dict[str, str], _service: str) -> None:
        self._connection = topology.connect_in_memory(url)
        self._receiver = receiver
        self._headers = headers

    def __enter__(self) -> Callable[[Any], None]:
        self._producer = kombu.Producer(self._connection.channel())
        return self._send

    def __exit__(self, *_: object) -> None:
        self._connection.release()

    def _send(self, row: Any) -> None:
        self._producer.publish(
            bytes(row.body),
            exchange="",
            routing_key=self._receiver,
            content_type=CONTENT_TYPE,
            content_encoding="utf-8",
            headers=self._headers,
            message_id=str(row.id),
            type=row.type,
        )


def publishers_of_projections(service: "Service") -> Sequence[str]:
    """The services whose events the projections of a service are made of."""
    known = registered()
    return sorted(
        {
            known[type_].SERVICE
            for type_, handlers in service.handlers.types.items()
            if any(handler.projection for handler in handlers)
        }
    )


def reset(service: "Service", database: Database) -> Sequence[str]:
    """Empty the projections and put positions back, in one transaction.

    Return the services that must replay.
    """
    publishers = publishers_of_projections(service)
    with database.unit_of_work(Principal.of_service(service.name)) as work:
        work.session.execute(text(LONG_STATEMENT))
        # The positions first: from here on no consumer settles anything of these publishers.
        work.session.execute(
            text("UPDATE inbox_stream SET sequence = 0 WHERE source = ANY(:sources)"),
            {"sources": [source_of(publisher) for publisher in publishers]},
        )
        for cls in reversed(service.projections):
            work.session.execute(text(f"DELETE FROM {cls.__table__.fullname}"))  # type: ignore[attr-defined]  # noqa: S608 - our own table
    return publishers
