"""Routes of roles in associations."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Forbidden, Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import memberships as commands
from services.directory.model.problems import (
    AlreadyMember,
    ContactNeeded,
    IdTaken,
    InvitationNeeded,
    LastAdministrator,
)
from services.directory.queries import memberships as queries

memberships = Blueprint(
    "memberships",
    __name__,
    url_prefix="/api/v1/memberships",
    description="Who may do what for an association",
)
STAFF = ("coordinator", "caseworker")


@memberships.get("")
@memberships.arguments(schemas.MembershipArgumentsSchema, location="query")
@memberships.response(200, page_of(schemas.MembershipSchema))
@memberships.problems(Invalid)
@require("directory.membership:read")
def list_memberships(arguments: dict[str, Any]) -> Any:
    """List who has which role: in one's associations; everywhere for the municipality."""
    with reading() as work:
        return queries.memberships(work.session, work.principal.reach(), **arguments)


@memberships.get("/<uuid:membership_id>")
@memberships.response(200, schemas.MembershipSchema)
@memberships.problems(NotFound)
@require("directory.membership:read")
def get_membership(membership_id: UUID) -> Any:
    """Show one role."""
    with reading() as work:
        found = queries.membership(work.session, membership_id, staff=work.principal.has(*STAFF))
        work.principal.permit(association=found.association_id, hide=True)
        return found


@memberships.put("/<uuid:membership_id>")
@memberships.arguments(schemas.MembershipBodySchema)
@memberships.response(200, schemas.MembershipSchema)
@memberships.alt_response(201, schema=schemas.MembershipSchema, description="Granted", success=True)
@memberships.problems(
    Invalid,
    Forbidden,
    NotFound,
    Stale,
    AlreadyMember,
    ContactNeeded,
    IdTaken,
    InvitationNeeded,
    LastAdministrator,
)
@require("directory.membership:manage")
def put_membership(body: dict[str, Any], membership_id: UUID) -> Any:
    """Change somebody's role in an association; the coordinator gives new ones, too."""
    with unit_of_work() as work:
        _, new = commands.put_membership(work, membership_id, version=if_match(), **body)
        work.session.flush()
        found = queries.membership(work.session, membership_id, staff=work.principal.has(*STAFF))
        return written(found, new=new)


@memberships.delete("/<uuid:membership_id>")
@memberships.response(204)
@memberships.problems(NotFound, LastAdministrator)
@require("directory.membership:leave")
def end_membership(membership_id: UUID) -> None:
    """End a role."""
    with unit_of_work() as work:
        commands.end_membership(work, membership_id)
