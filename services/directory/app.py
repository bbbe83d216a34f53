"""The directory, wired together."""

from contextlib import closing
from dataclasses import dataclass

import click

import contracts
from chassis import clock
from chassis.auth import Principal, read_permissions
from chassis.config import Misconfigured, Settings, between, load, setting, web_address
from chassis.service import Service
from services.directory import commands
from services.directory.api import blueprints
from services.directory.commands.identity_provider import is_safe_address
from services.directory.handlers import handlers
from services.directory.model import KEY_ANNOUNCED, PROJECTIONS, Base
from services.directory.queries.personal import HELD


@dataclass(frozen=True, kw_only=True)
class DirectorySettings(Settings):
    """What the directory needs to know beyond every service's settings.

    Raises :class:`Misconfigured` where an identity provider is named by half.
    """

    client_limit_factor: int = setting(
        "CLIENT_LIMIT_FACTOR",
        "How many times the usual number of sign-ins and registrations one client address may make",
        default=1,
        check=between(1, 1000),
    )
    oidc_issuer: str = setting(
        "OIDC_ISSUER",
        "The OpenID Connect provider people may sign in through, https://…, exactly as it names"
        " itself; none unless set",
        default="",
    )
    oidc_client_id: str = setting(
        "OIDC_CLIENT_ID", "What that provider calls this installation", default=""
    )
    oidc_client_secret: str = setting(
        "OIDC_CLIENT_SECRET",
        "What this installation shows that provider (client_secret_basic)",
        default="",
        secret=True,
    )
    address_register_url: str = setting(
        "ADDRESS_REGISTER_URL",
        "Adressevælger, https://adressevaelger.dk, which completes addresses; none unless set",
        default="",
        check=web_address,
    )
    address_register_token: str = setting(
        "ADDRESS_REGISTER_TOKEN",
        "The token that Klimadatastyrelsen gave the municipality for it; it is no secret",
        default="",
    )

    def __post_init__(self) -> None:
        """Refuse an identity provider that could not be used, or not safely."""
        given = {
            "OIDC_ISSUER": self.oidc_issuer,
            "OIDC_CLIENT_ID": self.oidc_client_id,
            "OIDC_CLIENT_SECRET": self.oidc_client_secret,
        }
        missing = [name for name, value in given.items() if not value]
        if 0 < len(missing) < len(given):
            present = ", ".join(name for name in given if name not in missing)
            raise Misconfigured("; ".join(f"{each} is not set, but {present}" for each in missing))
        if self.oidc_issuer and not is_safe_address(self.oidc_issuer):
            raise Misconfigured("OIDC_ISSUER is not an https address")
        if self.address_register_url and not is_safe_address(self.address_register_url):
            raise Misconfigured("ADDRESS_REGISTER_URL is not an https address")
        if self.address_register_url and not self.address_register_token:
            raise Misconfigured("ADDRESS_REGISTER_TOKEN is not set, but ADDRESS_REGISTER_URL")


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
    personal=HELD,
    projections=PROJECTIONS,
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


@click.command("rotate-key")
@click.option(
    "--stolen",
    is_flag=True,
    help="Drop the older keys now: everybody's token is refused, and made anew from their session.",
)
def rotate_key(*, stolen: bool) -> None:
    """Announce a new key to sign tokens with; it signs when all have had time to read it."""
    with (
        closing(service.database(load(DirectorySettings))) as database,
        database.unit_of_work(Principal.of_service(service.name)) as work,
    ):
        kid = commands.rotate_signing_key(work, stolen=stolen)
    if kid is None:
        raise click.ClickException("a new key is being announced already; wait until it signs")
    begins = "now" if stolen else f"{clock.now() + KEY_ANNOUNCED:%H:%M} UTC"
    click.echo(f"{kid} signs from {begins} on")
