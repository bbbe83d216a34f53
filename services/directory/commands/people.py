"""Use cases of people: know them by their address, change what they are called."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, update

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import NotFound
from services.directory.commands.limits import count_attempt
from services.directory.commands.sign_in import require_open_session, sign_out_everywhere
from services.directory.model import Association, Membership, Person, email_key
from services.directory.model.problems import EmailTaken


def know_person(
    work: UnitOfWork, *, name: str, email: str, language: str = "da", id_: UUID | None = None
) -> Person:
    """Return the person with this address, whatever name was given, or a new one."""
    key = email_key(email)
    work.session.execute(
        select(func.pg_advisory_xact_lock(int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)))
    )
    # Locked, so that nobody is given anything while they are erased: one of the two waits.
    person = work.session.scalar(
        select(Person)
        .where(Person.email_key == key)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    if person is None:
        person = work.add(
            Person(
                id=id_ or new_id(),
                name=name,
                email=email,
                email_key=key,
                language=language,
                registered_at=work.now,
            )
        )
        work.session.flush()
        work.emit(person.register())
    return person


def change_person(
    work: UnitOfWork, person_id: UUID, *, version: int | None, changes: dict[str, str]
) -> Person:
    """Change one's own name, address or language. Raises :class:`EmailTaken`.

    A new address ends every session and every link: only who reads its mail signs in again. Kept
    alive, they would let anybody take a stranger's address in advance and be known as that
    stranger when an association is registered with it.
    """
    work.principal.permit(person=person_id)
    person = work.get(Person, person_id, version=version, lock=True)
    if person.erased_at is not None:
        raise NotFound
    if is_another_address(person, changes):
        _take_address(work, person, changes["email"])
    if changes.get("name", person.name) != person.name:
        # From now on the associations see the name the person chose, not the one they wrote.
        work.session.execute(
            update(Membership).where(Membership.person_id == person_id).values(known_as=None)
        )
    event = person.change(**changes)
    if event is not None:
        work.emit(event)
    return person


def count_change_of_address(work: UnitOfWork, person_id: UUID, changes: Mapping[str, str]) -> None:
    """Count an attempt to take another address, in a unit of its own: a refusal counts too.

    Otherwise the refusals would tell, one by one, which addresses are known. Raises TooMany.
    """
    work.principal.permit(person=person_id)
    person = work.find(Person, person_id)
    if person is not None and is_another_address(person, changes):
        count_attempt(work, "change-address", str(person_id))


def is_another_address(person: Person, changes: Mapping[str, str]) -> bool:
    """Whether changes give a person an address other than the one they have."""
    return "email" in changes and email_key(changes["email"]) != person.email_key


def _take_address(work: UnitOfWork, person: Person, email: str) -> None:
    require_open_session(work)
    if work.session.scalar(select(Person.id).where(Person.email_key == email_key(email))):
        raise EmailTaken
    sign_out_everywhere(work, person.id)
    work.session.execute(
        update(Association)
        .where(Association.contact_person_id == person.id)
        .values(contact_bounced_at=None)
    )
