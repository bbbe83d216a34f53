"""The unit of work and the tables every service has: event log (outbox), inbox, and their counters.

::

    request ─► unit of work ─► command ─► model transition ─► event
                  └─ COMMIT { aggregate rows, event-log rows }            one transaction

Nothing outside the chassis ever commits. The event log is append-only and is kept: it is the
outbox (``published_at`` is null until the broker has confirmed), the audit trail, and the source
from which a projection is rebuilt.
"""

import math
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import orjson
import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Engine,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError

from chassis import clock, cpr, telemetry
from chassis.auth import Principal
from chassis.events import Envelope, Event, encode, load, new_id, source_of
from chassis.problems import FieldError, Invalid, NotFound, Stale

# A connection that was in use so lately is believed to live.
IDLE_SECONDS: Final = 5.0

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
NOTIFY_CHANNEL = "samspil_event_log"
WORK_CHANNEL = "samspil_work"
LOCK_SPACE = 7_236

chassis_metadata = MetaData(naming_convention=NAMING)

event_log = Table(
    "event_log",
    chassis_metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("published_at", DateTime(timezone=True)),
    UniqueConstraint("subject", "sequence", "type"),
)
Index(
    "ix_event_log_pending",
    event_log.c.position,
    postgresql_where=event_log.c.published_at.is_(None),
)
Index("ix_event_log_correlation_id", event_log.c.correlation_id)

event_stream = Table(
    "event_stream",
    chassis_metadata,
    Column("subject", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    chassis_metadata,
    # The id first: it grows with time, which keeps the index dense.
    Column("event_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("body", LargeBinary),
    # Its effects have run, or must not run: what is left to do, in a rebuild, are its projections.
    Column("effects_done", Boolean, nullable=False, server_default="false"),
    Column("correlation_id", Text, nullable=False, server_default=""),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    Column("reason", Text),
)
Index(
    "ix_inbox_waiting",
    inbox.c.status,
    inbox.c.next_attempt_at,
    postgresql_where=inbox.c.settled_at.is_(None),
)
Index("ix_inbox_stream", inbox.c.source, inbox.c.subject, inbox.c.sequence)

inbox_stream = Table(
    "inbox_stream",
    chassis_metadata,
    Column("source", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    # Whether the inbox keeps a message of this subject that waits: parked, failed or dead.
    Column("waiting", Boolean, nullable=False, server_default="false"),
)

# Who was erased (GDPR art. 17): an id and nothing else. It outlives a rebuild and, taken from the
# other services, a restore; whoever is in it is kept out of what arrives or is put back later.
tombstone = Table(
    "tombstone",
    chassis_metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    # Null while the service has still to forget them: a restore brought them back.
    Column("applied_at", DateTime(timezone=True)),
)
Index(
    "ix_tombstone_unapplied",
    tombstone.c.person_id,
    postgresql_where=tombstone.c.applied_at.is_(None),
)

T = TypeVar("T")
Statement = tuple[str, Mapping[str, Any]]
"""A statement in SQL, and the values of its ``%(name)s``."""


def declarative_base() -> type[DeclarativeBase]:
    """Make a service's own mapped base: its own metadata, our naming convention."""

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING)
        type_annotation_map = {datetime: DateTime(timezone=True), str: Text()}  # noqa: RUF012 - SQLAlchemy's form

    return Base


_armed = ""


def arm(point: str) -> None:
    """Have this process die at a named point: the setting ``CRASH_AT``, which only tests give."""
    global _armed  # noqa: PLW0603 - a process dies as a whole
    _armed = point


def crash_point(name: str) -> None:
    """Die here, as from kill -9, when the tests armed this point."""
    if _armed == name:
        os.kill(os.getpid(), signal.SIGKILL)


def lead(connection: "psycopg.Connection[TupleRow]", role: str) -> bool:
    """Take the lock of a role that only one process may play, or see that we hold it.

    It goes with the connection.
    """
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND pid = pg_backend_pid() AND classid::bigint = %(space)s"
        " AND objid::bigint = (hashtext(%(role)s)::bigint & 4294967295))"
        " OR pg_try_advisory_lock(%(space)s, hashtext(%(role)s))",
        {"role": role, "space": LOCK_SPACE},
    ).fetchone()
    return bool(row and row[0])


def ask(session: Session, *statements: Statement) -> list[list[TupleRow]]:
    """Read by several statements in one round trip, as the driver does; return the rows of each.

    For the few reads that are in a hurry: nothing is mapped, and the driver's connection is taken
    from the pool as it is. ``session`` must be one that :meth:`Database.reading` opened: each
    statement sees its own snapshot.
    """
    engine: Any = session.get_bind()
    pooled: Any = None
    try:
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        # Without a transaction: to end one would be a round trip more.
        driver.autocommit = True
        with driver.pipeline():
            cursors = [driver.execute(text, values) for text, values in statements]
        # Inside the pipeline each would be waited for on its own.
        found = [cursor.fetchall() for cursor in cursors]
        driver.autocommit = False
    except BaseException as error:
        # A unit of work must never get a connection without transactions.
        if pooled is not None:
            pooled.invalidate(error)
        if not isinstance(error, psycopg.Error):
            raise
        raise DBAPIError.instance(
            "; ".join(text for text, _ in statements),
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            dialect=engine.dialect,
        ) from error
    finally:
        if pooled is not None:
            pooled.close()
    return found


class UnitOfWork:
    """One request, one message or one command.

    Everything in it commits together or vanishes together.

    ``session`` is SQLAlchemy's, ``now`` stands still for the whole unit, ``principal`` is who acts.
    ``occurred_at`` is when the event happened that is being handled, by its publisher's clock: the
    same in a rebuild a year later. Outside handlers it is ``now``.
    """

    def __init__(
        self, *, session: Session, service: str, principal: Principal, now: datetime
    ) -> None:
        self.session = session
        self.principal = principal
        self.now = now
        self.occurred_at = now
        self._service = service
        self._emitted: list[tuple[tuple[Event, ...], telemetry.Trace]] = []
        self._looked_up: list[tuple[type, Any]] = []

    def get(self, cls: type[T], key: Any, *, version: int | None = None, lock: bool = False) -> T:
        """Return the object with this key.

        Raises :class:`NotFound`, or :class:`Stale` where ``version`` is given (from ``If-Match``)
        and is not the object's. ``lock`` takes the row for update, for rules that look across rows
        (a frame, a capacity).
        """
        found = self.find(cls, key, lock=lock)
        if found is None:
            raise NotFound(kind=cls.__name__.lower())
        if version is not None and getattr(found, "version", version) != version:
            raise Stale(current_version=getattr(found, "version", None))
        return found

    def find(self, cls: type[T], key: Any, *, lock: bool = False) -> T | None:
        """Return the object with this key, or None."""
        if lock or any(isinstance(entity, cls) for entity in self.session.new):
            return self.session.get(cls, key, with_for_update=lock or None, populate_existing=lock)
        self._looked_up.append((cls, key))
        # Looking a thing up by its key needs nothing of what is not yet written; kept back, the
        # changes of many handlers are written in one go.
        with self.session.no_autoflush:
            return self.session.get(cls, key)

    def take_looked_up(self) -> list[tuple[type, Any]]:
        """Hand over what was looked up since the last call; the inbox learns from it."""
        taken, self._looked_up = self._looked_up, []
        return taken

    def add(self, entity: T) -> T:
        """Store a new object when the unit ends, and return it."""
        self.session.add(entity)
        return entity

    def emit(self, event: Event, *alternatives: Event) -> None:
        """Publish a fact when the unit ends well.

        ``alternatives`` are the same fact in other major versions: they share its sequence, so a
        receiver that knows either one takes it once. Raises :class:`Invalid` where a text looks as
        if it held a CPR number: the log is kept, and copied. What does not fit the contract is
        found before the commit, by marshmallow's ``ValidationError``.
        """
        for each in (event, *alternatives):
            if self._service != each.SERVICE:
                message = f"{self._service} may not publish {each.TYPE}"
                raise ValueError(message)
            if found := list(cpr.places(each)):
                raise Invalid(errors=[FieldError(place, cpr.CPR) for place in found])
        self._emitted.append(((event, *alternatives), telemetry.trace()))

    def wake_workers(self) -> None:
        """Let the service's workers look for work as soon as this unit has committed."""
        self.session.execute(select(func.pg_notify(WORK_CHANNEL, "")))

    def write_events(self) -> None:
        """Flush, then write the emitted events to the event log.

        The chassis calls it before it commits.
        """
        self.session.flush()
        emitted, self._emitted = self._emitted, []
        if not emitted:
            return
        counts = Counter(group[0].subject for group, _ in emitted)
        # Subjects are taken in order, so two units that touch the same ones wait for each other
        # and never deadlock.
        subjects = sorted(counts)
        last = {
            row.subject: row.sequence
            for row in self.session.execute(
                text(
                    "INSERT INTO event_stream (subject, sequence)"
                    " SELECT * FROM unnest(:subjects ::text[], :counts ::bigint[])"
                    " ON CONFLICT (subject) DO UPDATE"
                    " SET sequence = event_stream.sequence + EXCLUDED.sequence"
                    " RETURNING subject, sequence"
                ),
                {"subjects": subjects, "counts": [counts[subject] for subject in subjects]},
            )
        }
        following = {subject: last[subject] - counts[subject] for subject in subjects}
        rows = []
        for group, trace in emitted:
            following[group[0].subject] += 1
            for each in group:
                envelope = Envelope(
                    id=new_id(),
                    source=source_of(self._service),
                    type=each.TYPE,
                    subject=group[0].subject,
                    time=self.now,
                    sequence=following[group[0].subject],
                    data={},
                    correlationid=trace.correlation_id,
                    causationid=trace.causation_id,
                    traceparent=telemetry.child_traceparent(trace.traceparent),
                    actor=trace.actor or self.principal.actor,
                )
                body = encode(envelope, each)
                load(type(each), orjson.loads(body)["data"])
                rows.append(
                    {
                        "id": envelope.id,
                        "type": envelope.type,
                        "subject": envelope.subject,
                        "sequence": envelope.sequence,
                        "body": body,
                        "occurred_at": self.now,
                        "correlation_id": envelope.correlationid,
                        "actor": envelope.actor,
                    }
                )
        self.session.execute(insert(event_log), rows)
        self.session.execute(select(func.pg_notify(NOTIFY_CHANNEL, "")))


def _note_use(_connection: Any, record: Any) -> None:
    """Note when a connection was last known to live."""
    record.info["used_at"] = time.monotonic()


def _prove_life(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that lay idle whether it still lives; the pool makes a new one where not.

    One that was in use a moment ago is believed: to ask each time would double the round trips of
    the shortest requests and messages. Where it died since, the first to notice gets the error, and
    the pool drops all the others with it.
    """
    if time.monotonic() - record.info.get("used_at", math.inf) < IDLE_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except psycopg.OperationalError as error:
        raise InvalidatePoolError from error


class Database:
    """A service's database.

    An engine for units of work, and one without transactions for single-statement reads.
    """

    def __init__(self, url: str, *, service: str, pool_size: int = 10) -> None:
        self.service = service
        self.url = url
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=5,
            connect_args={
                "connect_timeout": 5,
                "application_name": f"samspil-{service}",
                "options": "-c statement_timeout=5000 -c lock_timeout=2000"
                " -c idle_in_transaction_session_timeout=30000 -c timezone=UTC",
            },
        )
        event.listen(self.engine, "checkin", _note_use)
        event.listen(self.engine, "checkout", _prove_life)
        self.reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def session(self) -> Session:
        """Make a session for a unit of work."""
        return Session(self.engine, expire_on_commit=False, autoflush=True)

    @contextmanager
    def unit_of_work(
        self, principal: Principal, *, session: Session | None = None
    ) -> Iterator[UnitOfWork]:
        """Open a unit of work: commits when the block ends well, rolls back on any exception.

        It ends the ``session`` it is given, or makes one. Raises :class:`Stale` where another unit
        changed an aggregate meanwhile, and whatever the block raised.
        """
        with session or self.session() as own:
            work = UnitOfWork(
                session=own, service=self.service, principal=principal, now=clock.now()
            )
            try:
                yield work
                principal.require_checked()
                work.write_events()
                crash_point("before_commit")
                own.commit()
            except StaleDataError as error:
                raise Stale from error
        crash_point("after_commit")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for single-statement reads.

        Each statement sees its own snapshot; nothing can be written.
        """
        with Session(self.reader, autoflush=False) as session:
            yield session

    def dedicated(self, role: str) -> "psycopg.Connection[TupleRow]":
        """Open a connection in autocommit for a role that listens or holds an advisory lock.

        A dead peer is noticed within seconds, on both sides, so that a stand-by can take over.
        """
        address = make_url(self.url).set(drivername="postgresql")
        return psycopg.connect(
            address.render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=5,
            application_name=f"samspil-{self.service}-{role}",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=2,
            options="-c statement_timeout=30000 -c timezone=UTC -c tcp_keepalives_idle=5"
            " -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2",
        )

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
