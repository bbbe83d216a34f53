"""The services' databases, as an operator names them, and PostgreSQL's programs for them.

An operator's tool reaches into every service's database; no service ever does.
"""

import dataclasses
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import make_url

from chassis import config

Connection = psycopg.Connection[Any]


def _address(name: str, text: str) -> Any:
    return config.setting(name, text, default="", secret=True, check=config.postgres_address)


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Where the services' databases are; one that is not set is left out."""

    directory: str = _address("DIRECTORY_DATABASE_URL", "The directory's database")
    grants: str = _address("GRANTS_DATABASE_URL", "The database of the grants service")
    meetings: str = _address("MEETINGS_DATABASE_URL", "The database of the meetings service")
    notifier: str = _address("NOTIFIER_DATABASE_URL", "The notifier's database")


def named(given: Sequence[str]) -> Mapping[str, str]:
    """Return addresses by service: those of ``name=address`` texts, else the environment's.

    Raises ``click.UsageError`` where one is malformed, or there is none at all.
    """
    if given:
        found = {name: url for name, _, url in (text.partition("=") for text in given)}
        for name, url in found.items():
            try:
                config.postgres_address(url)
            except ValueError as error:
                raise click.UsageError(f"--database {name}: {error}") from error
        return found
    try:
        settings = config.load(DatabaseSettings)
    except config.Misconfigured as error:
        raise click.UsageError(str(error)) from error
    found = {name: url for name, url in dataclasses.asdict(settings).items() if url}
    if not found:
        raise click.UsageError(
            "no database is named: set DIRECTORY_DATABASE_URL and its like (or ..._FILE),"
            " or give --database name=postgresql+psycopg://..."
        )
    return found


def one(databases: Mapping[str, str], name: str) -> str:
    """Return the address of one service. Raises ``click.UsageError`` where it is not named."""
    if name not in databases:
        raise click.UsageError(f"{name} is none of {', '.join(sorted(databases))}")
    return databases[name]


def libpq(url: str) -> str:
    """Return an address as PostgreSQL's own programs read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def connected(databases: Mapping[str, str]) -> Iterator[dict[str, Connection]]:
    """Open a connection to each database; rows have named fields, nothing commits by itself."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                psycopg.connect(
                    libpq(url), row_factory=namedtuple_row, application_name="samspil-operator"
                )
            )
            for name, url in databases.items()
        }


def roles_at_work(connection: Connection, service: str) -> list[str]:
    """Tell which processes of a service have its database open."""
    rows = connection.execute(
        "SELECT DISTINCT application_name AS name FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE %s ORDER BY 1",
        [f"samspil-{service}%"],
    ).fetchall()
    return [row.name for row in rows]


def require_stopped(connection: Connection, service: str) -> None:
    """Raise ``click.ClickException`` while processes of a service have its database open."""
    if running := roles_at_work(connection, service):
        raise click.ClickException(
            f"stop every role of {service} first: {', '.join(running)} is at work"
        )


def program(name: str) -> str:
    """Return the path of pg_dump or pg_restore: in POSTGRES_BIN, else on PATH.

    Raises ``click.ClickException`` where it is not there.
    """
    folder = os.environ.get("POSTGRES_BIN", "")
    found = shutil.which(name, path=folder or None)
    if found is None:
        place = folder or "PATH"
        raise click.ClickException(f"{name} is not in {place}: install postgresql-client")
    return str(Path(found))
