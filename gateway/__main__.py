"""``python -m gateway serve``: run the gateway."""

import os
import sys

import click
from granian.constants import Interfaces
from granian.server import Server

from chassis import config, telemetry
from gateway.app import GatewaySettings, create_app


@click.group()
def cli() -> None:
    """The gateway of Samspil."""


@cli.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, help="Port to listen on.")
@click.option("--workers", default=min(4, os.cpu_count() or 1), help="Processes.")
@click.option("--threads", default=16, help="Threads of a process, more than UPSTREAM_CONCURRENCY.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Answer callers."""
    try:
        create_app(config.load(GatewaySettings))
    except config.Misconfigured as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    Server(
        "gateway.__main__:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        factory=True,
    ).serve()


def application() -> object:
    """Make the application in a worker process."""
    settings = config.load(GatewaySettings)
    telemetry.configure_logging(level=settings.log_level)
    return create_app(settings)


if __name__ == "__main__":
    cli()
