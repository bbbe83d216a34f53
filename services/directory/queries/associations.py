"""What is told of one association, and to whom."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from chassis.problems import NotFound
from services.directory.model import Association, AssociationStatus, Membership, Person
from services.directory.queries.search import Asked, Found, search


class Shown:
    """An association as one caller sees it: with what is private to it, or without."""

    def __init__(
        self, association: Association, *, private: bool = False, contact: Any = None
    ) -> None:
        self._association = association
        self.contact_bounced_at = association.contact_bounced_at if private else None
        self.rejection_reason = association.rejection_reason if private else None
        if contact is not None:
            self.contact = contact

    def __getattr__(self, name: str) -> Any:
        """Whatever is not special comes from the association."""
        if name == "contact" or name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._association, name)


def associations(
    session: Session,
    *,
    q: str,
    target_group: str | None,
    area: str | None,
    volunteers_wanted: bool | None,
    status: AssociationStatus,
    limit: int,
    cursor: str | None,
) -> Found:
    """Search the associations of one status in Danish; without words, list them by name."""
    asked = Asked(
        q=q,
        kind="association",
        target_group=target_group,
        area=area,
        needs_volunteers=volunteers_wanted,
        status=status.value,
        limit=limit,
        cursor=cursor,
    )
    found = search(session, asked)
    ids = [each["id"] for each in found.items]
    by_id = {
        each.id: each
        for each in session.scalars(select(Association).where(Association.id.in_(ids)))
    }
    found.items = [by_id[id_] for id_ in ids if id_ in by_id]
    return found


def association(session: Session, association_id: UUID) -> Association:
    """Return an association, whatever its status. Raises :class:`NotFound`."""
    found = session.scalar(select(Association).where(Association.id == association_id))
    if found is None:
        raise NotFound(kind="association")
    return found


def with_contacts(session: Session, found: Sequence[Association], *, staff: bool) -> list[Shown]:
    """Add what is private, for those who may see it.

    The association's own people see the contact by the name the association wrote; the
    municipality's staff by the registered one.
    """
    written = Person.name if staff else func.coalesce(Membership.known_as, Person.name)
    here = and_(
        Membership.person_id == Person.id,
        Membership.association_id == Association.id,
        Membership.ended_at.is_(None),
    )
    rows = session.execute(
        select(Association.id, Person.id.label("person_id"), written.label("name"), Person.email)
        .join(Person, Person.id == Association.contact_person_id)
        .outerjoin(Membership, here)
        .where(Association.id.in_([each.id for each in found]))
    )
    contacts = {
        row.id: {"person_id": row.person_id, "name": row.name, "email": row.email} for row in rows
    }
    return [Shown(each, private=True, contact=contacts.get(each.id)) for each in found]
