"""Reads of deliveries and wishes: what became of mails, never what they say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, true
from sqlalchemy.orm import Bundle, Session

from chassis.auth import Reach
from chassis.paging import paginate
from chassis.problems import NotFound
from services.notifier.model import Delivery, DeliveryStatus, Preference

_COLUMNS: Final[tuple[Any, ...]] = (
    Delivery.id,
    Delivery.version,
    Delivery.template,
    Delivery.person_id,
    Delivery.association_ids,
    Delivery.status,
    Delivery.attempts,
    Delivery.created_at,
    Delivery.sent_at,
    Delivery.uncertain_at,
    Delivery.error,
    Bundle("about", Delivery.about_kind.label("kind"), Delivery.about_id.label("id")),
    Delivery.event_id,
)

COUNTED: Final = timedelta(days=30)
LATE: Final = timedelta(minutes=15)


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
    conditions = [_within(reach)]
    if status is not None:
        conditions.append(Delivery.status == status)
    if template is not None:
        conditions.append(Delivery.template == template)
    if association_id is not None:
        conditions.append(Delivery.association_ids.contains([association_id]))
    page = paginate(
        session,
        _deliveries().where(*conditions),
        order_by=[Delivery.created_at.desc(), Delivery.id.desc()],
        limit=limit,
        cursor=cursor,
    )
    page["items"] = [_shown(row, reach) for row in page["items"]]
    total = select(func.count()).select_from(Delivery).where(*conditions)
    return {**page, "total": session.scalar(total)}


def delivery_of(session: Session, reach: Reach, delivery_id: UUID) -> dict[str, Any]:
    """Return what became of one mail. Raises :class:`NotFound`, also for one out of reach."""
    found = session.execute(
        _deliveries().where(Delivery.id == delivery_id, _within(reach))
    ).one_or_none()
    if found is None:
        raise NotFound(kind="delivery")
    return _shown(found, reach)


def preference_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """Return a person's wishes; who has said nothing gets news."""
    found = session.get(Preference, person_id)
    return {
        "id": person_id,
        "person_id": person_id,
        "version": found.version if found else 1,
        "news": found.news if found else True,
    }


def deliveries_by_state(session: Session, now: datetime) -> Mapping[str, int]:
    """Count the mails of the last thirty days by status; "late" are those that wait for long.

    Late is what was written a quarter of an hour ago or earlier and has not left.
    """
    found = session.execute(
        select(Delivery.status, func.count().label("amount"))
        .where(Delivery.created_at >= now - COUNTED)
        .group_by(Delivery.status)
    )
    waiting = Delivery.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.SENDING))
    late = session.scalar(
        select(func.count())
        .select_from(Delivery)
        .where(waiting, Delivery.created_at.between(now - COUNTED, now - LATE))
    )
    none = {status.value: 0 for status in DeliveryStatus}
    return {**none, **{row.status: row.amount for row in found}, "late": late or 0}


def _within(reach: Reach) -> ColumnElement[bool]:
    if reach.everything:
        return true()
    return or_(
        Delivery.person_id == reach.person,
        Delivery.association_ids.overlap(list(reach.associations)),
    )


def _shown(row: Row[Any], reach: Reach) -> dict[str, Any]:
    """Leave out associations that are not the reader's: whose contact one is, is private."""
    sees_all = reach.everything or row.person_id == reach.person
    ids = [id_ for id_ in row.association_ids if sees_all or id_ in reach.associations]
    return {
        **row._mapping,  # noqa: SLF001 - SQLAlchemy's documented name
        "association_ids": ids,
        "association_id": next(iter(ids), None),
    }


def _deliveries() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS)
