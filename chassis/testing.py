"""A pytest plugin: one service in process, on a real PostgreSQL, without a broker.

Loaded by ``tests/conftest.py``. A folder of component tests overrides one fixture and gets the
rest::

    # tests/component/grants/conftest.py
    @pytest.fixture
    def service():
        return grants_service

=============== ====================================================================================
``service``      the :class:`~chassis.service.Service` under test; must be overridden
``environment``  further settings as environment variables; override it where some are needed
``profile_path`` path of the municipality profile; Vesthimmerland's unless overridden
``settings``     the service's settings
``database``     its migrated database: empty but for what ``adopt`` takes from the profile
``work``         a unit of work as the service itself, rolled back after the test
``arrange``      ``with arrange() as work:`` a unit that commits, for what must be there before
``client``       Flask's test client; ``client.as_(principal)`` sends a real signed token
``principal``    makes principals: ``principal("caseworker", associations={id: "administrator"})``
``outbox``       what was published: ``outbox.events == [RoundAnnounced(...)]``, ``outbox.clear()``
``deliver``      ``deliver(event, times=2)`` passes an event through the real inbox
``schedule``     ``schedule()`` does all that is due now, and returns how many things that were
``clock``        ``clock.set(datetime)``, ``clock.move(timedelta)``; real time after the test
=============== ====================================================================================
"""

import http.server
import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from chassis import auth, config, dump, events, telemetry
from chassis import clock as clock_module
from chassis.auth import Principal
from chassis.database import Database, UnitOfWork, event_log
from chassis.events import Envelope, Event
from chassis.inbox import Inbox, Message
from chassis.scheduler import Scheduler
from chassis.service import Service

KEY_ID = "test"
ISSUER = "samspil"


class TokenIssuer:
    """Signs tokens with a key of the test run, and publishes it over HTTP as the directory does."""

    def __init__(self) -> None:
        self._published: list[dict[str, Any]] = []
        self.reading_count = 0
        self.rotate(KEY_ID)
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.reading_count += 1
                document = json.dumps({"keys": issuer._published}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.jwks_url = f"http://127.0.0.1:{self._server.server_port}/.well-known/jwks.json"

    def rotate(self, kid: str) -> None:
        """Publish another key, and sign with that one from now on."""
        self._kid, self._key = kid, Ed25519PrivateKey.generate()
        public = jwt.algorithms.OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self._published.append({**public, "kid": kid, "alg": auth.ALGORITHM, "use": "sig"})

    def token(self, principal: Principal) -> str:
        """Sign a token for a principal, who signed in just now unless they say otherwise."""
        claims: dict[str, Any] = {
            "sub": str(principal.id),
            "name": principal.name,
            "roles": sorted(principal.roles),
            "associations": {str(id_): role for id_, role in principal.associations.items()},
            "auth_time": int((principal.signed_in_at or clock_module.now()).timestamp()),
        }
        if principal.email:
            claims["email"] = principal.email
        if principal.session_id:
            claims["sid"] = str(principal.session_id)
        return auth.issue_token(claims, key=self._key, kid=self._kid, issuer=ISSUER)

    def close(self) -> None:
        """Stop publishing the key."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class ServiceClient(FlaskClient):
    """Flask's test client that can act as somebody."""

    issuer: TokenIssuer
    principal: Principal | None = None

    def as_(self, principal: Principal | None) -> "ServiceClient":
        """Return a client that sends a token of this principal; None is nobody."""
        other = ServiceClient(self.application, self.response_wrapper, use_cookies=False)
        other.issuer = self.issuer
        other.principal = principal
        return other

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request; the token is signed at the time of the (demo) clock."""
        if self.principal is not None and not (
            args and isinstance(args[0], (EnvironBuilder, Request, dict))
        ):
            headers = dict(kwargs.pop("headers", None) or {})
            headers.setdefault("Authorization", f"Bearer {self.issuer.token(self.principal)}")
            kwargs["headers"] = headers
        return super().open(*args, **kwargs)


@dataclass
class Outbox:
    """What the service has published."""

    database: Database
    work: UnitOfWork | None = None
    _after: int = 0

    @property
    def entries(self) -> list[Any]:
        """The rows of the event log, in order."""
        query = (
            select(event_log)
            .where(event_log.c.position > self._after)
            .order_by(event_log.c.position)
        )
        if self.work is not None:
            self.work.write_events()
            return list(self.work.session.execute(query))
        with self.database.reading() as session:
            return list(session.execute(query))

    @property
    def envelopes(self) -> list[Envelope]:
        """The envelopes, in order."""
        return [events.decode(bytes(row.body)) for row in self.entries]

    @property
    def events(self) -> list[Event]:
        """The typed events, in order."""
        return [envelope.open() for envelope in self.envelopes]

    def of(self, *types: type[Event]) -> list[Event]:
        """The events of some types, in order."""
        return [event for event in self.events if isinstance(event, types)]

    def clear(self) -> None:
        """Forget what was published so far."""
        rows = self.entries
        self._after = rows[-1].position if rows else self._after


_FAILURES: Final = frozenset({"failed", "later", "dead"})


@dataclass
class Deliver:
    """Passes events through the real inbox."""

    service: Service
    database: Database
    last: list[Envelope] = field(default_factory=list)

    def __call__(
        self,
        event: Event,
        *,
        times: int = 1,
        sequence: int | None = None,
        actor: str = "service:test",
        expect: str | None = None,
    ) -> str:
        """Deliver an event, and return what became of it.

        Without ``sequence`` it is the next one of its subject. Delivered several times, it is the
        same message each time, and the first outcome is returned. A failing handler fails the
        test, unless ``expect`` names another outcome ("failed", "parked", "duplicate", ...), which
        is then required.
        """
        outcomes = [self.envelope(self._wrap(event, sequence, actor))]
        outcomes += [self.envelope(self.last[-1]) for _ in range(times - 1)]
        fits = outcomes[0] not in _FAILURES if expect is None else outcomes[0] == expect
        if not fits:
            raise AssertionError(f"{event.TYPE} was {outcomes[0]}: {self._error()}")
        return outcomes[0]

    def envelope(self, envelope: Envelope, event: Event | None = None) -> str:
        """Deliver an envelope as it is; return what became of it."""
        self.last.append(envelope)
        body = events.encode(envelope, event)
        return Inbox(self.service, self.database).settle([Message(body)])[0]

    def retry(self) -> list[str]:
        """Try what failed again, where its time has come (see ``clock``).

        Return what became of each.
        """
        return Inbox(self.service, self.database).retry()

    def _wrap(self, event: Event, sequence: int | None, actor: str) -> Envelope:
        source = events.source_of(event.SERVICE)
        if sequence is None:
            with self.database.reading() as session:
                last = session.execute(
                    text(
                        "SELECT coalesce(max(sequence), 0) FROM inbox_stream"
                        " WHERE source = :source AND subject = :subject"
                    ),
                    {"source": source, "subject": event.subject},
                ).scalar_one()
            sequence = last + 1
        bare = Envelope(
            id=events.new_id(),
            source=source,
            type=event.TYPE,
            subject=event.subject,
            time=clock_module.now(),
            sequence=sequence,
            data={},
            correlationid=uuid4().hex,
            actor=actor,
        )
        return events.decode(events.encode(bare, event))

    def _error(self) -> str:
        with self.database.reading() as session:
            row = session.execute(
                text("SELECT error FROM inbox WHERE event_id = :id"), {"id": self.last[-1].id}
            ).first()
        return row.error if row and row.error else ""


class Clock:
    """The demo clock of this process."""

    def now(self) -> datetime:
        """What time it is."""
        return clock_module.now()

    def set(self, at: datetime) -> None:
        """Let it be this moment, before or after the present one; the clock runs on from there."""
        clock_module.enable_demo_clock(at)

    def move(self, by: timedelta | datetime) -> None:
        """Move on by a time, or to a moment."""
        target = by if isinstance(by, datetime) else clock_module.now() + by
        clock_module.move_demo_clock(target)


@dataclass
class _Prepared:
    """A migrated database and the application on it, kept for the whole run."""

    settings: Any
    database: Database
    # What leaves the rows in it that were there after migrating, and no others.
    restore: str
    app: Flask | None = None


def pytest_configure() -> None:
    """Send our log lines to pytest, where ``caplog`` finds them and a failed test shows them.

    And look into what is promised of long answers.
    """
    dump.in_doubt = True
    telemetry.configure_logging(level="DEBUG")
    logging.getLogger().handlers.clear()


@pytest.fixture(scope="session")
def token_issuer() -> Iterator[TokenIssuer]:
    """Sign tokens and publish their key."""
    issuer = TokenIssuer()
    yield issuer
    issuer.close()


@pytest.fixture(scope="session")
def _prepared() -> Iterator[dict[Any, _Prepared]]:
    """Databases by service and settings: migrating takes longer than emptying."""
    prepared: dict[Any, _Prepared] = {}
    yield prepared
    for each in prepared.values():
        each.database.close()


@pytest.fixture
def service() -> Service:
    """Give the service under test; each folder of component tests overrides this."""
    pytest.fail("override the fixture `service` in the conftest.py of this folder")


@pytest.fixture
def environment() -> Mapping[str, str]:
    """Give further settings, as environment variables."""
    return {}


@pytest.fixture
def profile_path() -> Path:
    """Give the municipality profile."""
    return Path(__file__).parents[1] / "profiles" / "vesthimmerland.toml"


@pytest.fixture
def _service_in_place(
    service: Service,
    environment: Mapping[str, str],
    profile_path: Path,
    postgres: Any,
    token_issuer: TokenIssuer,
    _prepared: dict[Any, _Prepared],
) -> _Prepared:
    key = (service.name, service.package, str(profile_path), *sorted(environment.items()))
    if key not in _prepared:
        name = f"test_{service.name}_{len(_prepared)}_{os.getpid()}"
        settings = config.load(
            service.settings,
            {
                "DATABASE_URL": postgres.ensure_database(name),
                "AMQP_URL": "memory://",
                "PROFILE": str(profile_path),
                "JWKS_URL": token_issuer.jwks_url,
                "TOKEN_ISSUER": ISSUER,
                **environment,
            },
        )
        service.migrate(settings)
        migrated = service.database(settings)
        _prepared[key] = _Prepared(settings, migrated, _keep(migrated))
    return _prepared[key]


@pytest.fixture
def settings(_service_in_place: _Prepared) -> Any:
    """Give the service's settings."""
    return _service_in_place.settings


@pytest.fixture(scope="session")
def judge_envelope() -> Callable[[bytes], None]:
    """Give what looks at every envelope that a test leaves in the event log; override it."""
    return lambda _: None


@pytest.fixture
def database(
    _service_in_place: _Prepared, judge_envelope: Callable[[bytes], None]
) -> Iterator[Database]:
    """Give the service's database, empty but for what ``adopt`` takes from the profile."""
    place = _service_in_place
    with place.database.engine.begin() as connection:
        connection.exec_driver_sql(place.restore)
    yield place.database
    with place.database.reading() as session:
        for body in session.scalars(select(event_log.c.body)):
            judge_envelope(bytes(body))


def empty(database: Database) -> None:
    """Delete every row of every table; quick where there are few."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql(_emptying(_tables(connection)))


def _keep(database: Database) -> str:
    """Keep the rows that are there; return the statements that leave these and no others.

    Quicker than to take them from the profile once more.
    """
    with database.engine.begin() as connection:
        tables = _tables(connection)
        statements = [_emptying(tables)]
        connection.exec_driver_sql("CREATE SCHEMA kept")
        for name, (table, columns) in tables.items():
            if connection.exec_driver_sql(f"SELECT EXISTS (SELECT FROM {name})").scalar():  # noqa: S608 - our own tables
                connection.exec_driver_sql(f"CREATE TABLE kept.{table} AS TABLE {name}")
                statements.append(
                    f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608
                    f" SELECT {columns} FROM kept.{table}"
                )
    return ";".join(statements)


def _tables(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return every table of ours, and what it is called in its schema, with its columns."""
    found = connection.execute(
        text(
            "SELECT format('%I.%I', table_schema, table_name), quote_ident(table_name),"
            " string_agg(quote_ident(column_name), ', ') FILTER (WHERE is_generated = 'NEVER')"
            " FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'kept')"
            " AND table_type = 'BASE TABLE' AND table_name <> 'alembic_version' GROUP BY 1, 2"
        )
    )
    return {name: (table, columns) for name, table, columns in found}


def _emptying(tables: Iterable[str]) -> str:
    # As a replica: triggers and foreign keys sleep, so the order of tables does not matter.
    deletes = ";".join(f"DELETE FROM {name}" for name in tables)  # noqa: S608 - our own tables
    return f"SET LOCAL session_replication_role = replica;{deletes}"


@pytest.fixture
def work(service: Service, database: Database) -> Iterator[UnitOfWork]:
    """Give a unit of work as the service itself; nothing of it stays."""
    with telemetry.tracing(), Session(database.engine, expire_on_commit=False) as session:
        acting = Principal.of_service(service.name)
        now = clock_module.now()
        yield UnitOfWork(session=session, service=service.name, principal=acting, now=now)


@pytest.fixture
def arrange(
    service: Service, database: Database
) -> Callable[[], AbstractContextManager[UnitOfWork]]:
    """Give units of work that commit, for what must be there before."""

    @contextmanager
    def open_unit(principal: Principal | None = None) -> Iterator[UnitOfWork]:
        acting = principal or Principal.of_service(service.name)
        with telemetry.tracing(), database.unit_of_work(acting) as unit:
            yield unit

    return open_unit


@pytest.fixture
def client(
    service: Service,
    database: Database,
    token_issuer: TokenIssuer,
    _service_in_place: _Prepared,
) -> ServiceClient:
    """Give a client of the service's web application."""
    if _service_in_place.app is None:
        _service_in_place.app = service.create_app(_service_in_place.settings, database)
    made = ServiceClient(
        _service_in_place.app, _service_in_place.app.response_class, use_cookies=False
    )
    made.issuer = token_issuer
    return made


@pytest.fixture
def principal() -> Callable[..., Principal]:
    """Make principals."""

    def make(
        *roles: str,
        id: UUID | None = None,  # noqa: A002 - as the field is called
        name: str = "Kirsten Mølgaard",
        associations: Mapping[UUID, str] | None = None,
        session_id: UUID | None = None,
        email: str = "",
        signed_in_at: datetime | None = None,
    ) -> Principal:
        return Principal(
            id=id or uuid4(),
            name=name,
            email=email,
            roles=frozenset(roles),
            associations=dict(associations or {}),
            session_id=session_id,
            signed_in_at=signed_in_at,
        )

    return make


@pytest.fixture
def outbox(request: pytest.FixtureRequest, database: Database) -> Outbox:
    """Give what the service publishes."""
    unit = request.getfixturevalue("work") if "work" in request.fixturenames else None
    found = Outbox(database, work=unit)
    found.clear()
    return found


@pytest.fixture
def deliver(service: Service, database: Database) -> Deliver:
    """Give a way to deliver events to the service."""
    return Deliver(service, database)


@pytest.fixture
def schedule(service: Service, database: Database) -> Callable[[], int]:
    """Give a way to do what is due."""
    return Scheduler(service, database).tick


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Give a clock that can be moved."""
    clock_module.enable_demo_clock(clock_module.now())
    yield Clock()
    clock_module.disable_demo_clock()
