"""Routes of invitations, of their links, and of handing an association over on proof."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.database import UnitOfWork
from chassis.problems import Invalid, NotFound, Stale, TooMany
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.api.associations import associations, private
from services.directory.commands import handover
from services.directory.commands import invitations as commands
from services.directory.model import Invitation
from services.directory.model.problems import (
    AlreadyInvited,
    AlreadyMember,
    IdTaken,
    InvitationNotOpen,
    LinkNotValid,
    MailedEnough,
    WrongState,
)
from services.directory.queries import associations as shown
from services.directory.queries import invitations as queries

invitations = Blueprint(
    "invitations",
    __name__,
    url_prefix="/api/v1/invitations",
    description="Asking somebody to take a role in an association",
)
invitation_links = Blueprint(
    "invitation-links",
    __name__,
    url_prefix="/api/v1/invitation-links",
    description="The link in the mail of an invitation, without signing in",
)


@invitations.get("")
@invitations.arguments(schemas.InvitationArgumentsSchema, location="query")
@invitations.response(200, page_of(schemas.InvitationSchema))
@invitations.problems(Invalid)
@require("directory.invitation:read")
def list_invitations(arguments: dict[str, Any]) -> Any:
    """List whom one's associations have asked, the latest first."""
    with reading() as work:
        return queries.invitations(work.session, work.principal.reach(), **arguments)


@invitations.get("/<uuid:invitation_id>")
@invitations.response(200, schemas.InvitationSchema)
@invitations.problems(NotFound)
@require("directory.invitation:read")
def get_invitation(invitation_id: UUID) -> Any:
    """Show one invitation."""
    with reading() as work:
        found = queries.invitation(work.session, invitation_id)
        work.principal.permit(association=found.association_id, hide=True)
        return found


@invitations.put("/<uuid:invitation_id>")
@invitations.arguments(schemas.InvitationBodySchema)
@invitations.response(200, schemas.InvitationSchema)
@invitations.alt_response(201, schema=schemas.InvitationSchema, description="Sent", success=True)
@invitations.problems(
    Invalid, NotFound, Stale, AlreadyInvited, AlreadyMember, IdTaken, WrongState, TooMany
)
@require("directory.invitation:manage")
def put_invitation(body: dict[str, Any], invitation_id: UUID) -> Any:
    """Ask somebody to take a role. The answer never tells whether the address is known here."""
    with unit_of_work() as work:
        found, new = commands.invite(work, invitation_id, version=if_match(), **body)
        work.session.flush()
        return written(found, new=new)


@invitations.post("/<uuid:invitation_id>/mailing")
@invitations.response(200, schemas.InvitationSchema)
@invitations.problems(NotFound, InvitationNotOpen, MailedEnough, TooMany)
@require("directory.invitation:manage")
def mail_again(invitation_id: UUID) -> Any:
    """Mail the link once more; the one before opens nothing from then on."""
    with unit_of_work() as work:
        found = commands.mail_again(work, invitation_id)
        work.session.flush()
        return found


@invitations.post("/<uuid:invitation_id>/withdrawal")
@invitations.response(200, schemas.InvitationSchema)
@invitations.problems(NotFound, InvitationNotOpen)
@require("directory.invitation:manage")
def withdraw(invitation_id: UUID) -> Any:
    """Take an invitation back: its link opens nothing any more."""
    with unit_of_work() as work:
        found = commands.withdraw(work, invitation_id)
        work.session.flush()
        return found


@invitation_links.post("/opening")
@invitation_links.arguments(schemas.LinkTokenSchema)
@invitation_links.response(200, schemas.InvitationLinkSchema)
@invitation_links.problems(Invalid, LinkNotValid)
@require("directory.invitation-link:use")
def open_link(body: dict[str, Any]) -> Any:
    """Show what a link asks. Changes nothing; a POST, so that the secret is in no log."""
    with reading() as work:
        return queries.opened(work, body["token"])


@invitation_links.post("/acceptance")
@invitation_links.arguments(schemas.LinkTokenSchema)
@invitation_links.response(200, schemas.InvitationLinkSchema)
@invitation_links.problems(Invalid, LinkNotValid)
@require("directory.invitation-link:use")
def accept(body: dict[str, Any]) -> Any:
    """Take the role. Pressing twice is the same as once. Signs nobody in."""
    with unit_of_work() as work:
        return _shown(work, commands.accept(work, **body))


@invitation_links.post("/refusal")
@invitation_links.arguments(schemas.LinkTokenSchema)
@invitation_links.response(200, schemas.InvitationLinkSchema)
@invitation_links.problems(Invalid, LinkNotValid)
@require("directory.invitation-link:use")
def decline(body: dict[str, Any]) -> Any:
    """Say no to the role. Pressing twice is the same as once."""
    with unit_of_work() as work:
        return _shown(work, commands.decline(work, **body))


@associations.post("/<uuid:association_id>/handover")
@associations.arguments(schemas.HandoverSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, Stale, WrongState)
@require("directory.association:hand-over")
def hand_over(body: dict[str, Any], association_id: UUID) -> Any:
    """Give an association whose people are gone to a new administrator, on proof."""
    with unit_of_work() as work:
        found = handover.hand_over(work, association_id, version=if_match(), **body)
        work.session.flush()
        return private(work, found)


def _shown(work: UnitOfWork, invitation: Invitation) -> Any:
    work.session.flush()
    association = shown.association(work.session, invitation.association_id)
    return queries.shown(invitation, association)
