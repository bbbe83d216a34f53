"""``python -m embedded``: run an instance here, act out the demo, write the contracts."""

import logging
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from chassis import telemetry
from embedded.actors import Refused

if TYPE_CHECKING:
    from embedded.story import Story

ROOT = Path(__file__).resolve().parent.parent
DEMO_STARTS_AT = "2024-02-01T09:00:00+01:00"

console = Console()


@click.group()
def main() -> None:
    """Samspil in one process."""


def _profile(name: str) -> Path:
    path = ROOT / "profiles" / f"{name}.toml"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.toml")))
        message = f"there is no profile {name!r}; there are: {known}"
        raise click.BadParameter(message, param_hint="--profile")
    return path


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            text = f"Port {port} er optaget. Vælg en anden: make run PORT={port + 1}"
            raise click.ClickException(text) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _log_to(path: Path) -> None:
    """Keep the terminal for people: the log goes to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    telemetry.configure_logging(stream=path.open("a", encoding="utf-8", buffering=1))
    # The mailbox's server tells of every command it is sent.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


@main.command()
@click.option("--profile", default="vesthimmerland", help="The municipality: a file in profiles/.")
@click.option("--port", default=8080, help="The address becomes http://127.0.0.1:PORT.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where everything is kept (var/PROFILE)."
)
@click.option("--demo-clock", help="Start with a demo clock standing at this moment (ISO 8601).")
@click.option("--empty", is_flag=True, help="Do not load the demo municipality.")
def run(
    profile: str, port: int, folder: Path | None, demo_clock: str | None, *, empty: bool
) -> None:
    """Run everything here until you press Ctrl-C."""
    from embedded.host import Instance  # noqa: PLC0415 - keeps --help fast
    from embedded.town import TownLoader, sign_in_links  # noqa: PLC0415

    path = _profile(profile)
    _require_free(port)
    folder = (folder or ROOT / "var" / profile).resolve()
    _log_to(folder / "samspil.log")
    instance = Instance(
        folder=folder,
        profile=path,
        port=port,
        demo_at=datetime.fromisoformat(demo_clock) if demo_clock else None,
    )
    stop = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: stop.set())
    try:
        steps: list[tuple[str, Callable[[], None]]] = list(instance.steps())
        loader = TownLoader(instance)
        if not empty and not loader.is_done():
            steps += loader.steps()
        with _progress() as progress:
            task = progress.add_task("", total=len(steps))
            for text, step in steps:
                progress.update(task, description=text)
                step()
                progress.advance(task)
            progress.update(task, description="Klar")
        console.print(f"\n[bold]Samspil kører på {instance.url}[/]\n")
        console.print("Log ind som (hvert link virker én gang):")
        for role, name, link in sign_in_links(instance):
            console.print(f"  {role}: {name}")
            # Whole, however narrow the terminal is: it is there to be copied.
            console.print(f"    {link}", soft_wrap=True, highlight=False)
        console.print()
        console.print(
            f"Portal    {instance.url}\n"
            f"Postkasse {instance.url}/mailbox\n"
            f"API       {instance.url}/api/v1/docs"
        )
        console.print(f"Log       {folder / 'samspil.log'}\nStop med Ctrl-C; intet går tabt.")
        stop.wait()
    finally:
        console.print("Stopper ...")
        instance.stop()


@main.command()
@click.option("--profile", default="vesthimmerland", help="The municipality: a file in profiles/.")
@click.option(
    "--url", default="", help="Play against this instance (it must run with --demo-clock)."
)
def demo(profile: str, url: str) -> None:
    """Act out a whole round through the public API and the mailbox.

    And check that everything adds up.
    """
    from embedded.host import Instance  # noqa: PLC0415 - keeps --help fast
    from embedded.story import NoStage, Story  # noqa: PLC0415

    path = _profile(profile)
    instance = None
    with (
        tempfile.TemporaryDirectory(prefix="samspil-demo-", ignore_cleanup_errors=True) as folder,
        _progress() as progress,
    ):
        try:
            if not url:
                _log_to(ROOT / "var" / "demo.log")
                instance = Instance(
                    folder=Path(folder),
                    profile=path,
                    port=_free_port(),
                    demo_at=datetime.fromisoformat(DEMO_STARTS_AT),
                )
                steps = list(instance.steps())
                task = progress.add_task("", total=len(steps))
                for text, step in steps:
                    progress.update(task, description=text)
                    step()
                    progress.advance(task)
                url = instance.url
            story = Story(url, path)
            story.require_stage()
            _play(story, progress)
        except NoStage as reason:
            raise click.ClickException(str(reason)) from None
        finally:
            if instance is not None:
                instance.stop()
    story.print_result(console)
    sys.exit(1 if story.discrepancies else 0)


def _play(story: "Story", progress: Progress) -> None:
    """Play every chapter; where one cannot go on, the table that follows says so."""
    task = progress.add_task("", total=len(story.chapters))
    for text, chapter in story.chapters:
        progress.update(task, description=text)
        try:
            chapter()
        except (AssertionError, OSError, Refused) as failure:
            story.break_off(text, failure)
            return
        progress.advance(task)
    progress.update(task, description="Historien er spillet")


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is out of date.")
def contracts(*, check: bool) -> None:
    """Write the schemas, asyncapi.yaml, docs/events.md and the OpenAPI documents anew."""
    from embedded.contracts import write_all  # noqa: PLC0415 - keeps --help fast

    outdated = write_all(check=check)
    for path in outdated:
        console.print(f"{'out of date' if check else 'written'}: {path}")
    sys.exit(1 if check and outdated else 0)


if __name__ == "__main__":
    main()
