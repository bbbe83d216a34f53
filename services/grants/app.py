"""The grants service, wired together."""

import contracts
from chassis.auth import read_permissions
from chassis.service import Service
from services.grants.api import blueprints
from services.grants.commands.programmes import adopt
from services.grants.handlers import handlers
from services.grants.model import Applicant, Base, OfficeHolder, Person, Tie
from services.grants.queries.personal import HELD

service = Service(
    name="grants",
    title="Samspil: grants",
    package="services.grants",
    metadata=Base.metadata,
    blueprints=blueprints,
    handlers=handlers,
    permissions=read_permissions(contracts.PERMISSIONS),
    adopt=adopt,
    projections=[Applicant, Tie, OfficeHolder, Person],
    personal=HELD,
)
