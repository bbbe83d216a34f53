"""Who acts for whom: what the token says, checked against what the directory said since.

A token lives ten minutes. When somebody leaves an association or an office, the directory's event
usually arrives sooner, and then the old token no longer helps. Where the event has not arrived, the
token is believed.
"""

from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.problems import Forbidden, Unauthenticated
from services.meetings.model import Association, Body, Membership, Office, local_date
from services.meetings.model.problems import NotInvited


def person_of(work: UnitOfWork) -> UUID:
    """Return the id of the person who acts. Raises :class:`Unauthenticated` for nobody."""
    if work.principal.id is None:
        raise Unauthenticated
    return work.principal.id


def require_acts_for(
    work: UnitOfWork, association_id: UUID, *, at_least: str = "member"
) -> Association:
    """Return the association the principal may act for at present.

    Raises :class:`Forbidden` where it is not theirs, or no longer; :class:`NotInvited` while it is
    not in the vejviser.
    """
    work.principal.permit(association=association_id)
    # A council member's grant covers the council, never somebody else's association.
    if not work.principal.own(association_id, at_least=at_least):
        raise Forbidden
    memberships = work.session.scalars(
        select(Membership).where(
            Membership.association_id == association_id,
            Membership.person_id == work.principal.id,
        )
    ).all()
    if memberships and all(membership.ended for membership in memberships):
        raise Forbidden
    association = work.find(Association, association_id)
    if association is None or not association.published:
        raise NotInvited("The association is not in the vejviser.")
    return association


def is_on_council(work: UnitOfWork) -> bool:
    """Whether the principal sits on the council today."""
    if not work.principal.has(Body.COUNCIL):
        return False
    seats = work.session.scalars(
        select(Office).where(Office.person_id == work.principal.id, Office.body == Body.COUNCIL)
    ).all()
    today = local_date(work.now)
    return not seats or any(seat.is_held_on(today) for seat in seats)
