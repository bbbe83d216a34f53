"""Routes of what keeps a record true: confirmation, its history, and the yearly mail's buttons."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, PageArguments, if_match, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.api.associations import associations, private
from services.directory.commands import confirmation as commands
from services.directory.commands import delegation
from services.directory.model.problems import LinkNotValid, LinkUsed, NotDelegated, WrongState
from services.directory.queries import associations as shown
from services.directory.queries import confirmation as queries
from services.directory.queries import history

links = Blueprint(
    "confirmation-links",
    __name__,
    url_prefix="/api/v1/confirmation-links",
    description="The buttons of the yearly mail, without signing in",
)
STAFF = ("coordinator", "caseworker")


@associations.post("/<uuid:association_id>/confirmation")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound, Stale, NotDelegated, WrongState)
@require("directory.association:confirm")
def confirm(association_id: UUID) -> Any:
    """Say that a record is right: as one of its own people, or on its behalf."""
    with unit_of_work() as work:
        found = commands.confirm_association(work, association_id, version=if_match())
        work.session.flush()
        return private(work, found)


@associations.put("/<uuid:association_id>/delegation")
@associations.arguments(schemas.DelegationSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, Stale)
@require("directory.association:delegate")
def delegate(body: dict[str, Any], association_id: UUID) -> Any:
    """Say whether the volunteer centre may keep the record (N29)."""
    with unit_of_work() as work:
        found = delegation.choose_delegation(work, association_id, version=if_match(), **body)
        work.session.flush()
        return private(work, found)


@associations.get("/<uuid:association_id>/changes")
@associations.arguments(PageArguments, location="query")
@associations.response(200, page_of(schemas.ChangeSchema))
@associations.problems(Invalid, NotFound)
@require("directory.association-change:read")
def list_changes(arguments: dict[str, Any], association_id: UUID) -> Any:
    """Show what was done to a record: by whom, on whose behalf, from what to what."""
    with reading() as work:
        work.principal.permit(association=association_id, hide=True)
        shown.association(work.session, association_id)
        return history.changes(
            work.session, association_id, staff=work.principal.has(*STAFF), **arguments
        )


@links.post("/opening")
@links.arguments(schemas.LinkTokenSchema)
@links.response(200, schemas.LinkSchema)
@links.problems(Invalid, LinkNotValid)
@require("directory.confirmation-link:use")
def open_link(body: dict[str, Any]) -> Any:
    """Show the public record a mail's secret is for. Changes nothing.

    A POST, so that the secret is in no address and in no log.
    """
    with reading() as work:
        return queries.opened(work, body["token"])


@links.post("/confirmation")
@links.arguments(schemas.LinkTokenSchema)
@links.response(200, schemas.AssociationSchema)
@links.problems(Invalid, LinkNotValid)
@require("directory.confirmation-link:use")
def confirm_by_link(body: dict[str, Any]) -> Any:
    """Say that the record is still right. Pressing twice is the same as once."""
    with unit_of_work() as work:
        found = commands.confirm_by_link(work, **body)
        work.session.flush()
        return shown.Shown(found, shown.ages(work))


@links.post("/description")
@links.arguments(schemas.LinkDescriptionSchema)
@links.response(200, schemas.AssociationSchema)
@links.problems(Invalid, LinkNotValid, LinkUsed, Stale)
@require("directory.confirmation-link:use")
def describe_by_link(body: dict[str, Any]) -> Any:
    """Put the public description right, and confirm it, once; the contact is told what changed."""
    token = body.pop("token")
    with unit_of_work() as work:
        found = commands.describe_by_link(work, token=token, version=if_match(), changes=body)
        work.session.flush()
        return shown.Shown(found, shown.ages(work))
