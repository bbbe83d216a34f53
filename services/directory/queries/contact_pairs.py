"""Contact pairs as each reader may see them (N12)."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import Session, aliased

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import (
    Association,
    AssociationStatus,
    ContactPair,
    Membership,
    Person,
)

STAFF = ("coordinator", "caseworker")


def pairs(
    session: Session,
    principal: Principal,
    *,
    association_id: UUID | None,
    department: str | None,
    day: date,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List the contact pairs of today and later that the reader may see."""
    statement = _pairs(principal, day).where(
        or_(ContactPair.ends_on.is_(None), ContactPair.ends_on >= day)
    )
    if association_id is not None:
        statement = statement.where(ContactPair.association_id == association_id)
    if department is not None:
        statement = statement.where(ContactPair.department == department)
    return paginate(
        session,
        statement,
        order_by=[Association.name, ContactPair.team, ContactPair.id],
        limit=limit,
        cursor=cursor,
    )


def pair(session: Session, principal: Principal, pair_id: UUID, *, day: date) -> Any:
    """Return one contact pair, also one that has ended. Raises :class:`NotFound`."""
    found = session.execute(_pairs(principal, day).where(ContactPair.id == pair_id)).one_or_none()
    if found is None:
        raise NotFound(kind="contact-pair")
    return found


def _pairs(principal: Principal, day: date) -> Select[*tuple[Any, ...]]:
    """Select pairs with names: an association's people as it wrote them, but for staff.

    Whoever left the association is no contact of it any more, and has no name here.
    """
    staff, theirs = aliased(Person), aliased(Person)
    is_staff = principal.has(*STAFF)
    written: ColumnElement[Any] = func.coalesce(
        null() if is_staff else Membership.known_as, theirs.name
    )
    return (
        select(
            ContactPair.id,
            ContactPair.version,
            ContactPair.association_id,
            Association.name.label("association_name"),
            ContactPair.department,
            ContactPair.team,
            func.nullif(staff.name, "").label("staff_name"),
            case((_inside(principal, is_staff=is_staff), Membership.person_id)).label(
                "association_person_id"
            ),
            case((literal(is_staff), ContactPair.staff_person_id)).label("staff_person_id"),
            func.nullif(written, "").label("association_contact_name"),
            ContactPair.shown_by_municipality,
            ContactPair.shown_by_association,
            ContactPair.starts_on,
            ContactPair.ends_on,
        )
        .join(Association, Association.id == ContactPair.association_id)
        .join(staff, staff.id == ContactPair.staff_person_id)
        .outerjoin(
            Membership,
            and_(
                Membership.association_id == ContactPair.association_id,
                Membership.person_id == ContactPair.association_person_id,
                Membership.ended_at.is_(None),
            ),
        )
        .outerjoin(theirs, theirs.id == Membership.person_id)
        .where(_visible(principal, day, is_staff=is_staff))
    )


def _inside(principal: Principal, *, is_staff: bool) -> ColumnElement[bool]:
    """Say in SQL whether the reader is on one of the two sides."""
    return or_(literal(is_staff), ContactPair.association_id.in_(list(principal.associations)))


def _visible(principal: Principal, day: date, *, is_staff: bool) -> ColumnElement[bool]:
    public = and_(
        ContactPair.is_public(),
        ContactPair.current_on(day),
        Association.status == AssociationStatus.PUBLISHED,
    )
    return or_(public, _inside(principal, is_staff=is_staff))
