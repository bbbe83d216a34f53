"""``python -m gateway serve``: run the gateway."""

import os
import sys

import click

from chassis import config, serving, telemetry
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
        settings = config.load(GatewaySettings)
        telemetry.configure_logging(level=settings.log_level)
        serving.serve(
            "gateway.__main__:application",
            settings,
            host=host,
            port=port,
            workers=workers,
            threads=threads,
        )
    except config.Misconfigured as error:
        click.echo(f"gateway: {error}", err=True)
        sys.exit(1)


def application() -> object:
    """Make the application in a worker process."""
    settings = config.load(GatewaySettings)
    telemetry.configure_logging(level=settings.log_level)
    return create_app(settings)


if __name__ == "__main__":
    cli()
