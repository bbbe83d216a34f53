"""Routes of duplicates, mergers and reopening: the coordinator's."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound
from chassis.web import reading, unit_of_work
from services.directory import schemas
from services.directory.api.associations import associations, private
from services.directory.commands import succession as commands
from services.directory.model.problems import CvrTaken, LastAdministrator, WrongState
from services.directory.queries import associations as shown
from services.directory.queries import duplicates as queries


@associations.get("/<uuid:association_id>/duplicates")
@associations.response(200, schemas.DuplicatesSchema)
@associations.problems(NotFound)
@require("directory.association:review")
def list_duplicates(association_id: UUID) -> Any:
    """Show which associations may be the same as this one, and why."""
    with reading() as work:
        association = shown.association(work.session, association_id)
        found = queries.duplicates(work.session, association)
        known = shown.ages(work)
        others = [each.association for each in found]
        private_ones = shown.with_contacts(work.session, others, known, staff=True)
        return {
            "items": [
                {"association": other, "reasons": each.reasons, "similarity": each.similarity}
                for each, other in zip(found, private_ones, strict=True)
            ]
        }


@associations.post("/<uuid:association_id>/closure")
@associations.arguments(schemas.ReasonSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, WrongState)
@require("directory.association:review")
def close(body: dict[str, Any], association_id: UUID) -> Any:
    """Close an association: it leaves the vejviser, its cases stay."""
    with unit_of_work() as work:
        found = commands.close_association(work, association_id, reason=body["reason"])
        return private(work, found)


@associations.post("/<uuid:association_id>/merger")
@associations.arguments(schemas.MergeSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, WrongState)
@require("directory.association:review")
def merge(body: dict[str, Any], association_id: UUID) -> Any:
    """Let another association go on for this one; old addresses lead to the other."""
    with unit_of_work() as work:
        return private(work, commands.merge_association(work, association_id, **body))


@associations.post("/<uuid:association_id>/reopening")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound, WrongState, CvrTaken, LastAdministrator)
@require("directory.association:review")
def reopen(association_id: UUID) -> Any:
    """Take a closed or merged association into the vejviser again."""
    with unit_of_work() as work:
        return private(work, commands.reopen_association(work, association_id))
