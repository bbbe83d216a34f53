"""Routes of the vejviser."""

from typing import Any
from uuid import UUID

from chassis.auth import public, require
from chassis.database import UnitOfWork
from chassis.problems import Forbidden, Invalid, NotFound, Stale, TooMany
from chassis.web import Blueprint, if_match, principal, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import client, limit_factor, written
from services.directory.commands import associations as commands
from services.directory.model import Association, AssociationStatus
from services.directory.model.problems import (
    AlreadyRegistered,
    CvrTaken,
    Merged,
    NotDelegated,
    WrongState,
)
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
        known = queries.ages(work)
        if privileged:
            found.items = queries.with_contacts(work.session, found.items, known, staff=True)
        else:
            found.items = [queries.Shown(each, known) for each in found.items]
        return found


@associations.get("/<uuid:association_id>")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound, Merged)
@require("directory.association:read")
def get_association(association_id: UUID) -> Any:
    """Show an association; with its contact for itself and for those who review it.

    For others the address of one that was merged leads to the association that goes on.
    """
    with reading() as work:
        found = queries.association(work.session, association_id)
        staff = principal().has(*REVIEWERS)
        if staff or principal().own(association_id):
            return queries.with_contacts(work.session, [found], queries.ages(work), staff=staff)[0]
        if found.merged_into_id is not None:
            raise Merged(merged_into=str(found.merged_into_id))
        if found.status is not AssociationStatus.PUBLISHED:
            raise NotFound(kind="association")
        return queries.Shown(found, queries.ages(work))


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
        return written(queries.Shown(association, queries.ages(work)), new=new)


@associations.patch("/<uuid:association_id>")
@associations.arguments(schemas.DescriptionSchema(partial=True, only=commands.REGISTRATION_FIELDS))
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, Stale, CvrTaken, NotDelegated, WrongState)
@require("directory.association:update")
def describe(body: dict[str, Any], association_id: UUID) -> Any:
    """Change what an association says of itself."""
    with unit_of_work() as work:
        found = commands.describe_association(
            work, association_id, version=if_match(), changes=body
        )
        work.session.flush()
        return private(work, found)


@associations.post("/<uuid:association_id>/approval")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound, WrongState)
@require("directory.association:review")
def approve(association_id: UUID) -> Any:
    """Take a registered association into the vejviser."""
    with unit_of_work() as work:
        return private(work, commands.approve_association(work, association_id))


@associations.post("/<uuid:association_id>/rejection")
@associations.arguments(schemas.ReasonSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, WrongState)
@require("directory.association:review")
def reject(body: dict[str, Any], association_id: UUID) -> Any:
    """Refuse a registration; the contact is told why."""
    with unit_of_work() as work:
        found = commands.reject_association(work, association_id, reason=body["reason"])
        return private(work, found)


@vocabulary.get("")
@vocabulary.response(200, schemas.VocabularySchema)
@public
def get_vocabulary() -> Any:
    """Show the municipality and the words of its vejviser."""
    with reading() as work:
        return words.vocabulary(work.session)


def private(work: UnitOfWork, association: Association) -> queries.Shown:
    """Answer those who may change an association with what is private to it, but its contact."""
    return queries.Shown(association, queries.ages(work), private=True)
