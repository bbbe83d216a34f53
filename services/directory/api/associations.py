"""Routes of the vejviser."""

from typing import Any
from uuid import UUID

from chassis.auth import public, require
from chassis.problems import Forbidden, Invalid, NotFound, Stale, TooMany
from chassis.web import Blueprint, if_match, principal, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import client, limit_factor, written
from services.directory.commands import associations as commands
from services.directory.model import AssociationStatus
from services.directory.model.problems import AlreadyRegistered, CvrTaken, WrongState
from services.directory.queries import associations as queries
from services.directory.queries import vocabulary as words

associations = Blueprint(
    "associations",
    __name__,
    url_prefix="/api/v1/associations",
    description="The vejviser: everybody who makes a voluntary social effort",
)
vocabulary = Blueprint(
    "vocabulary",
    __name__,
    url_prefix="/api/v1/vocabulary",
    description="The municipality, and the words of its vejviser",
)
REVIEWERS = ("coordinator", "caseworker", "centre")


@associations.get("")
@associations.arguments(schemas.AssociationArgumentsSchema, location="query")
@associations.response(200, schemas.AssociationPageSchema)
@associations.problems(Invalid, Forbidden)
@require("directory.association:read")
def list_associations(arguments: dict[str, Any]) -> Any:
    """Search the vejviser; what is not published, for those who review it."""
    privileged = principal().has(*REVIEWERS)
    if arguments["status"] is not AssociationStatus.PUBLISHED and not privileged:
        raise Forbidden
    with reading() as work:
        found = queries.associations(work.session, **arguments)
        if privileged:
            found.items = queries.with_contacts(work.session, found.items, staff=True)
        else:
            found.items = [queries.Shown(each) for each in found.items]
        return found


@associations.get("/<uuid:association_id>")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound)
@require("directory.association:read")
def get_association(association_id: UUID) -> Any:
    """Show an association; with its contact for itself and for those who review it."""
    with reading() as work:
        found = queries.association(work.session, association_id)
        staff = principal().has(*REVIEWERS)
        if staff or principal().own(association_id):
            return queries.with_contacts(work.session, [found], staff=staff)[0]
        if found.status is not AssociationStatus.PUBLISHED:
            raise NotFound(kind="association")
        return queries.Shown(found)


@associations.put("/<uuid:association_id>")
@associations.arguments(schemas.RegistrationSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.alt_response(
    201, schema=schemas.AssociationSchema, description="Registered", success=True
)
@associations.problems(Invalid, CvrTaken, AlreadyRegistered, TooMany)
@require("directory.association:register")
def register(body: dict[str, Any], association_id: UUID) -> Any:
    """Register an association. Its id is made by the client, so sending it twice is safe."""
    with unit_of_work() as work:
        association, new = commands.register_association(
            work, association_id, client=client(), limit_factor=limit_factor(), **body
        )
        work.session.flush()
    # The caller is anybody: what is private to the association is not theirs.
    return written(queries.Shown(association), new=new)


@associations.patch("/<uuid:association_id>")
@associations.arguments(schemas.DescriptionSchema(partial=True, only=commands.REGISTRATION_FIELDS))
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, Stale, CvrTaken, WrongState)
@require("directory.association:update")
def describe(body: dict[str, Any], association_id: UUID) -> Any:
    """Change what an association says of itself."""
    with unit_of_work() as work:
        return commands.describe_association(work, association_id, version=if_match(), changes=body)


@associations.post("/<uuid:association_id>/approval")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound, WrongState)
@require("directory.association:review")
def approve(association_id: UUID) -> Any:
    """Take a registered association into the vejviser."""
    with unit_of_work() as work:
        return commands.approve_association(work, association_id)


@associations.post("/<uuid:association_id>/rejection")
@associations.arguments(schemas.ReasonSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, WrongState)
@require("directory.association:review")
def reject(body: dict[str, Any], association_id: UUID) -> Any:
    """Refuse a registration; the contact is told why."""
    with unit_of_work() as work:
        return commands.reject_association(work, association_id, reason=body["reason"])


@associations.post("/<uuid:association_id>/closure")
@associations.arguments(schemas.ReasonSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, WrongState)
@require("directory.association:review")
def close(body: dict[str, Any], association_id: UUID) -> Any:
    """Close an association: it leaves the vejviser, its cases stay."""
    with unit_of_work() as work:
        return commands.close_association(work, association_id, reason=body["reason"])


@vocabulary.get("")
@vocabulary.response(200, schemas.VocabularySchema)
@public
def get_vocabulary() -> Any:
    """Show the municipality and the words of its vejviser."""
    with reading() as work:
        return words.vocabulary(work.session)
