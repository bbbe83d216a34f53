"""What was done to a record, newest first."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, null, select
from sqlalchemy.orm import Session

from chassis.paging import paginate
from contracts.values import OnBehalf
from services.directory.model import AssociationChange, Membership, Office, Person


def changes(
    session: Session, association_id: UUID, *, staff: bool, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List what was done to an association's record, with who did it.

    The municipality's staff see every name. The association sees its own people by the names it
    wrote, and of others those who hold or held an office, which is public anyway.
    """
    page = paginate(
        session,
        select(AssociationChange, _actor(staff=staff).label("actor"))
        .outerjoin(Person, Person.id == AssociationChange.actor_id)
        .where(AssociationChange.association_id == association_id),
        order_by=[AssociationChange.at.desc(), AssociationChange.id.desc()],
        limit=limit,
        cursor=cursor,
    )
    page["items"] = [_shown(row[0], row[1]) for row in page["items"]]
    return page


def _actor(*, staff: bool) -> ColumnElement[Any]:
    name = func.nullif(Person.name, "")
    if staff:
        return name
    theirs = (
        select(func.max(Membership.known_as))
        .where(
            Membership.association_id == AssociationChange.association_id,
            Membership.person_id == AssociationChange.actor_id,
        )
        .correlate(AssociationChange)
    )
    written = func.coalesce(theirs.scalar_subquery(), Person.name)
    holds_office = select(Office.id).where(Office.person_id == AssociationChange.actor_id).exists()
    return case(
        (AssociationChange.on_behalf == OnBehalf.ASSOCIATION, func.nullif(written, "")),
        (holds_office, name),
        else_=null(),
    )


def _shown(change: AssociationChange, actor: str | None) -> dict[str, Any]:
    return {
        "id": change.id,
        "at": change.at,
        "kind": change.kind,
        "on_behalf": change.on_behalf,
        "by_link": change.by_link,
        "actor": actor,
        "note": change.note,
        "differences": [
            {"field": name, "before": before, "after": after}
            for name, (before, after) in sorted(change.differences.items())
        ],
    }
