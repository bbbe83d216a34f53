"""Use cases of people: know them by their address, change what they are called."""

import hashlib
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import NotFound
from services.directory.model import Person, email_key
from services.directory.model.problems import EmailTaken


def know_person(
    work: UnitOfWork, *, name: str, email: str, language: str = "da", id_: UUID | None = None
) -> Person:
    """Return the person with this address, whatever name was given, or a new one."""
    key = email_key(email)
    work.session.execute(
        select(func.pg_advisory_xact_lock(int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)))
    )
    person = work.session.scalar(select(Person).where(Person.email_key == key))
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
    """Change one's own name, address or language. Raises :class:`EmailTaken`."""
    work.principal.permit(person=person_id)
    person = work.get(Person, person_id, version=version, lock=True)
    if person.erased_at is not None:
        raise NotFound
    if email := changes.get("email"):
        other = work.session.scalar(select(Person.id).where(Person.email_key == email_key(email)))
        if other not in (None, person.id):
            raise EmailTaken
    work.emit(person.change(**changes))
    return person
