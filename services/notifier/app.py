"""The notifier, wired together."""

from contextlib import closing

import click

import contracts
from chassis.auth import Principal, read_permissions
from chassis.config import load
from chassis.service import Service
from services.notifier import commands
from services.notifier.api import blueprints
from services.notifier.handlers import handlers
from services.notifier.model import PROJECTIONS, Base, NotifierSettings
from services.notifier.queries.personal import HELD

service = Service(
    name="notifier",
    title="Samspil: mail",
    package="services.notifier",
    metadata=Base.metadata,
    blueprints=blueprints,
    handlers=handlers,
    permissions=read_permissions(contracts.PERMISSIONS),
    settings=NotifierSettings,
    projections=PROJECTIONS,
    personal=HELD,
)


@click.command("doubt-waiting")
def doubt_waiting() -> None:
    """Hold back every mail that waits: after a restore it may have left already."""
    with (
        closing(service.database(load(NotifierSettings))) as database,
        database.unit_of_work(Principal.of_service(service.name)) as work,
    ):
        count = commands.doubt_waiting(work)
    click.echo(f"{count} mails are uncertain now; a coordinator decides about each")
