"""Giving an association whose people are all gone to new ones, on proof: the coordinator's."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import FieldError, Invalid
from contracts.directory import AssociationHandedOver
from contracts.values import Proof
from services.directory.commands.history import recorded
from services.directory.commands.invitations import withdraw_all
from services.directory.commands.people import know_person
from services.directory.commands.sign_in import sign_out_everywhere
from services.directory.model import (
    LIVING,
    Association,
    ChangeKind,
    Membership,
    MembershipRole,
    Person,
    today,
)
from services.directory.model.problems import WrongState


def hand_over(
    work: UnitOfWork,
    association_id: UUID,
    *,
    version: int | None,
    person: Mapping[str, str],
    proof: Proof,
    proof_on: date,
    proof_text: str,
) -> Association:
    """Make somebody the one administrator and contact of an association; all others leave.

    Their sessions end, and what they asked others to is taken back, so nothing they hold opens the
    association any more. What was seen stands in its history. Raises :class:`WrongState`, Invalid.
    """
    if proof_on > today(work.now):
        raise Invalid(errors=[FieldError("/proof_on", "Must not be in the future.")])
    association = work.get(Association, association_id, version=version, lock=True)
    if association.status not in LIVING:
        raise WrongState(f"It is {association.status.value}.", current=association.status.value)
    successor = know_person(work, name=person["name"], email=person["email"])
    withdraw_all(work, association)
    with recorded(work, association, ChangeKind.HANDED_OVER, note=proof_text) as differences:
        differences["proof"] = [None, proof.value]
        differences["proof_on"] = [None, proof_on.isoformat()]
        former = _end_roles(work, association_id, keep=successor.id)
        _make_administrator(work, association, successor, name=person["name"])
    for person_id in former:
        sign_out_everywhere(work, person_id)
    work.emit(
        AssociationHandedOver(
            association_id=association_id,
            name=association.name,
            person_id=successor.id,
            former_person_ids=tuple(former),
            proof=proof,
            proof_on=proof_on,
        )
    )
    return association


def _end_roles(work: UnitOfWork, association_id: UUID, *, keep: UUID) -> list[UUID]:
    """End every role but the successor's; return whose they were."""
    found = work.session.scalars(
        select(Membership)
        .where(
            Membership.association_id == association_id,
            Membership.person_id != keep,
            Membership.ended_at.is_(None),
        )
        .order_by(Membership.id)
        .with_for_update()
    ).all()
    for membership in found:
        work.emit(membership.end(at=work.now))
        membership.is_contact = False
    work.session.flush()
    return [membership.person_id for membership in found]


def _make_administrator(
    work: UnitOfWork, association: Association, successor: Person, *, name: str
) -> None:
    membership = work.session.scalar(
        select(Membership)
        .where(
            Membership.association_id == association.id,
            Membership.person_id == successor.id,
            Membership.ended_at.is_(None),
        )
        .with_for_update()
    )
    if membership is None:
        membership = work.add(
            Membership(
                id=new_id(),
                association_id=association.id,
                person_id=successor.id,
                known_as=name,
                granted_at=work.now,
            )
        )
    membership.role = MembershipRole.ADMINISTRATOR
    membership.leads = membership.is_contact = True
    association.contact_person_id = successor.id
    association.contact_bounced_at = None
    work.session.flush()
    work.emit(membership.grant())
