"""Routes of registrations."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Forbidden, Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.meetings import schemas
from services.meetings.api.answers import written
from services.meetings.commands import registrations as commands
from services.meetings.model import problems
from services.meetings.queries import registrations as queries

registrations = Blueprint(
    "registrations",
    __name__,
    url_prefix="/api/v1/registrations",
    description="Signing up for meetings: places, and a waiting list that moves up",
)


@registrations.get("")
@registrations.arguments(schemas.RegistrationArgumentsSchema, location="query")
@registrations.response(200, page_of(schemas.RegistrationSchema))
@registrations.problems(Invalid)
@require("meetings.registration:list")
def list_registrations(arguments: dict[str, Any]) -> Any:
    """List registrations: one's own and one's associations', all for the coordinator."""
    with reading() as work:
        return queries.registrations(work.session, work.principal.reach(), **arguments)


@registrations.get("/<uuid:registration_id>")
@registrations.response(200, schemas.RegistrationSchema)
@registrations.problems(NotFound)
@require("meetings.registration:list")
def get_registration(registration_id: UUID) -> Any:
    """Show a registration."""
    with reading() as work:
        found = queries.registration(work.session, registration_id)
        own = found.person_id if found.association_id is None else None
        work.principal.permit(association=found.association_id, person=own, hide=True)
        return found


@registrations.put("/<uuid:registration_id>")
@registrations.arguments(schemas.RegistrationBodySchema)
@registrations.response(200, schemas.RegistrationSchema)
@registrations.alt_response(
    201, schema=schemas.RegistrationSchema, description="Created", success=True
)
@registrations.problems(
    Invalid,
    Forbidden,
    NotFound,
    Stale,
    problems.IdTaken,
    problems.RegistrationClosed,
    problems.AlreadyRegistered,
    problems.RegistrationIsWithdrawn,
    problems.PartyTooLarge,
    problems.NoPlacesLeft,
    problems.NotInvited,
)
@require("meetings.registration:write")
def put_registration(body: dict[str, Any], registration_id: UUID) -> Any:
    """Sign up, or change how many come. The answer says whether there was a place."""
    with unit_of_work() as work:
        new = commands.put_registration(work, registration_id, **body, version=if_match())
        return written(queries.registration(work.session, registration_id), new=new)


@registrations.delete("/<uuid:registration_id>")
@registrations.response(204)
@registrations.problems(NotFound, Stale)
@require("meetings.registration:write")
def withdraw_registration(registration_id: UUID) -> None:
    """Sign off; those who wait move up."""
    with unit_of_work() as work:
        commands.withdraw_registration(work, registration_id, version=if_match())
