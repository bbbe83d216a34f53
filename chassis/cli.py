"""The commands of a service.

``python -m services.<name> serve | consume | relay | schedule | migrate | dead | replay | ...``.

Each command reads the settings from the environment; a wrong one is named and the command ends
with 1. The long-running ones end on SIGTERM or Ctrl-C: they stop taking, finish what they hold,
commit, acknowledge and are gone within 30 seconds.
"""

import functools
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import click
import orjson

from chassis import clock, config, dead, operations, replay, telemetry, topology
from chassis.database import Database

if TYPE_CHECKING:
    from chassis.service import Service

F = TypeVar("F", bound=Callable[..., Any])
DRAIN_SECONDS: Final = 28
_SOURCE_HELP: Final = "Whose message, where two publishers used the same id"
_SHOWN: Final = (
    *("status", "type", "source", "subject", "sequence"),
    *("attempts", "error", "received_at", "reason"),
)


def command_line(service: "Service") -> click.Group:
    """Make the command line of a service."""

    @click.group(help=f"{service.title} ({service.name})")
    def group() -> None:
        """Everything one does with a service from a terminal."""

    for add in (_add_roles, _add_setup, _add_dead, _add_replay, _add_status):
        add(group, service)
    return group


def _with_settings(service: "Service") -> Callable[[F], F]:
    """Give a command the settings; where they are wrong, say which and exit with 1."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            try:
                settings = config.load(service.settings)
                settings.profile  # noqa: B018 - read now, so that a wrong path is told at start
                telemetry.configure_logging(level=settings.log_level)
                return function(settings, *args, **kwargs)
            except config.Misconfigured as error:
                click.echo(f"{service.name}: {error}", err=True)
                sys.exit(1)

        return wrapped  # type: ignore[return-value]

    return decorate


def _with_database(service: "Service") -> Callable[[F], F]:
    """Give a command the database, and close it afterwards; wrong settings as above."""

    def decorate(function: F) -> F:
        @_with_settings(service)
        @functools.wraps(function)
        def wrapped(settings: config.Settings, *args: Any, **kwargs: Any) -> Any:
            with closing(service.database(settings)) as database:
                return function(database, *args, **kwargs)

        return wrapped  # type: ignore[return-value]

    return decorate


def run_role(service: "Service", name: str, settings: config.Settings) -> None:
    """Run a long-running role in this process until SIGTERM or SIGINT, then let it drain.

    Where there is an operations port it tells there how it is. Raises
    :class:`~chassis.config.Misconfigured` where that port cannot be had.
    """
    stop = threading.Event()
    _end_on_signal(stop)
    # From here on: a role that hangs before its first turn is stuck as well.
    telemetry.turned(service.name, name)
    with (
        closing(service.database(settings)) as database,
        operations.listening(settings, operations.of_role(service, name, settings, database)),
    ):
        service.roles(settings, database)[name](stop)


def _end_on_signal(stop: threading.Event) -> None:
    def end(*_: Any) -> None:
        stop.set()
        # Should draining hang, the process ends all the same: what was not acknowledged comes
        # again.
        watch = threading.Timer(DRAIN_SECONDS, lambda: os._exit(1))
        watch.daemon = True
        watch.start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


def _add_roles(group: click.Group, service: "Service") -> None:
    @group.command(help="Answer HTTP requests")
    @click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on")
    @click.option("--port", default=8000, show_default=True, help="Port to listen on")
    @click.option(
        "--workers", default=os.cpu_count() or 1, show_default=True, help="Processes; one per core"
    )
    @click.option("--threads", default=4, show_default=True, help="Threads per process")
    @_with_settings(service)
    def serve(settings: config.Settings, host: str, port: int, workers: int, threads: int) -> None:
        from chassis import serving  # noqa: PLC0415 - only this command needs the HTTP server

        serving.serve(
            service.package,
            settings,
            host=host,
            port=port,
            workers=workers,
            threads=threads,
            load=_load_application,
        )

    for name, text in (
        ("consume", "Handle events from the broker, and run the workers"),
        ("relay", "Publish the event log to the broker"),
        ("schedule", "Do what is due"),
    ):
        group.add_command(_role_command(service, name, text))


def _role_command(service: "Service", name: str, text: str) -> click.Command:
    @click.command(name, help=text)
    @_with_settings(service)
    def run(settings: config.Settings) -> None:
        run_role(service, name, settings)

    return run


def _load_application(package: str) -> Any:
    """Make the WSGI application of a service inside a worker process."""
    service: Service = importlib.import_module(f"{package}.app").service
    settings = config.load(service.settings)
    telemetry.configure_logging(level=settings.log_level)
    return service.create_app(settings)


def _add_setup(group: click.Group, service: "Service") -> None:
    @group.command(help="Bring tables, queues and the municipality's profile up to date")
    @_with_settings(service)
    def migrate(settings: config.Settings) -> None:
        service.migrate(settings)
        click.echo(f"{service.name}: up to date")

    @group.command(help="Print the OpenAPI document")
    @_with_settings(service)
    def openapi(settings: config.Settings) -> None:
        with closing(service.database(settings)) as database:
            app = service.create_app(settings, database)
        spec = app.extensions["samspil.openapi"]()
        click.echo(json.dumps(spec, indent=2, ensure_ascii=False, sort_keys=True))


def _add_dead(group: click.Group, service: "Service") -> None:
    @group.group("dead", help="Messages that could not be handled")
    def dead_group() -> None:
        """Look after dead letters."""

    @dead_group.command("list", help="List what is dead, failed or parked")
    @click.option(
        "--status",
        type=click.Choice(["dead", "failed", "parked"]),
        default="dead",
        show_default=True,
    )
    @_with_database(service)
    def list_(database: Database, status: str) -> None:
        for row in dead.listed(database, status):
            click.echo(
                f"{row.event_id}  {row.received_at:%Y-%m-%d %H:%M}  {row.type}  {row.subject}"
                f"  #{row.sequence}  attempts {row.attempts}  {dead.first_words(row.error)}"
            )

    @dead_group.command(help="Show one message with its error")
    @click.argument("event_id", type=click.UUID)
    @click.option("--source", default=None, help=_SOURCE_HELP)
    @_with_database(service)
    def show(database: Database, event_id: UUID, source: str | None) -> None:
        with _told_apart():
            row = _found(dead.find(database, event_id, source), event_id)
        for key in _SHOWN:
            click.echo(f"{key}: {getattr(row, key)}")
        click.echo(bytes(row.body or b"").decode(errors="replace"))

    _add_dead_settling(dead_group, service)


def _add_dead_settling(group: click.Group, service: "Service") -> None:
    @group.command(help="Try messages again at once, from the first attempt: some, or all")
    @click.argument("event_ids", type=click.UUID, nargs=-1)
    @click.option(
        "--all", "everything", is_flag=True, help="All dead messages, and the failed ones"
    )
    @_with_database(service)
    def retry(database: Database, event_ids: tuple[UUID, ...], *, everything: bool) -> None:
        if bool(event_ids) == everything:
            raise click.UsageError("name messages, or give --all")
        count = dead.retry(database, None if everything else event_ids)
        click.echo(f"{count} will be tried again")

    @group.command(help="Give messages up, some or all that are dead; what waits behind goes on")
    @click.argument("event_ids", type=click.UUID, nargs=-1)
    @click.option("--all", "everything", is_flag=True, help="All dead messages; asks first")
    @click.option("--reason", required=True, help="Why; kept with each message")
    @click.option("--source", default=None, help=_SOURCE_HELP)
    @click.option("--yes", is_flag=True, help="Do not ask")
    @_with_database(service)
    def drop(
        database: Database,
        event_ids: tuple[UUID, ...],
        reason: str,
        source: str | None,
        *,
        everything: bool,
        yes: bool,
    ) -> None:
        if bool(event_ids) == everything:
            raise click.UsageError("name messages, or give --all")
        if everything:
            chosen = [(row.event_id, row.source) for row in dead.listed(database, "dead")]
            if chosen and not yes:
                click.confirm(f"{len(chosen)} dead messages are given up. Go on?", abort=True)
        else:
            # All are looked up first: a mistyped one stops the command before anything is dropped.
            chosen = [(each, _waiting(database, each, source).source) for each in event_ids]
        with click.progressbar(chosen, label=f"{service.name} drops", file=sys.stderr) as bar:
            count = sum(dead.drop(database, each, reason, whose) for each, whose in bar)
        click.echo(f"{count} dropped")

    @group.command(help="Let a consumer that stopped because too much died go on")
    @_with_database(service)
    def resume(database: Database) -> None:
        dead.resume(database)
        click.echo("consumers were told to go on")


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except dead.Ambiguous as error:
        raise click.ClickException(f"{error}; give --source") from error


def _waiting(database: Database, event_id: UUID, source: str | None) -> Any:
    with _told_apart():
        row = dead.find(database, event_id, source)
    return _found(row if row is None or row.settled_at is None else None, event_id)


def _found(row: Any, event_id: UUID) -> Any:
    if row is None:
        raise click.ClickException(f"no such message waits here: {event_id}")
    return row


def _add_replay(group: click.Group, service: "Service") -> None:
    @group.command("replay", help="Send this service's events again, to one service's queue")
    @click.option("--to", "receiver", required=True, help="The service that gets them")
    @click.option(
        "--type",
        "patterns",
        multiple=True,
        default=("*",),
        show_default=True,
        help="Types, such as 'directory.association.*'; may be given more than once",
    )
    @click.option(
        "--since", type=click.DateTime(), default=None, help="Only events from this moment on (UTC)"
    )
    @click.option(
        "--projections-only",
        is_flag=True,
        help="No effects, not even for events the receiver never had",
    )
    @_with_settings(service)
    def replay_(
        settings: config.Settings,
        receiver: str,
        patterns: Sequence[str],
        since: datetime | None,
        *,
        projections_only: bool,
    ) -> None:
        with closing(service.database(settings)) as database:
            sending = replay.Replay(
                database, settings.amqp_url, receiver, projections_only=projections_only
            )
            entries = sending.select(
                lambda type_: any(fnmatchcase(type_, pattern) for pattern in patterns), since
            )
            with click.progressbar(
                entries, label=f"{service.name} → {receiver}", file=sys.stderr
            ) as bar:
                count = sending.send(bar)
        click.echo(f"{count} events sent to {receiver}")

    @group.command(help="Empty the projections and let events pass again")
    @click.confirmation_option(
        prompt="Projections stay incomplete until the replays have run. Go on?"
    )
    @_with_database(service)
    def rebuild(database: Database) -> None:
        publishers = replay.reset(service, database)
        click.echo("Now run, in any order:")
        for publisher in publishers:
            click.echo(f"  python -m services.{publisher} replay --to {service.name}")


def _add_status(group: click.Group, service: "Service") -> None:
    @group.command(help="What waits: in the event log and in the inbox")
    @_with_settings(service)
    def status(settings: config.Settings) -> None:
        with closing(service.database(settings)) as database:
            found = dead.status(database)
        found["broker"] = topology.probe(settings.amqp_url)
        found["now"] = clock.now()
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
