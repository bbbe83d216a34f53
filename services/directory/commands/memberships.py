"""Use cases of roles in associations: give, change, end."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from services.directory.commands.people import know_person
from services.directory.model import (
    Association,
    AssociationStatus,
    Membership,
    MembershipRole,
    Person,
    email_key,
)
from services.directory.model.problems import AlreadyMember, IdTaken, LastAdministrator


def put_membership(
    work: UnitOfWork,
    membership_id: UUID,
    *,
    association_id: UUID,
    person: Mapping[str, str],
    role: MembershipRole,
    leads: bool,
    is_contact: bool,
    version: int | None,
) -> tuple[Membership, bool]:
    """Give a person a role in an association, or change it; return it, and whether it is new."""
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, lock=True)
    membership = work.find(Membership, membership_id)
    if membership is None:
        known = know_person(work, name=person["name"], email=person["email"])
        taken = work.session.scalar(
            select(Membership.id).where(
                Membership.association_id == association_id,
                Membership.person_id == known.id,
                Membership.ended_at.is_(None),
            )
        )
        if taken is not None:
            raise AlreadyMember
        membership = work.add(
            Membership(
                id=membership_id,
                association_id=association_id,
                person_id=known.id,
                role=role,
                leads=leads,
                is_contact=is_contact,
                granted_at=work.now,
            )
        )
        work.session.flush()
        new = True
    else:
        if membership.association_id != association_id or membership.ended_at is not None:
            raise IdTaken
        if version is not None:
            work.get(Membership, membership_id, version=version)
        holder = work.get(Person, membership.person_id)
        if holder.email_key != email_key(person["email"]):
            raise IdTaken
        if role is not MembershipRole.ADMINISTRATOR:
            require_another_administrator(work, membership)
        unchanged = (membership.role, membership.leads, membership.is_contact) == (
            role,
            leads,
            is_contact,
        )
        if unchanged:
            return membership, False
        membership.role, membership.leads, membership.is_contact = role, leads, is_contact
        new = False
    if is_contact:
        _become_contact(work, association, membership)
    work.emit(membership.grant())
    return membership, new


def end_membership(work: UnitOfWork, membership_id: UUID) -> None:
    """End a role in an association. Raises :class:`LastAdministrator`."""
    membership = work.get(Membership, membership_id, lock=True)
    work.principal.permit(
        association=membership.association_id, person=membership.person_id, hide=True
    )
    if membership.ended_at is None:
        require_another_administrator(work, membership)
        work.emit(membership.end(at=work.now))


def require_another_administrator(work: UnitOfWork, membership: Membership) -> None:
    """See that somebody still answers for the association without this role.

    Locks the association, so that of two who leave at once the second sees the first gone. Raises
    :class:`LastAdministrator`.
    """
    if membership.role is not MembershipRole.ADMINISTRATOR or membership.ended_at is not None:
        return
    association = work.get(Association, membership.association_id, lock=True)
    if association.status in (AssociationStatus.CLOSED, AssociationStatus.REJECTED):
        return
    others = work.session.scalar(
        select(func.count()).where(
            Membership.association_id == membership.association_id,
            Membership.id != membership.id,
            Membership.role == MembershipRole.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
    )
    if not others:
        raise LastAdministrator("Give somebody else the role first.")


def _become_contact(work: UnitOfWork, association: Association, membership: Membership) -> None:
    association.contact_person_id = membership.person_id
    association.contact_bounced_at = None
    others = work.session.scalars(
        select(Membership).where(
            Membership.association_id == association.id,
            Membership.id != membership.id,
            Membership.is_contact,
            Membership.ended_at.is_(None),
        )
    )
    for other in others.all():
        other.is_contact = False
        work.emit(other.grant())
