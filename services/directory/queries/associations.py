"""What is told of one association, and to whom."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.problems import NotFound
from services.directory.model import Association, Person


@dataclass
class Shown:
    """An association as one caller sees it: with its contact, or without."""

    association: Association
    contact: Any = None

    def __getattr__(self, name: str) -> Any:
        """Whatever is not special comes from the association."""
        if name == "contact" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.association, name)


def association(session: Session, association_id: UUID) -> Association:
    """Return an association, whatever its status. Raises :class:`NotFound`."""
    found = session.scalar(select(Association).where(Association.id == association_id))
    if found is None:
        raise NotFound(kind="association")
    return found


def with_contact(session: Session, found: Association) -> Shown:
    """Add the contact person, for those who may see it."""
    person = session.scalar(select(Person).where(Person.id == found.contact_person_id))
    contact = (
        {"person_id": person.id, "name": person.name, "email": person.email} if person else None
    )
    return Shown(found, contact)
