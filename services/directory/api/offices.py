"""Routes of offices."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import offices as commands
from services.directory.model import today
from services.directory.model.problems import IdTaken
from services.directory.queries import contact_office as queries_of_contact
from services.directory.queries import offices as queries

offices = Blueprint(
    "offices",
    __name__,
    url_prefix="/api/v1/offices",
    description="Who is who: council, committee, contact person",
)
contact_office = Blueprint(
    "contact-office",
    __name__,
    url_prefix="/api/v1/contact-office",
    description="The contact person's office, and whether it is vacant",
)


@contact_office.get("")
@contact_office.response(200, schemas.ContactOfficeSchema)
@require("directory.office:read")
def get_contact_office() -> Any:
    """Show who the contact person is, who stands in, and whether the office is vacant (V17)."""
    with reading() as work:
        return queries_of_contact.contact_office(work.session, day=today(work.now))


@offices.get("")
@offices.arguments(schemas.OfficeArgumentsSchema, location="query")
@offices.response(200, page_of(schemas.OfficeSchema))
@offices.problems(Invalid)
@require("directory.office:read")
def list_offices(arguments: dict[str, Any]) -> Any:
    """Show who is who."""
    with reading() as work:
        return queries.offices(work.session, day=today(work.now), **arguments)


@offices.get("/<uuid:office_id>")
@offices.response(200, schemas.OfficeSchema)
@offices.problems(NotFound)
@require("directory.office:read")
def get_office(office_id: UUID) -> Any:
    """Show one office."""
    with reading() as work:
        return queries.office(work.session, office_id)


@offices.put("/<uuid:office_id>")
@offices.arguments(schemas.OfficeBodySchema)
@offices.response(200, schemas.OfficeSchema)
@offices.alt_response(201, schema=schemas.OfficeSchema, description="Appointed", success=True)
@offices.problems(Invalid, NotFound, Stale, IdTaken)
@require("directory.office:manage")
def put_office(body: dict[str, Any], office_id: UUID) -> Any:
    """Appoint somebody to an office, or change the appointment."""
    with unit_of_work() as work:
        _, new = commands.put_office(work, office_id, version=if_match(), **body)
        work.session.flush()
        return written(queries.office(work.session, office_id), new=new)


@offices.post("/<uuid:office_id>/end")
@offices.arguments(schemas.OfficeEndSchema)
@offices.response(200, schemas.OfficeSchema)
@offices.problems(Invalid, NotFound)
@require("directory.office:manage")
def end_office(body: dict[str, Any], office_id: UUID) -> Any:
    """End an office, today or on a later day."""
    with unit_of_work() as work:
        commands.end_office(work, office_id, ends_on=body["ends_on"])
        work.session.flush()
        return queries.office(work.session, office_id)
