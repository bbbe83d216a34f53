"""After a restore: what a service has forgotten that others know, and what it has missed.

Order and exactly-once rest on the sequence of each subject, and every service keeps how far it has
come with every other. So two databases tell by themselves where they are apart::

    restored service   event_stream   application/1 → 3      it has forgotten 4 and 5 ...
    another            inbox_stream   application/1 → 5      ... and must count on from 6

    restored service   inbox_stream   association/7 → 2      it has missed 3 and 4,
    another            event_stream   association/7 → 4      which the publisher can send again

Why the numbers are not used twice: docs/decisions/0038.

Whoever was erased since the backup is in it again. Every other service has their tombstone, and so
may a list beside a newer backup. The restored service takes them, and its scheduler forgets those
people as soon as it runs (docs/decisions/0069).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from chassis.events import Envelope, encode, new_id, source_of
from tools.databases import Connection

FORGOTTEN = "forgotten"
TOPOLOGY: Final = Path(__file__).parents[1] / "deploy" / "rabbitmq" / "topology.json"
_SEEN = (
    "SELECT subject, max(sequence) AS sequence FROM (SELECT subject, sequence FROM inbox_stream"
    " WHERE source = %(source)s UNION ALL SELECT subject, sequence FROM inbox"
    " WHERE source = %(source)s AND status IN ('parked', 'failed')) AS seen GROUP BY subject"
)
_KNOWN = (
    "SELECT event_id, type, subject, sequence, received_at FROM inbox"
    " WHERE source = %(source)s AND subject = ANY(%(subjects)s)"
)
_FIRST_MISSED = (
    "SELECT min(occurred_at) AS at FROM event_log JOIN unnest(%(subjects)s::text[],"
    " %(reached)s::bigint[]) AS missed (subject, reached) USING (subject)"
    " WHERE event_log.sequence > missed.reached"
)
_INSERT = (
    "INSERT INTO event_log (id, type, subject, sequence, body, occurred_at, correlation_id, actor,"
    " published_at) VALUES (%(id)s, %(type)s, %(subject)s, %(sequence)s, %(body)s, %(time)s,"
    " %(correlation)s, %(actor)s, %(time)s)"
)
_COUNT_ON = (
    "INSERT INTO event_stream (subject, sequence) VALUES (%(subject)s, %(sequence)s)"
    " ON CONFLICT (subject) DO UPDATE SET sequence = EXCLUDED.sequence"
    " WHERE event_stream.sequence < EXCLUDED.sequence"
)
_BURY = (
    "INSERT INTO tombstone (person_id, erased_at) VALUES (%s, %s)"
    " ON CONFLICT (person_id) DO UPDATE SET applied_at = NULL"
)


@dataclass(frozen=True)
class Forgotten:
    """A subject of which others have seen more than its publisher knows."""

    subject: str
    known: int
    seen: int


@dataclass(frozen=True)
class Trace:
    """A forgotten event that a receiver handled, as its inbox remembers it."""

    receiver: str
    type: str
    subject: str
    sequence: int
    received_at: datetime


@dataclass(frozen=True)
class Missed:
    """A publisher that has said more than the restored service has heard: of what, since when."""

    publisher: str
    subjects: int
    since: datetime | None
    aggregates: tuple[str, ...]


def forgotten(connections: Mapping[str, Connection], service: str) -> Sequence[Forgotten]:
    """Find the subjects of a service of which others have seen more than its own log holds."""
    known = _sequences(connections[service])
    seen: dict[str, int] = {}
    for name, connection in connections.items():
        if name == service:
            continue
        for row in connection.execute(_SEEN, {"source": source_of(service)}):
            seen[row.subject] = max(seen.get(row.subject, 0), row.sequence)
    return [
        Forgotten(subject, known.get(subject, 0), sequence)
        for subject, sequence in sorted(seen.items())
        if sequence > known.get(subject, 0)
    ]


def traces(
    connections: Mapping[str, Connection], service: str, found: Sequence[Forgotten]
) -> Sequence[Trace]:
    """Tell what others remember of forgotten events: what they ignored left no trace."""
    known = {each.subject: each.known for each in found}
    wanted = {"source": source_of(service), "subjects": list(known)}
    return sorted(
        (
            Trace(name, row.type, row.subject, row.sequence, row.received_at)
            for name, connection in connections.items()
            if name != service
            for row in connection.execute(_KNOWN, wanted)
            if row.sequence > known[row.subject]
        ),
        key=lambda trace: (trace.received_at, trace.subject, trace.sequence),
    )


def count_on(connection: Connection, service: str, found: Sequence[Forgotten]) -> int:
    """Let a service count on behind the forgotten numbers; return how many there are.

    Each gets an entry of a type that nobody listens to, so that a replay has no gap. One
    transaction; to be run while no role of the service is.
    """
    amount = 0
    with connection.transaction():
        for each in found:
            for sequence in range(each.known + 1, each.seen + 1):
                connection.execute(_INSERT, _entry(service, each.subject, sequence))
                amount += 1
            values = {"subject": each.subject, "sequence": each.seen}
            connection.execute(_COUNT_ON, values)
    return amount


def missed(connections: Mapping[str, Connection], service: str) -> Sequence[Missed]:
    """Find the publishers that have said more than a service has heard of what it listens to.

    It listens to what the broker's file binds its queue to, and to an aggregate of which it has
    heard before. What is on its way in a queue counts as missed here; sent again it is a duplicate.
    """
    found = []
    for name, connection in connections.items():
        if name == service:
            continue
        rows = connections[service].execute(
            "SELECT subject, sequence FROM inbox_stream WHERE source = %s", [source_of(name)]
        )
        reached = {row.subject: row.sequence for row in rows}
        heard = {_aggregate(subject) for subject in reached} | bound(service, name)
        behind = {
            subject: reached.get(subject, 0)
            for subject, sequence in _sequences(connection).items()
            if _aggregate(subject) in heard and sequence > reached.get(subject, 0)
        }
        if behind:
            values = {"subjects": list(behind), "reached": list(behind.values())}
            (row,) = connection.execute(_FIRST_MISSED, values)
            aggregates = tuple(sorted({_aggregate(subject) for subject in behind}))
            found.append(Missed(name, len(behind), row.at, aggregates))
    return found


def erased(connection: Connection) -> set[UUID]:
    """Tell who was erased, as one service knows; empty where its tables are of an older version."""
    (found,) = connection.execute("SELECT to_regclass('tombstone') IS NOT NULL AS there")
    if not found.there:
        return set()
    return {row.person_id for row in connection.execute("SELECT person_id FROM tombstone")}


def brought_back(
    connections: Mapping[str, Connection], service: str, listed: Iterable[UUID] = ()
) -> Sequence[UUID]:
    """Find who was erased, by the other services or a list, and may be in a restored one again."""
    known = {
        person
        for name, connection in connections.items()
        if name != service
        for person in erased(connection)
    }
    return sorted((known | set(listed)) - erased(connections[service]))


def bury(connection: Connection, people: Sequence[UUID]) -> None:
    """Have a service forget people again: its scheduler does, as soon as it runs."""
    with connection.transaction():
        for person in people:
            connection.execute(_BURY, [person, datetime.now(UTC)])


def bound(service: str, publisher: str) -> set[str]:
    """Tell which aggregates of a publisher a service's queue is bound to.

    It may never have heard of one before it was put back.
    """
    bindings = json.loads(TOPOLOGY.read_text(encoding="utf-8"))["bindings"]
    patterns = (
        binding["routing_key"].split(".")
        for binding in bindings
        if binding["destination"] == service
    )
    return {words[1] for words in patterns if words[0] == publisher and len(words) > 2}


def _sequences(connection: Connection) -> dict[str, int]:
    rows = connection.execute("SELECT subject, sequence FROM event_stream")
    return {row.subject: row.sequence for row in rows}


def _aggregate(subject: str) -> str:
    return subject.partition("/")[0]


def _entry(service: str, subject: str, sequence: int) -> dict[str, object]:
    envelope = Envelope(
        id=new_id(),
        source=source_of(service),
        type=f"{service}.{_aggregate(subject)}.{FORGOTTEN}.v1",
        subject=subject,
        time=datetime.now(UTC),
        sequence=sequence,
        data={},
        correlationid="",
        actor=f"service:{service}",
    )
    return {
        "id": envelope.id,
        "type": envelope.type,
        "subject": subject,
        "sequence": sequence,
        "body": encode(envelope),
        "time": envelope.time,
        "correlation": "",
        "actor": envelope.actor,
    }
