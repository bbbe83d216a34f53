"""One action's way through all services, told by what their databases keep under its id.

Every event, every message and every mail bears the correlation id of the request that led to it.
What left no row (a read, a refused request) is found by the same id in the logs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tools.databases import Connection

_SAID = (
    "SELECT type, subject, sequence, actor, occurred_at, published_at FROM event_log"
    " WHERE correlation_id = %s"
)
_HEARD = (
    "SELECT type, source, status, attempts, error, received_at, settled_at FROM inbox"
    " WHERE correlation_id = %s"
)
_MAILED = (
    "SELECT template, status, attempts, created_at, sent_at FROM delivery WHERE correlation_id = %s"
)


@dataclass(frozen=True)
class Moment:
    """Something that happened in a service."""

    at: datetime
    service: str
    what: str


def of(connections: Mapping[str, Connection], correlation_id: str) -> list[Moment]:
    """Tell what happened under a correlation id, in order of time."""
    return sorted(
        (
            moment
            for name, connection in connections.items()
            for moment in _in(connection, name, correlation_id)
        ),
        key=lambda moment: moment.at,
    )


def _in(connection: Connection, service: str, correlation_id: str) -> Iterator[Moment]:
    for row in connection.execute(_SAID, [correlation_id]):
        text = f"{row.type} {row.subject} #{row.sequence}"
        yield Moment(row.occurred_at, service, f"says {text}, by {row.actor}")
        if row.published_at:
            yield Moment(row.published_at, service, f"published {row.type}")
    for row in connection.execute(_HEARD, [correlation_id]):
        source = row.source.rsplit(":", 1)[-1]
        yield Moment(row.received_at, service, f"heard {row.type} of {source}")
        if row.settled_at is None:
            told = f"{row.status} after {row.attempts} attempts: {(row.error or '')[:80]}"
            yield Moment(row.received_at, service, f"{row.type} is {told}")
        elif row.settled_at != row.received_at:
            yield Moment(row.settled_at, service, f"{row.type} is {row.status}")
    (kept,) = connection.execute("SELECT to_regclass('delivery') IS NOT NULL AS mails")
    if not kept.mails:
        return
    for row in connection.execute(_MAILED, [correlation_id]):
        yield Moment(row.created_at, service, f"writes the mail {row.template}")
        if row.sent_at:
            yield Moment(row.sent_at, service, f"the mail {row.template} left")
        elif row.status != "queued" or row.attempts:
            told = f"{row.status} after {row.attempts} tries"
            yield Moment(row.created_at, service, f"the mail {row.template} is {told}")
