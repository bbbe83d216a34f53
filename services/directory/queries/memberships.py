"""Who may do what for which association."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from chassis.auth import Reach
from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import Association, Membership, Person


def _written(*, staff: bool) -> ColumnElement[str]:
    return Person.name.expression if staff else func.coalesce(Membership.known_as, Person.name)


def _memberships(*, staff: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Membership.id,
            Membership.version,
            Membership.association_id,
            Association.name.label("association_name"),
            Membership.person_id,
            _written(staff=staff).label("person_name"),
            Person.email,
            Membership.role,
            Membership.leads,
            Membership.is_contact,
            Membership.granted_at,
        )
        .join(Association, Association.id == Membership.association_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.ended_at.is_(None))
    )


def memberships(
    session: Session,
    reach: Reach,
    *,
    association_id: UUID | None,
    person_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List current memberships within reach: one's associations', and one's own."""
    statement = _memberships(staff=reach.everything)
    if not reach.everything:
        statement = statement.where(
            or_(
                Membership.association_id.in_(reach.associations),
                Membership.person_id == reach.person,
            )
        )
    if association_id is not None:
        statement = statement.where(Membership.association_id == association_id)
    if person_id is not None:
        statement = statement.where(Membership.person_id == person_id)
    return paginate(
        session,
        statement,
        order_by=[Association.name, _written(staff=reach.everything), Membership.id],
        limit=limit,
        cursor=cursor,
    )


def membership(session: Session, membership_id: UUID, *, staff: bool) -> Any:
    """Return one current membership. Raises :class:`NotFound`."""
    found = session.execute(
        _memberships(staff=staff).where(Membership.id == membership_id)
    ).one_or_none()
    if found is None:
        raise NotFound(kind="membership")
    return found
