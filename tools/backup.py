"""Dumps of the services' databases, and their way back.

A dump is PostgreSQL's own custom format, one file per service, with a line about each in a manifest
(tools/manifest.py). Dumps of different services need not be of the same moment: what they know of
each other is put right by their events (tools/reconcile.py, docs/operations/backup.md).
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import click
from psycopg import sql
from sqlalchemy import make_url

from tools import manifest
from tools.databases import connected, libpq, program, require_stopped

ERASED: Final = "erased.txt"
_DUMPED = re.compile(r"dumping contents of table")
_TABLE = re.compile(r" TABLE public (\S+) ")
_RESTORED = re.compile(r"processing data for table")


def dump(service: str, url: str, folder: Path) -> Path:
    """Dump a service's database into a folder; return the file.

    Raises ``click.ClickException`` with pg_dump's last words; nothing half-made then has the name.
    """
    with connected({service: url}) as open_:
        started = datetime.now(UTC)
        (row,) = open_[service].execute(
            "SELECT coalesce(max(position), 0) AS position FROM event_log"
        )
        (tables,) = open_[service].execute(
            "SELECT count(*) AS amount FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{service}.dump"
    half_made = path.with_suffix(".making")
    half_made.touch(mode=0o600)
    with _program("pg_dump", url) as (command, environment):
        _run(
            [*command, "--format=custom", "--verbose", f"--file={half_made}"],
            environment,
            label=f"{service:<10}",
            length=tables.amount,
            step=_DUMPED,
        )
    half_made.replace(path)
    manifest.describe(folder, service, started=started, position=row.position)
    return path


def list_erased(folder: Path, people: Iterable[UUID]) -> None:
    """List beside the dumps who was erased, by ids that lead to nobody; no list where nobody was.

    Where every database is put back to an older backup, only this list still knows (F40).
    """
    lines = sorted(map(str, people))
    if lines:
        (folder / ERASED).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_erased(path: Path) -> set[UUID]:
    """Read such a list. Raises ``click.ClickException`` where it is none."""
    try:
        return {UUID(line) for line in path.read_text(encoding="utf-8").split()}
    except ValueError as error:
        raise click.ClickException(f"{path} is no list of ids: {error}") from error


def restore(service: str, url: str, path: Path) -> None:
    """Put a service's database back to a dump, all or nothing.

    Raises ``click.ClickException`` where the dump is not the one that was made, where roles of the
    service are at work, or with pg_restore's last words; the database is then as it was.
    """
    _require_unchanged(service, path)
    with connected({service: url}) as open_:
        require_stopped(open_[service], service)
    listed = subprocess.run(
        [program("pg_restore"), "--list", str(path)], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        raise click.ClickException(listed.stderr.strip() or "pg_restore cannot read this file")
    with _program("pg_restore", url) as (command, environment):
        _run(
            [
                *command,
                *("--clean", "--if-exists", "--single-transaction", "--exit-on-error"),
                *("--no-owner", "--no-privileges", "--verbose", str(path)),
            ],
            environment,
            label=f"{service:<10}",
            length=listed.stdout.count(" TABLE DATA "),
            step=_RESTORED,
        )
    _drop_newer(service, url, set(_TABLE.findall(listed.stdout)))


def _drop_newer(service: str, url: str, dumped: set[str]) -> None:
    """Drop tables that came after the dump: ``migrate`` makes them again, and only then can."""
    with connected({service: url}) as open_:
        connection = open_[service]
        there = connection.execute(
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        for name in sorted({row.name for row in there} - dumped):
            connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(name)))
            click.echo(f"{name} is newer than the dump: dropped, migrate makes it again")


@contextmanager
def _program(name: str, url: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Give a command for a database; the password goes by the environment, not by ``ps``."""
    address = make_url(url)
    bare = libpq(address.set(password=None).render_as_string(hide_password=False))
    environment = {**os.environ, "LC_ALL": "C"}
    if address.password:
        environment["PGPASSWORD"] = str(address.password)
    yield [program(name), f"--dbname={bare}"], environment


def _run(
    command: Sequence[str],
    environment: dict[str, str],
    *,
    label: str,
    length: int,
    step: re.Pattern[str],
) -> None:
    """Run one of PostgreSQL's programs and show a bar: a step for each table."""
    said: list[str] = []
    with (
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        click.progressbar(length=max(1, length), label=label) as bar,
    ):
        for line in process.stderr or ():
            said = [*said[-4:], line.strip()]
            if step.search(line):
                bar.update(1)
        process.wait()
        if process.returncode == 0:
            bar.update(max(0, bar.length - bar.pos) if bar.length else 0)
    if process.returncode:
        raise click.ClickException("\n".join(said))


def _require_unchanged(service: str, path: Path) -> None:
    if not path.exists():
        raise click.ClickException(f"{path} is not there")
    facts = manifest.described(path.parent, service)
    if facts is None:
        place = path.parent / manifest.MANIFEST
        raise click.ClickException(f"no line about {service} in {place}: whose dump is this?")
    if facts["sha256"] != manifest.digest(path):
        raise click.ClickException(f"{path} is not the file that was made: its digest differs")
