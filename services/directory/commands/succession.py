"""Use cases of an association's leaving and coming back: close, merge, reopen."""

from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.problems import FieldError, Invalid
from services.directory.commands.associations import require_free_cvr
from services.directory.commands.history import recorded
from services.directory.commands.offers import withdraw_offers_of
from services.directory.model import (
    Association,
    AssociationStatus,
    ChangeKind,
    Membership,
    MembershipRole,
)


def close_association(work: UnitOfWork, association_id: UUID, *, reason: str) -> Association:
    """Close an association and withdraw its offers; closing it twice is the same as once."""
    association = work.get(Association, association_id, lock=True)
    if association.status is not AssociationStatus.CLOSED:
        withdraw_offers_of(work, association_id)
        with recorded(work, association, ChangeKind.CLOSED, note=reason):
            work.emit(association.close(at=work.now, reason=reason))
    return association


def merge_association(
    work: UnitOfWork, association_id: UUID, *, into_id: UUID, reason: str
) -> Association:
    """Let another association go on for this one; merging it twice is the same as once.

    Its offers are withdrawn: whoever goes on writes what is offered now.
    Nobody's role moves: whoever registers a look-alike must not come to speak for the other by it.
    Those that went up in this one before go on with the other too. Raises :class:`WrongState`.
    """
    if association_id == into_id:
        raise Invalid(errors=[FieldError("/into_id", "Choose another association.")])
    # In the order of their ids, so that two merges at once never hold each other up.
    for id_ in sorted((association_id, into_id)):
        work.get(Association, id_, lock=True)
    association, into = work.get(Association, association_id), work.get(Association, into_id)
    if association.merged_into_id == into_id:
        return association
    withdraw_offers_of(work, association_id)
    with recorded(work, association, ChangeKind.MERGED, note=reason):
        work.emit(association.merge_into(into, at=work.now, reason=reason))
    earlier = work.session.scalars(
        select(Association)
        .where(Association.merged_into_id == association_id)
        .order_by(Association.id)
        .with_for_update()
    )
    for each in earlier.all():
        work.emit(each.merge_into(into, at=work.now, reason=reason))
    return association


def reopen_association(work: UnitOfWork, association_id: UUID) -> Association:
    """Take a closed or merged association into the vejviser again; twice is the same as once.

    Raises :class:`WrongState`, :class:`CvrTaken`, and :class:`LastAdministrator` where nobody would
    answer for it: somebody must be given the role first.
    """
    association = work.get(Association, association_id, lock=True)
    if association.status is AssociationStatus.PUBLISHED:
        return association
    if association.status is AssociationStatus.CLOSED:
        require_free_cvr(work, association.cvr)
    with recorded(work, association, ChangeKind.REOPENED):
        event = association.reopen()
    administrators = work.session.scalar(
        select(func.count()).where(
            Membership.association_id == association_id,
            Membership.role == MembershipRole.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
    )
    association.require_administrator(others=administrators or 0)
    work.emit(event)
    return association
