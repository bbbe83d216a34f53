"""Routes of the municipality's note on an association."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import if_match, principal, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.api.associations import REVIEWERS, associations
from services.directory.commands import offers as commands
from services.directory.model import AssociationStatus
from services.directory.queries import associations as known
from services.directory.queries import offers as queries


@associations.get("/<uuid:association_id>/municipal-note")
@associations.response(200, schemas.NoteSchema)
@associations.problems(NotFound)
@require("directory.association:read")
def get_note(association_id: UUID) -> Any:
    """Show what the municipality adds about an association, apart from its own words."""
    with reading() as work:
        found = known.association(work.session, association_id)
        may_see = principal().has(*REVIEWERS) or principal().own(association_id)
        if found.status is not AssociationStatus.PUBLISHED and not may_see:
            raise NotFound(kind="association")
        return queries.note(work.session, association_id)


@associations.put("/<uuid:association_id>/municipal-note")
@associations.arguments(schemas.NoteBodySchema)
@associations.response(200, schemas.NoteSchema)
@associations.alt_response(201, schema=schemas.NoteSchema, description="Written", success=True)
@associations.problems(Invalid, NotFound, Stale)
@require("directory.association:annotate")
def put_note(body: dict[str, Any], association_id: UUID) -> Any:
    """Write the municipality's note on an association."""
    with unit_of_work() as work:
        note, new = commands.write_note(work, association_id, text=body["text"], version=if_match())
        work.session.flush()
        return written(note, new=new)
