"""Use cases of roles in associations: give, change, end."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Stale
from services.directory.commands.people import know_person
from services.directory.model import (
    Association,
    Membership,
    MembershipRole,
    Person,
    email_key,
)
from services.directory.model.problems import (
    AlreadyMember,
    ContactNeeded,
    IdTaken,
    InvitationNeeded,
)


def put_membership(
    work: UnitOfWork,
    membership_id: UUID,
    *,
    association_id: UUID,
    person: Mapping[str, str],
    role: MembershipRole,
    leads: bool | None,
    is_contact: bool | None,
    version: int | None,
) -> tuple[Membership, bool]:
    """Give a person a role in an association, or change it; return it, and whether it is new.

    None for ``leads`` or ``is_contact`` leaves it as it is; in a new role it means no. Only the
    coordinator gives a new role so; an association invites (:class:`InvitationNeeded`).
    """
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, lock=True)
    membership = work.find(Membership, membership_id)
    if membership is None:
        if version is not None:
            raise Stale
        if work.principal.own(association_id) and not work.principal.has("coordinator"):
            raise InvitationNeeded
        membership = _new_membership(work, membership_id, association_id, person)
        before = None
    else:
        _require_the_same(work, membership, association_id, person["email"], version)
        before = (membership.role, membership.leads, membership.is_contact)
        if role is not MembershipRole.ADMINISTRATOR:
            require_another_administrator(work, membership)
        if membership.is_contact and is_contact is False:
            raise ContactNeeded
    membership.role = role
    membership.leads = membership.leads if leads is None else leads
    membership.is_contact = membership.is_contact if is_contact is None else is_contact
    if (membership.role, membership.leads, membership.is_contact) == before:
        return membership, False
    work.session.flush()
    if membership.is_contact and (before is None or not before[2]):
        become_contact(work, association, membership)
    work.emit(membership.grant())
    return membership, before is None


def end_membership(work: UnitOfWork, membership_id: UUID) -> None:
    """End a role in an association. Raises :class:`LastAdministrator`."""
    whose = work.session.execute(
        select(Membership.association_id, Membership.person_id).where(
            Membership.id == membership_id
        )
    ).one_or_none()
    if whose is None:
        raise NotFound(kind="membership")
    work.principal.permit(association=whose.association_id, person=whose.person_id, hide=True)
    # The association first, as everywhere: then two changes of its roles never hold each other up.
    work.get(Association, whose.association_id, lock=True)
    membership = work.get(Membership, membership_id, lock=True)
    if membership.ended_at is None:
        leave(work, membership)


def leave(work: UnitOfWork, membership: Membership, *, is_forced: bool = False) -> None:
    """End a role; where it was the contact's, the longest-serving administrator becomes contact.

    Raises :class:`LastAdministrator`, unless there is nobody to ask (``is_forced``).
    """
    association = work.get(Association, membership.association_id, lock=True)
    if not is_forced:
        require_another_administrator(work, membership)
    work.emit(membership.end(at=work.now))
    work.session.flush()
    if not membership.is_contact:
        return
    heir = work.session.scalar(
        select(Membership)
        .where(
            Membership.association_id == association.id,
            Membership.role == MembershipRole.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
        .order_by(Membership.granted_at, Membership.id)
        .limit(1)
    )
    if heir is not None:
        heir.is_contact = True
        become_contact(work, association, heir)
        work.emit(heir.grant())


def require_another_administrator(work: UnitOfWork, membership: Membership) -> None:
    """See that somebody still answers for the association without this role.

    Locks the association, so that of two who leave at once the second sees the first gone. Raises
    :class:`LastAdministrator`.
    """
    if membership.role is not MembershipRole.ADMINISTRATOR or membership.ended_at is not None:
        return
    association = work.get(Association, membership.association_id, lock=True)
    others = work.session.scalar(
        select(func.count()).where(
            Membership.association_id == membership.association_id,
            Membership.id != membership.id,
            Membership.role == MembershipRole.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
    )
    association.require_administrator(others=others or 0)


def become_contact(work: UnitOfWork, association: Association, membership: Membership) -> None:
    """Have the association's mail go to the holder of this role, and to nobody else."""
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


def _new_membership(
    work: UnitOfWork, membership_id: UUID, association_id: UUID, person: Mapping[str, str]
) -> Membership:
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
    return work.add(
        Membership(
            id=membership_id,
            association_id=association_id,
            person_id=known.id,
            known_as=person["name"],
            role=MembershipRole.MEMBER,
            leads=False,
            is_contact=False,
            granted_at=work.now,
        )
    )


def _require_the_same(
    work: UnitOfWork,
    membership: Membership,
    association_id: UUID,
    email: str,
    version: int | None,
) -> None:
    """See that a change is meant for this role; a role is never handed to another person."""
    if membership.association_id != association_id or membership.ended_at is not None:
        raise IdTaken
    work.get(Membership, membership.id, version=version)
    if work.get(Person, membership.person_id).email_key != email_key(email):
        raise IdTaken
