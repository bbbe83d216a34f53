"""People's contact details."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import Person


def people(session: Session, *, q: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """List people by part of a name or address."""
    statement = select(Person).where(Person.erased_at.is_(None))
    if q:
        statement = statement.where(
            or_(
                Person.name.icontains(q, autoescape=True),
                Person.email.icontains(q, autoescape=True),
            )
        )
    return paginate(
        session, statement, order_by=[Person.name, Person.id], limit=limit, cursor=cursor
    )


def person(session: Session, person_id: UUID) -> Person:
    """Return one person. Raises :class:`NotFound` also for an erased one."""
    found = session.scalar(select(Person).where(Person.id == person_id, Person.erased_at.is_(None)))
    if found is None:
        raise NotFound(kind="person")
    return found
