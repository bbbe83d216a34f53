"""Rooms: searched by what is needed, one with its pictures; what was looked for in vain."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import PublicationStatus, Room, RoomPicture, UnmetRoomNeed
from services.directory.queries.words import every_word

WRITERS: Final = ("coordinator", "caseworker", "centre")


def rooms(
    session: Session,
    principal: Principal,
    *,
    q: str,
    area: str | None,
    persons: int | None,
    equipment: Sequence[str],
    access: Sequence[str],
    status: PublicationStatus,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List the rooms that have all that is needed, the smallest that fits first."""
    if status is not PublicationStatus.PUBLISHED and not principal.has(*WRITERS):
        return {"items": [], "next": None}
    statement = select(Room).where(Room.status == status, *every_word(session, q, Room.search))
    if area is not None:
        statement = statement.where(Room.area == area)
    if persons is not None:
        statement = statement.where(Room.persons >= persons)
    if equipment:
        statement = statement.where(Room.equipment.contains(list(equipment)))
    if access:
        statement = statement.where(Room.access.contains(list(access)))
    page = paginate(
        session,
        statement,
        order_by=[Room.persons, Room.name, Room.id],
        limit=limit,
        cursor=cursor,
    )
    pictures = _pictures_of(session, [room.id for room in page["items"]])
    return {**page, "items": [_shown(room, pictures[room.id]) for room in page["items"]]}


def room(session: Session, principal: Principal, room_id: UUID) -> dict[str, Any]:
    """Return one room with its pictures.

    Raises :class:`NotFound` also where the caller may not know of it.
    """
    found = session.scalar(select(Room).where(Room.id == room_id))
    if found is None or not _may_see(found.status, principal):
        raise NotFound(kind="room")
    return _shown(found, _pictures_of(session, [room_id])[room_id])


def picture(session: Session, principal: Principal, room_id: UUID, picture_id: UUID) -> RoomPicture:
    """Return a picture with its bytes. Raises :class:`NotFound` as :func:`room` does."""
    found = session.execute(
        select(RoomPicture, Room.status)
        .join(Room, Room.id == RoomPicture.room_id)
        .where(RoomPicture.id == picture_id, Room.id == room_id)
        .options(undefer(RoomPicture.content))
    ).one_or_none()
    if found is None or not _may_see(found[1], principal):
        raise NotFound(kind="picture")
    return found[0]


def unmet_needs(session: Session, *, since: date) -> dict[str, Any]:
    """Count what was looked for in vain since a month, the latest month first."""
    found = session.scalars(
        select(UnmetRoomNeed)
        .where(UnmetRoomNeed.month >= since)
        .order_by(UnmetRoomNeed.month.desc(), UnmetRoomNeed.area, UnmetRoomNeed.size)
    ).all()
    return {"items": found, "total": sum(each.count for each in found)}


def _may_see(status: PublicationStatus, principal: Principal) -> bool:
    return status is PublicationStatus.PUBLISHED or principal.has(*WRITERS)


def _pictures_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[RoomPicture]]:
    found: dict[UUID, list[RoomPicture]] = defaultdict(list)
    for each in session.scalars(
        select(RoomPicture)
        .where(RoomPicture.room_id.in_(ids))
        .order_by(RoomPicture.stored_at, RoomPicture.id)
    ):
        found[each.room_id].append(each)
    return found


def _shown(found: Room, pictures: Sequence[RoomPicture]) -> dict[str, Any]:
    columns = [column.key for column in Room.__table__.columns if column.key != "search"]
    return {**{name: getattr(found, name) for name in columns}, "pictures": pictures}
