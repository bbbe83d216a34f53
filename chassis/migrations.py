"""Database migrations: what every service's ``migrations/env.py`` and ``migrate`` call.

A service's first migration creates the chassis tables too, by :func:`create_chassis_tables`.
"""

from pathlib import Path

import sqlalchemy
from alembic import command, context, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from chassis import telemetry
from chassis.database import chassis_metadata, tombstone

log = telemetry.logger(__name__)

LOCK = 7_236_117


def create_chassis_tables() -> None:
    """Create event log, inbox and their counters; called from the first migration of a service."""
    chassis_metadata.create_all(op.get_bind())


def drop_chassis_tables() -> None:
    """Undo :func:`create_chassis_tables`."""
    chassis_metadata.drop_all(op.get_bind())


def create_tombstones() -> None:
    """Create the table of who was erased, where the first migration has not made it already."""
    tombstone.create(op.get_bind(), checkfirst=True)


def drop_tombstones() -> None:
    """Undo :func:`create_tombstones`."""
    tombstone.drop(op.get_bind(), checkfirst=True)


def run(metadata: MetaData) -> None:
    """Run the migrations of a service (called by Alembic through ``env.py``)."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given, metadata)
        return
    engine = sqlalchemy.create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.begin() as connection:
        _run_on(connection, metadata)
    engine.dispose()


def _run_on(connection: sqlalchemy.Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=[metadata, chassis_metadata],
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def _config(folder: Path, connection: sqlalchemy.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str, folder: Path, revision: str = "head") -> None:
    """Bring a database to a revision, forwards. Two of these at once wait for each other.

    Tables of a newer version stay as they are: migrations only add, so that an older version can
    work on them after a way back.
    """
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        config = _config(folder, connection)
        if _is_newer(connection, config):
            log.warning("tables are of a newer version", folder=folder.parent.name)
        else:
            command.upgrade(config, revision)
    engine.dispose()


def _is_newer(connection: sqlalchemy.Connection, config: Config) -> bool:
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    return not known.issuperset(MigrationContext.configure(connection).get_current_heads())


def downgrade(url: str, folder: Path, revision: str = "base") -> None:
    """Bring a database back to an earlier revision."""
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        command.downgrade(_config(folder, connection), revision)
    engine.dispose()
