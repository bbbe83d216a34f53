"""``python -m portal serve``: run the portal."""

import os
import sys

import click
from granian.constants import Interfaces
from granian.server import Server

from chassis import config, telemetry
from portal.app import create_app
from portal.settings import PortalSettings


@click.group()
def cli() -> None:
    """The portal of Samspil."""


@cli.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, help="Port to listen on.")
@click.option("--workers", default=min(4, os.cpu_count() or 1), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Answer browsers."""
    try:
        settings = config.load(PortalSettings)
        create_app(settings)
    except config.Misconfigured as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    server = Server(
        "portal.__main__:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=16,
        factory=True,
    )
    server.serve()


def application() -> object:
    """Make the application in a worker process."""
    settings = config.load(PortalSettings)
    telemetry.configure_logging(level=settings.log_level)
    return create_app(settings)


if __name__ == "__main__":
    cli()
