"""Use cases of rooms: describe, picture, publish; and what was missing (V25)."""

import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from chassis import files
from chassis.database import UnitOfWork
from chassis.problems import NotFound
from contracts.values import NewsTopic
from services.directory.commands.limits import count_attempt
from services.directory.commands.news import tell
from services.directory.commands.pictures import MEDIA_TYPE, PICTURES, drawn_anew
from services.directory.commands.publication import to_write
from services.directory.commands.words import require_words
from services.directory.model import (
    MOST_PICTURES,
    Room,
    RoomPicture,
    UnmetRoomNeed,
    size_of,
    today,
)
from services.directory.model.problems import IdTaken, TooManyPictures


def put_room(
    work: UnitOfWork, room_id: UUID, *, version: int | None, **description: Any
) -> tuple[Room, bool]:
    """Describe a room, new or not; return it, and whether it is new. A new one is a draft."""
    room, new = to_write(work, Room, room_id, version=version)
    require_words(work, {"areas": ("/area", description["area"], [room.area])})
    if room.describe(description, at=work.now):
        work.emit(room.told(is_new=False))
    return work.add(room), new


def put_picture(
    work: UnitOfWork,
    room_id: UUID,
    picture_id: UUID,
    *,
    alt: str,
    upload: files.Upload,
) -> bool:
    """Add a picture, drawn anew; under a known id only its words change. Return whether it is new.

    Raises what :func:`chassis.files.examine` does, :class:`TooManyPictures`, :class:`IdTaken`.
    """
    work.get(Room, room_id, lock=True)
    examined = files.examine(upload, kinds=PICTURES)
    known = work.find(RoomPicture, picture_id)
    if known is not None:
        if known.room_id != room_id:
            raise IdTaken
        known.alt = alt
        return False
    count = work.session.scalar(select(func.count()).where(RoomPicture.room_id == room_id))
    if (count or 0) >= MOST_PICTURES:
        raise TooManyPictures(f"A room has {MOST_PICTURES} pictures at most.")
    drawn = drawn_anew(examined.content)
    work.add(
        RoomPicture(
            id=picture_id,
            room_id=room_id,
            alt=alt,
            name=f"{examined.name.rpartition('.')[0] or examined.name}.jpg",
            media_type=MEDIA_TYPE,
            size=len(drawn),
            sha256=hashlib.sha256(drawn).hexdigest(),
            content=drawn,
            stored_at=work.now,
            stored_by=work.principal.id,
        )
    )
    return True


def delete_picture(work: UnitOfWork, room_id: UUID, picture_id: UUID) -> None:
    """Take a picture away."""
    picture = work.find(RoomPicture, picture_id)
    if picture is None or picture.room_id != room_id:
        raise NotFound(kind="picture")
    work.session.delete(picture)


def publish_room(work: UnitOfWork, room_id: UUID, *, version: int | None) -> Room:
    """Let everybody find a room; the first time that is news (V30)."""
    room = work.get(Room, room_id, version=version, lock=True)
    if room.is_public:
        return room
    event = room.publish(at=work.now)
    work.emit(event)
    if event.is_new:
        tell(
            work,
            "room",
            room_id,
            topic=NewsTopic.VOLUNTEERING,
            title=f"Nyt lokale: {room.name}"[:200],
            summary=f"{room.place}. Plads til {room.persons}.",
        )
    return room


def count_unmet_need(work: UnitOfWork, *, area: str, persons: int, client: str) -> None:
    """Count that somebody found no room, and keep nothing of who.

    Raises :class:`Invalid` for an area that is none, :class:`TooMany` for a client that counts on.
    """
    require_words(work, {"areas": ("/area", area, ())})
    count_attempt(work, "unmet-room-need", client)
    row = {
        "month": today(work.now).replace(day=1),
        "area": area,
        "size": size_of(persons),
        "count": 1,
    }
    work.session.execute(
        insert(UnmetRoomNeed)
        .values(row)
        .on_conflict_do_update(
            index_elements=["month", "area", "size"], set_={"count": UnmetRoomNeed.count + 1}
        )
    )
