"""A service, declared: its name, routes, handlers and tables.

From that its web application, its roles and its commands.

``services/<name>/app.py`` makes one :class:`Service` called ``service``; ``__main__.py`` calls
:meth:`Service.cli`. The same object runs as four processes in production (serve, consume, relay,
schedule) and as threads of one process in the embedded run.
"""

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import MetaData, text
from sqlalchemy.exc import SQLAlchemyError

from chassis import clock, config, migrations, telemetry, web
from chassis.auth import Permissions, Principal, TokenVerifier
from chassis.database import Database, UnitOfWork, arm
from chassis.handlers import Handlers
from chassis.personal import Held
from chassis.web.dead_letters import dead_letters
from chassis.web.personal_data import personal_data

# An event that has waited for this long says that the relay or the broker does not do its work.
BEHIND = timedelta(seconds=30)
_OLDEST_PENDING = text("SELECT min(occurred_at) FROM event_log WHERE published_at IS NULL")

Role = Callable[[threading.Event], None]


@dataclass(frozen=True)
class WorkerContext:
    """What a worker loop gets.

    The service's database and settings, and whether it is time to stop.
    """

    database: Database
    settings: Any
    stop: threading.Event


@dataclass(frozen=True, kw_only=True)
class Service:
    """One bounded context, ready to be run.

    ``adopt`` is given a unit of work and the municipality profile at ``migrate``, and brings the
    service's own data in line with the profile; it must be idempotent. ``projections`` are the
    mapped classes that a rebuild clears and fills again. ``personal`` says which rows are about
    whom.
    """

    name: str
    title: str
    package: str
    metadata: MetaData
    blueprints: Sequence[web.Blueprint]
    handlers: Handlers
    permissions: Permissions
    settings: type[config.Settings] = config.Settings
    adopt: Callable[[UnitOfWork, Mapping[str, Any]], None] | None = None
    projections: Sequence[type] = field(default_factory=tuple)
    personal: Sequence[Held] = field(default_factory=tuple)

    @property
    def migrations_folder(self) -> Path:
        """Where the service's migrations are."""
        module = sys.modules[self.package]
        return Path(str(module.__file__)).parent / "migrations"

    def database(self, settings: config.Settings) -> Database:
        """Open the service's database."""
        arm(settings.crash_at)
        return Database(settings.database_url, service=self.name)

    def create_app(self, settings: config.Settings, database: Database | None = None) -> Flask:
        """Make the web application (the role ``serve``)."""
        database = database or self.database(settings)
        app = web.create_app(
            name=self.name,
            title=self.title,
            blueprints=[
                *self.blueprints,
                dead_letters(self.name),
                personal_data(self.name, self.personal),
            ],
            database=database,
            verifier=TokenVerifier(jwks_url=settings.jwks_url, issuer=settings.token_issuer),
            permissions=self.permissions,
            ready=lambda: self.readiness(settings, database),
        )
        app.extensions["samspil.settings"] = settings
        app.extensions["samspil.profile"] = settings.profile
        return app

    def readiness(self, settings: config.Settings, database: Database) -> Mapping[str, str]:
        """Check what the service depends on, by progress where that can be seen.

        Each is "ok", or a word of what is wrong: the database, the broker ("blocked" while an alarm
        makes it hold publishers up), and the event log, which is "behind" when an event has waited
        for too long, whatever the broker says of itself.
        """
        from chassis import topology  # noqa: PLC0415 - keeps the AMQP clients out of processes that never ask

        outbox = "ok"
        try:
            with database.reading() as session:
                oldest = session.execute(_OLDEST_PENDING).scalar()
            if oldest is not None and clock.now() - oldest > BEHIND:
                outbox = "behind"
            database_state = "ok"
        except SQLAlchemyError as error:
            database_state = outbox = type(error).__name__
        broker = topology.probe(settings.amqp_url)
        return {"database": database_state, "broker": broker, "outbox": outbox}

    def migrate(self, settings: config.Settings) -> None:
        """Bring tables, the data that follow the municipality profile, and queues up to date.

        The queues come last but before any role starts: what is published before a queue is bound
        never reaches it.
        """
        from chassis import topology  # noqa: PLC0415 - as above

        migrations.upgrade(settings.database_url, self.migrations_folder)
        if self.adopt is not None:
            database = self.database(settings)
            try:
                with (
                    telemetry.tracing(),
                    database.unit_of_work(Principal.of_service(self.name)) as work,
                ):
                    self.adopt(work, settings.profile)
            finally:
                database.close()
        topology.declare(settings.amqp_url, self)

    def roles(self, settings: config.Settings, database: Database) -> Mapping[str, Role]:
        """The long-running roles beside ``serve``: each runs until its stop event is set."""
        from chassis.consumer import Consumer  # noqa: PLC0415
        from chassis.relay import Relay  # noqa: PLC0415
        from chassis.scheduler import Scheduler  # noqa: PLC0415

        return {
            "consume": Consumer(self, settings, database).run,
            "relay": Relay(self, settings, database).run,
            "schedule": Scheduler(self, database).run,
        }

    def cli(self) -> None:
        """Run the service's command line."""
        from chassis.cli import command_line  # noqa: PLC0415

        command_line(self)()
