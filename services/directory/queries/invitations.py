"""Invitations as the association sees them, and as whoever holds a link does."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.auth import Reach
from chassis.database import UnitOfWork
from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import (
    LIVING,
    Association,
    AssociationStatus,
    Invitation,
    InvitationStatus,
    digest,
)
from services.directory.model.problems import LinkNotValid


def invitations(
    session: Session,
    reach: Reach,
    *,
    association_id: UUID | None,
    status: InvitationStatus | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List invitations within reach, the latest first."""
    statement = select(Invitation)
    if not reach.everything:
        statement = statement.where(Invitation.association_id.in_(reach.associations))
    if association_id is not None:
        statement = statement.where(Invitation.association_id == association_id)
    if status is not None:
        statement = statement.where(Invitation.status == status)
    return paginate(
        session,
        statement,
        order_by=[Invitation.invited_at.desc(), Invitation.id],
        limit=limit,
        cursor=cursor,
    )


def invitation(session: Session, invitation_id: UUID) -> Invitation:
    """Return one invitation. Raises :class:`NotFound`."""
    found = session.get(Invitation, invitation_id)
    if found is None:
        raise NotFound(kind="invitation")
    return found


def opened(work: UnitOfWork, token: str) -> dict[str, Any]:
    """Return what a link asks. Raises :class:`LinkNotValid`.

    It is found by its hash, so neither the answer nor its time tells a guess from an old one.
    """
    found = work.session.execute(
        select(Invitation, Association)
        .join(Association, Association.id == Invitation.association_id)
        .where(
            Invitation.token_hash == digest(token),
            Invitation.expires_at > work.now,
            Invitation.status.in_(
                (InvitationStatus.OPEN, InvitationStatus.ACCEPTED, InvitationStatus.DECLINED)
            ),
            Association.status.in_(LIVING),
        )
    ).one_or_none()
    if found is None:
        raise LinkNotValid
    return shown(found[0], found[1])


def shown(invitation: Invitation, association: Association) -> dict[str, Any]:
    """Show an invitation to whoever holds its link: what is asked, and nobody's name."""
    return {
        "association_id": invitation.association_id,
        "association_name": association.name,
        "is_published": association.status is AssociationStatus.PUBLISHED,
        "role": invitation.role,
        "leads": invitation.leads,
        "is_contact": invitation.is_contact,
        "hands_over": invitation.hands_over,
        "status": invitation.status,
        "expires_at": invitation.expires_at,
    }
