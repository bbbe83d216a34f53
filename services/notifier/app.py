"""The notifier, wired together."""

import contracts
from chassis.auth import read_permissions
from chassis.service import Service
from services.notifier.api import blueprints
from services.notifier.handlers import handlers
from services.notifier.model import PROJECTIONS, Base, NotifierSettings

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
)
