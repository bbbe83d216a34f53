"""What an operator does across services: `python -m tools.ops --help`.

    python -m tools.ops backup --to backups              a dump per service
    python -m tools.ops restore grants backups/.../grants.dump
    python -m tools.ops reconcile grants [--mend]        after a restore
    python -m tools.ops dead                             dead letters of all services
    python -m tools.ops trace CORRELATION_ID             from the request to the mail

What concerns one service alone is that service's own command: ``python -m services.<name> dead``,
``replay``, ``rebuild``, ``status``; ``python -m services.directory rotate-key``.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from chassis import dead
from chassis.database import Database
from tools import backup as dumps
from tools import manifest, timeline
from tools import reconcile as reconciling
from tools.databases import Connection, connected, named, one, require_stopped

_DATABASES = click.option(
    "--database",
    "given",
    multiple=True,
    metavar="NAME=ADDRESS",
    help="A service's database; unless given those of DIRECTORY_DATABASE_URL and its like.",
)


@click.group(help="Operate Samspil: across services")
def group() -> None:
    """Everything an operator does across services from a terminal."""


@group.command(help="Dump each service's database into a new folder below this one")
@_DATABASES
@click.option("--to", "place", type=click.Path(path_type=Path), required=True, help="Folder")
@click.option("--only", "chosen", multiple=True, help="A service; unless given all of them")
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    help="Folder of node-exporter's text files: each finished dump is noted there for Prometheus",
)
def backup(given: Sequence[str], place: Path, chosen: Sequence[str], metrics: Path | None) -> None:
    """Dump databases, one after the other."""
    databases = named(given)
    wanted = {name: one(databases, name) for name in chosen or databases}
    folder = place / manifest.folder_name(datetime.now(UTC))
    for name, url in wanted.items():
        path = dumps.dump(name, url, folder)
        if metrics:
            manifest.tell(metrics, folder, name)
        click.echo(f"{path}  {path.stat().st_size:,} bytes")
    with connected(wanted) as connections:
        people = {each for open_ in connections.values() for each in reconciling.erased(open_)}
    dumps.list_erased(folder, people)


@group.command(help="Put one service's database back to a dump; its roles must be stopped")
@_DATABASES
@click.argument("service")
@click.argument("dump", type=click.Path(path_type=Path))
@click.confirmation_option(prompt="What the service has done since the dump is lost. Go on?")
def restore(given: Sequence[str], service: str, dump: Path) -> None:
    """Restore a database and tell what to do next."""
    databases = named(given)
    dumps.restore(service, one(databases, service), dump)
    click.echo(f"{service} is back at {dump}. Before any role of it starts:")
    click.echo(f"  python -m services.{service} migrate")
    click.echo(f"  python -m tools.ops reconcile {service} --mend")


@group.command(help="After a restore: tell what a service has forgotten and what it has missed")
@_DATABASES
@click.argument("service")
@click.option("--mend", is_flag=True, help="Count on behind what is forgotten; forget the erased")
@click.option(
    "--erased",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="erased.txt of a newer backup, where no other service remembers",
)
def reconcile(given: Sequence[str], service: str, *, mend: bool, lists: Sequence[Path]) -> None:
    """Compare a service's database with the others'."""
    databases = named(given)
    one(databases, service)
    listed = {person for path in lists for person in dumps.read_erased(path)}
    with connected(databases) as connections:
        _reconcile_erased(connections, service, listed, mend=mend)
        found = reconciling.forgotten(connections, service)
        _tell_forgotten(found, reconciling.traces(connections, service, found), service)
        missed = reconciling.missed(connections, service)
        if mend and found:
            require_stopped(connections[service], service)
            amount = reconciling.count_on(connections[service], service, found)
            connections[service].commit()
            click.echo(f"{service} counts on behind {amount} forgotten events")
        elif found:
            click.echo("run this again with --mend before any role of the service starts")
    _tell_missed(missed, service)


def _reconcile_erased(
    connections: Mapping[str, Connection], service: str, listed: set[UUID], *, mend: bool
) -> None:
    """Tell how many erased people are back in a service, and have it forget them again."""
    people = reconciling.brought_back(connections, service, listed)
    if not people:
        click.echo(f"{service} remembers everybody who was erased")
    elif mend:
        reconciling.bury(connections[service], people)
        connections[service].commit()
        click.echo(f"{service} forgets {len(people)} erased people as soon as its scheduler runs")
    else:
        click.echo(f"{len(people)} erased people may be in {service} again: --mend forgets them")


@group.command("dead", help="Dead letters of all services in one table")
@_DATABASES
@click.option(
    "--status",
    type=click.Choice(["dead", "failed", "parked"]),
    default="dead",
    show_default=True,
)
def dead_(given: Sequence[str], status: str) -> None:
    """List what waits, service by service."""
    total = 0
    for name, url in named(given).items():
        with closing(Database(url, service=name, pool_size=1)) as database:
            for row in dead.listed(database, status):
                total += 1
                click.echo(
                    f"{name:<10} {row.event_id}  {row.received_at:%Y-%m-%d %H:%M}  {row.type}"
                    f"  {row.subject} #{row.sequence}  {dead.first_words(row.error)}"
                )
    click.echo(f"{total} {status}")


@group.command(help="The way of one action through all services, from the request to the mail")
@_DATABASES
@click.argument("correlation_id")
def trace(given: Sequence[str], correlation_id: str) -> None:
    """Tell what happened under one correlation id, in order of time."""
    with connected(named(given)) as connections:
        moments = timeline.of(connections, correlation_id)
    if not moments:
        raise click.ClickException(
            "nothing bears this id here; look for it in the logs: it may have been a read"
        )
    first = moments[0].at
    for moment in moments:
        after = (moment.at - first).total_seconds()
        click.echo(
            f"{moment.at:%Y-%m-%d %H:%M:%S.%f} +{after:8.3f} s  {moment.service:<10} {moment.what}"
        )


def _tell_forgotten(
    found: Sequence[reconciling.Forgotten], known: Sequence[reconciling.Trace], service: str
) -> None:
    if not found:
        click.echo(f"{service} has forgotten nothing that others have seen")
        return
    amount = sum(each.seen - each.known for each in found)
    click.echo(f"{service} has forgotten {amount} events of {len(found)} subjects:")
    by_subject: Mapping[str, list[reconciling.Trace]] = {each.subject: [] for each in found}
    for trace_ in known:
        by_subject[trace_.subject].append(trace_)
    for each in found:
        click.echo(f"  {each.subject}  knows {each.known}, others have seen {each.seen}")
        for trace_ in by_subject[each.subject]:
            click.echo(
                f"    #{trace_.sequence} {trace_.type}  reached {trace_.receiver}"
                f" {trace_.received_at:%Y-%m-%d %H:%M:%S}"
            )


def _tell_missed(missed: Sequence[reconciling.Missed], service: str) -> None:
    if not missed:
        click.echo(f"{service} has missed nothing")
    for each in missed:
        since = f" --since {each.since:%Y-%m-%dT%H:%M:%S}" if each.since else ""
        # Of what it does not listen to nothing is sent: the beginning would be missing, and the
        # rest would wait for it.
        types = "".join(f" --type '{each.publisher}.{name}.*'" for name in each.aggregates)
        click.echo(
            f"{service} has missed events of {each.subjects} subjects; once its consumer runs:\n"
            f"  python -m services.{each.publisher} replay --to {service}{since}{types}"
        )


if __name__ == "__main__":
    group()
