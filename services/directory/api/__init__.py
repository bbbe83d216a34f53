"""Routes of the directory, one module for each resource."""

from services.directory.api.associations import associations, vocabulary
from services.directory.api.imports import imports
from services.directory.api.memberships import memberships
from services.directory.api.offices import offices
from services.directory.api.people import people
from services.directory.api.sign_in import keys, me, sessions, sign_in
from services.directory.api.sign_in_flows import flows, methods

blueprints = (
    associations,
    vocabulary,
    imports,
    memberships,
    people,
    offices,
    methods,
    sign_in,
    flows,
    sessions,
    me,
    keys,
)

__all__ = ["blueprints"]
