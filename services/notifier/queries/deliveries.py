"""Reads of deliveries and wishes: what became of mails, never what they say."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Bundle, Session

from chassis.auth import Reach
from chassis.paging import paginate
from chassis.problems import NotFound
from services.notifier.model import Delivery, Preference

_COLUMNS: Final[tuple[Any, ...]] = (
    Delivery.id,
    Delivery.version,
    Delivery.template,
    Delivery.person_id,
    Delivery.association_id,
    Delivery.status,
    Delivery.attempts,
    Delivery.created_at,
    Delivery.sent_at,
    Delivery.uncertain_at,
    Delivery.error,
    Bundle("about", Delivery.about_kind.label("kind"), Delivery.about_id.label("id")),
    Delivery.event_id,
)


def deliveries(
    session: Session,
    reach: Reach,
    *,
    status: str | None,
    template: str | None,
    association_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of what became of the mails within reach, the newest first."""
    conditions = []
    if not reach.everything:
        mine = Delivery.person_id == reach.person
        conditions.append(or_(mine, Delivery.association_id.in_(reach.associations)))
    if status is not None:
        conditions.append(Delivery.status == status)
    if template is not None:
        conditions.append(Delivery.template == template)
    if association_id is not None:
        conditions.append(Delivery.association_id == association_id)
    page = paginate(
        session,
        _deliveries().where(*conditions),
        order_by=[Delivery.created_at.desc(), Delivery.id.desc()],
        limit=limit,
        cursor=cursor,
    )
    total = select(func.count()).select_from(Delivery).where(*conditions)
    return {**page, "total": session.scalar(total)}


def delivery_of(session: Session, delivery_id: UUID) -> Row[Any]:
    """Return what became of one mail. Raises :class:`NotFound`."""
    found = session.execute(_deliveries().where(Delivery.id == delivery_id)).one_or_none()
    if found is None:
        raise NotFound(kind="delivery")
    return found


def preference_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """Return a person's wishes; who has said nothing gets news."""
    found = session.get(Preference, person_id)
    return {
        "id": person_id,
        "person_id": person_id,
        "version": found.version if found else 1,
        "news": found.news if found else True,
    }


def _deliveries() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS)
