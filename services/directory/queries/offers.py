"""Offers, one by one and by their provider; the municipality's note on an association."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import Association, MunicipalNote, Offer, PublicationStatus

SEES_ALL: Final = ("coordinator", "caseworker", "centre")
# Who confirms the record of an association says with it that its offers are as they stand there.
CAPACITY_SAID_AT: Final = func.greatest(Offer.capacity_said_at, Association.confirmed_at)


def offers(
    session: Session,
    principal: Principal,
    *,
    association_id: UUID | None,
    department: str | None,
    status: PublicationStatus,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List offers by title; what is not published only to those who keep it, and to reviewers."""
    statement = _offers().where(Offer.status == status)
    if status is not PublicationStatus.PUBLISHED and not principal.has(*SEES_ALL):
        statement = statement.where(Offer.association_id.in_(list(principal.associations)))
    if association_id is not None:
        statement = statement.where(Offer.association_id == association_id)
    if department is not None:
        statement = statement.where(Offer.department == department)
    return paginate(
        session, statement, order_by=[Offer.title, Offer.id], limit=limit, cursor=cursor
    )


def offer(session: Session, principal: Principal, offer_id: UUID) -> Any:
    """Return one offer. Raises :class:`NotFound` also where the caller may not know of it."""
    statement = _offers().where(Offer.id == offer_id)
    if not principal.has(*SEES_ALL):
        statement = statement.where(
            or_(
                Offer.status == PublicationStatus.PUBLISHED,
                Offer.association_id.in_(list(principal.associations)),
            )
        )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound(kind="offer")
    return found


def offers_by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return offers by their ids, whoever asks."""
    return {row.id: row for row in session.execute(_offers().where(Offer.id.in_(ids)))}


def note(session: Session, association_id: UUID) -> MunicipalNote:
    """Return the municipality's note on an association. Raises :class:`NotFound` without one."""
    found = session.scalar(
        select(MunicipalNote).where(
            MunicipalNote.association_id == association_id, MunicipalNote.text != ""
        )
    )
    if found is None:
        raise NotFound(kind="municipal-note")
    return found


def _offers() -> Select[*tuple[Any, ...]]:
    columns = [each for each in Offer.__table__.columns if each.key != "capacity_said_at"]
    return select(
        *columns,
        CAPACITY_SAID_AT.label("capacity_said_at"),
        Association.name.label("association_name"),
    ).outerjoin(Association, Association.id == Offer.association_id)
