"""Routes of what associations lend: speakers and expertise (N7, N8, N14)."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Forbidden, Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import competences as commands
from services.directory.model.problems import AssociationNotPublished, IdTaken
from services.directory.queries import competences as queries

competences = Blueprint(
    "competences",
    __name__,
    url_prefix="/api/v1/competences",
    description="What associations lend: speakers with topics, and expertise",
)


@competences.get("")
@competences.arguments(schemas.CompetenceArgumentsSchema, location="query")
@competences.response(200, page_of(schemas.CompetenceSchema))
@competences.problems(Invalid)
@require("directory.competence:read")
def list_competences(arguments: dict[str, Any]) -> Any:
    """Search speakers and expertise: what is public; all of it for staff and associations."""
    with reading() as work:
        return queries.competences(work.session, work.principal, **arguments)


@competences.get("/<uuid:competence_id>")
@competences.response(200, schemas.CompetenceSchema)
@competences.problems(NotFound)
@require("directory.competence:read")
def get_competence(competence_id: UUID) -> Any:
    """Show one."""
    with reading() as work:
        return queries.competence(work.session, work.principal, competence_id)


@competences.put("/<uuid:competence_id>")
@competences.arguments(schemas.CompetenceBodySchema)
@competences.response(200, schemas.CompetenceSchema)
@competences.alt_response(201, schema=schemas.CompetenceSchema, description="Offered", success=True)
@competences.problems(Invalid, Forbidden, NotFound, Stale, AssociationNotPublished, IdTaken)
@require("directory.competence:write")
def put_competence(body: dict[str, Any], competence_id: UUID) -> Any:
    """Write what an association lends."""
    with unit_of_work() as work:
        _, new = commands.put_competence(work, competence_id, version=if_match(), **body)
        work.session.flush()
        found = queries.competence(work.session, work.principal, competence_id)
        return written(found, new=new)


@competences.delete("/<uuid:competence_id>")
@competences.response(204)
@competences.problems(NotFound)
@require("directory.competence:write")
def withdraw_competence(competence_id: UUID) -> None:
    """Take it back."""
    with unit_of_work() as work:
        commands.withdraw_competence(work, competence_id)
