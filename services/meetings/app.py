"""The meetings service, wired together."""

import contracts
from chassis.auth import read_permissions
from chassis.config import Settings
from chassis.service import Service
from services.meetings.api import blueprints
from services.meetings.commands.duties import adopt
from services.meetings.handlers import handlers
from services.meetings.model import Association, Base, Membership, Office, Person, Round
from services.meetings.queries.personal import HELD

service = Service(
    name="meetings",
    title="Samspil: meetings, hearings and duties",
    package="services.meetings",
    metadata=Base.metadata,
    blueprints=blueprints,
    handlers=handlers,
    permissions=read_permissions(contracts.PERMISSIONS),
    settings=Settings,
    adopt=adopt,
    projections=[Association, Person, Membership, Office, Round],
    personal=HELD,
)
