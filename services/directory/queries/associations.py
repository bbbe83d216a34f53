"""What is told of one association, and to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from chassis.database import UnitOfWork
from chassis.problems import NotFound
from services.directory.model import (
    Association,
    AssociationStatus,
    Freshness,
    Membership,
    Periods,
    Person,
)
from services.directory.model.confirmation import periods_here
from services.directory.queries.search import Asked, Found, search

# What the association's own people and those who keep the vejviser see, and nobody else.
PRIVATE: Final = (
    "contact_bounced_at",
    "rejection_reason",
    "asked_at",
    "stale_at",
    "stale_reason",
    "centre_may_edit",
    "merged_into_id",
)


@dataclass(frozen=True)
class Ages:
    """What tells how far records may be trusted: the municipality's periods, and the moment."""

    periods: Periods
    at: datetime

    def of(self, confirmed_at: datetime | None) -> Freshness:
        """How far a record may be trusted that was last confirmed then."""
        return self.periods.freshness(confirmed_at, at=self.at)


def ages(work: UnitOfWork) -> Ages:
    """Return the ages of this request."""
    return Ages(periods_here(work.session), work.now)


class Shown:
    """An association as one caller sees it: with what is private to it, or without."""

    def __init__(
        self,
        association: Association,
        known: Ages,
        *,
        private: bool = False,
        contact: Any = None,
    ) -> None:
        self._association = association
        self.freshness = known.of(association.confirmed_at)
        for name in PRIVATE:
            setattr(self, name, getattr(association, name) if private else None)
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


def with_contacts(
    session: Session, found: Sequence[Association], known: Ages, *, staff: bool
) -> list[Shown]:
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
    return [Shown(each, known, private=True, contact=contacts.get(each.id)) for each in found]
