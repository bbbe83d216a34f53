"""``python -m portal serve``: run the portal."""

import os
import sys

import click

from chassis import config, serving, telemetry
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
        config.read_profile(settings.profile_path)
        telemetry.configure_logging(level=settings.log_level)
        serving.serve(
            "portal.__main__:application",
            settings,
            host=host,
            port=port,
            workers=workers,
            threads=16,
        )
    except config.Misconfigured as error:
        click.echo(f"portal: {error}", err=True)
        sys.exit(1)


def application() -> object:
    """Make the application in a worker process."""
    settings = config.load(PortalSettings)
    telemetry.configure_logging(level=settings.log_level)
    return create_app(settings)


if __name__ == "__main__":
    cli()
