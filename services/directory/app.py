"""The directory, wired together."""

from dataclasses import dataclass

import click

import contracts
from chassis import clock
from chassis.auth import read_permissions
from chassis.config import Settings, load, setting
from chassis.service import Service
from services.directory import commands
from services.directory.api import blueprints
from services.directory.handlers import handlers
from services.directory.model import Base


@dataclass(frozen=True, kw_only=True)
class DirectorySettings(Settings):
    """What the directory needs to know beyond every service's settings."""

    client_limit_factor: int = setting(
        "CLIENT_LIMIT_FACTOR",
        "How many times the usual number of sign-ins and registrations one client address may make",
        default=1,
    )


service = Service(
    name="directory",
    title="Samspil: the directory",
    package="services.directory",
    metadata=Base.metadata,
    blueprints=blueprints,
    handlers=handlers,
    permissions=read_permissions(contracts.PERMISSIONS),
    settings=DirectorySettings,
    adopt=commands.adopt,
)


@click.command("sign-in-link")
@click.argument("email")
@click.option("--hours", default=1, show_default=True, help="How long the link works.")
def sign_in_link(email: str, hours: int) -> None:
    """Print a link that signs EMAIL in from any browser, once: an operator's tool."""
    settings = load(DirectorySettings)
    database = service.database(settings)
    link = commands.operator_sign_in_link(
        database, settings.public_url, email=email, hours=hours, now=clock.now()
    )
    database.close()
    if link is None:
        raise click.ClickException("nobody is known by this address")
    click.echo(link)
