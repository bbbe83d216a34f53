"""Routes of people."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale, TooMany
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.commands import erasure
from services.directory.commands import people as commands
from services.directory.model.problems import EmailTaken, LastAdministrator, SignInFailed
from services.directory.queries import people as queries

people = Blueprint(
    "people", __name__, url_prefix="/api/v1/people", description="People's contact details"
)


@people.get("")
@people.arguments(schemas.PersonArgumentsSchema, location="query")
@people.response(200, page_of(schemas.PersonSchema))
@people.problems(Invalid)
@require("directory.person:list")
def list_people(arguments: dict[str, Any]) -> Any:
    """Search the register of people."""
    with reading() as work:
        return queries.people(work.session, **arguments)


@people.get("/<uuid:person_id>")
@people.response(200, schemas.PersonSchema)
@people.problems(NotFound)
@require("directory.person:read")
def get_person(person_id: UUID) -> Any:
    """Show a person's contact details."""
    with reading() as work:
        work.principal.permit(person=person_id, hide=True)
        return queries.person(work.session, person_id)


@people.patch("/<uuid:person_id>")
@people.arguments(schemas.PersonChangeSchema)
@people.response(200, schemas.PersonSchema)
@people.problems(Invalid, NotFound, Stale, EmailTaken, SignInFailed, TooMany)
@require("directory.person:update")
def change_person(body: dict[str, Any], person_id: UUID) -> Any:
    """Change one's own name, address or language. A new address means signing in anew with it."""
    if "email" in body:
        with unit_of_work() as work:
            commands.count_change_of_address(work, person_id, body)
    with unit_of_work() as work:
        return commands.change_person(work, person_id, version=if_match(), changes=body)


@people.delete("/<uuid:person_id>")
@people.response(200, schemas.ReceiptSchema)
@people.problems(NotFound, LastAdministrator)
@require("directory.person:erase")
def erase_person(person_id: UUID) -> Any:
    """Erase a person's data; cases keep an id without a name (GDPR art. 17).

    The receipt is told once: with it anybody sees what every service answers. Doing it again
    changes nothing, and tells none.
    """
    with unit_of_work() as work:
        return {"person_id": person_id, "receipt": erasure.erase_person(work, person_id)}
