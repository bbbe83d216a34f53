"""Database migrations: what every service's ``migrations/env.py`` and ``migrate`` call.

A service's first migration creates the chassis tables too, by :func:`create_chassis_tables`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg.errors
import sqlalchemy
from alembic import command, context, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from chassis import telemetry
from chassis.database import chassis_metadata, tombstone

log = telemetry.logger(__name__)

LOCK: Final = 7_236_117
# Whoever wants a table waits behind a change that waits for it, and gives up after two seconds
# (chassis/database.py). So the change gives up sooner, and comes back.
PATIENCE_MS: Final = 1000
PAUSE_SECONDS: Final = 1
ATTEMPTS: Final = 60


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
    url = context.config.get_main_option("sqlalchemy.url") or ""
    with _engine(url) as engine, engine.begin() as connection:
        _run_on(connection, metadata)


def _run_on(connection: sqlalchemy.Connection, metadata: MetaData) -> None:
    # Each in a transaction of its own, so that what it locks is free again before the next.
    context.configure(
        connection=connection,
        target_metadata=[metadata, chassis_metadata],
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _config(folder: Path, connection: sqlalchemy.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str, folder: Path, revision: str = "head", *, attempts: int = ATTEMPTS) -> None:
    """Bring a database to a revision, forwards, while others work in it. Two of these take turns.

    Each migration is a transaction; one that does not get its tables within a second lets the
    others go first and is tried again, ``attempts`` times in all. Tables of a newer version stay as
    they are: migrations only add, so that an older version can work on them after a way back.

    Raises ``sqlalchemy.exc.OperationalError`` where a table was not to be had.
    """
    with _engine(url) as engine, engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.execute(sqlalchemy.text(f"SET lock_timeout = {PATIENCE_MS}"))
        config = _config(folder, connection)
        is_newer = _is_newer(connection, config)
        # Otherwise Alembic would make all of it one transaction: ours.
        connection.commit()
        if is_newer:
            log.warning("tables are of a newer version", folder=folder.parent.name)
        else:
            _upgrade(connection, config, revision, attempts)


def _upgrade(
    connection: sqlalchemy.Connection, config: Config, revision: str, attempts: int
) -> None:
    for attempt in range(1, attempts + 1):
        try:
            command.upgrade(config, revision)
        except sqlalchemy.exc.OperationalError as error:
            connection.rollback()
            is_taken = isinstance(
                error.orig, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected
            )
            if not is_taken or attempt == attempts:
                raise
            log.info("a table is in use", attempt=attempt, error=str(error.orig))
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _is_newer(connection: sqlalchemy.Connection, config: Config) -> bool:
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    return not known.issuperset(MigrationContext.configure(connection).get_current_heads())


def downgrade(url: str, folder: Path, revision: str = "base") -> None:
    """Bring a database back to an earlier revision."""
    with _engine(url) as engine, engine.begin() as connection:
        command.downgrade(_config(folder, connection), revision)


@contextmanager
def _engine(url: str) -> Iterator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
