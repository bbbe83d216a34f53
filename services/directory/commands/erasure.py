"""Forgetting a person (GDPR art. 17)."""

from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis.database import UnitOfWork
from chassis.erasure import redact
from services.directory.commands import imports
from services.directory.commands.history import forget_in_history, names_of
from services.directory.commands.memberships import leave
from services.directory.commands.sign_in import sign_out_everywhere
from services.directory.model import Association, Invitation, Membership, Office, Person, today


def erase_person(work: UnitOfWork, person_id: UUID) -> None:
    """Erase a person: end what they hold, then forget who they were (GDPR art. 17)."""
    work.principal.permit(person=person_id)
    # Associations are taken before people and roles, here as everywhere.
    work.session.execute(
        select(Association.id)
        .join(Membership, Membership.association_id == Association.id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(Association.id)
        .with_for_update(of=Association)
    )
    person = work.get(Person, person_id, lock=True)
    if person.erased_at is not None:
        return
    memberships = work.session.scalars(
        select(Membership).where(Membership.person_id == person_id, Membership.ended_at.is_(None))
    )
    for membership in memberships.all():
        leave(work, membership)
    offices = work.session.scalars(
        select(Office).where(Office.person_id == person_id, Office.ended_at.is_(None))
    )
    for office in offices.all():
        work.emit(office.end(on=today(work.now), at=work.now))
    sign_out_everywhere(work, person_id)
    forget_in_history(work, person_id, names_of(work, person))
    work.session.execute(
        update(Membership).where(Membership.person_id == person_id).values(known_as=None)
    )
    named = or_(Invitation.person_id == person_id, Invitation.email_key == person.email_key)
    work.session.execute(delete(Invitation).where(named))
    imports.forget_person(work, person_id, email=person.email)
    work.emit(person.erase(at=work.now))
    work.write_events()
    redact(work.session, person_id)
