"""Rooms that associations can use, the Frivillighus among them; what was looked for in vain (V25).

Booking is the meetings service's. Here is what there is, and how to ask for it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from chassis.files import StoredFile
from contracts.directory import RoomPublished, RoomWithdrawn
from services.directory.model.mapping import Base, one_of
from services.directory.model.publication import PublicationStatus, Rewritable

MOST_PICTURES: Final = 6


class Equipment(StrEnum):
    """What is in a room."""

    PROJECTOR = "projector"
    WHITEBOARD = "whiteboard"
    WIFI = "wifi"
    KITCHEN = "kitchen"
    SOUND = "sound"
    PIANO = "piano"
    WORKSHOP = "workshop"
    STORAGE = "storage"


class Access(StrEnum):
    """What lets everybody in and take part."""

    STEP_FREE = "step-free"
    LIFT = "lift"
    TOILET = "accessible-toilet"
    HEARING_LOOP = "hearing-loop"
    PARKING = "accessible-parking"


class Size(StrEnum):
    """How many a room was needed for, roughly: nobody is told apart by it."""

    SMALL = "up-to-10"
    MIDDLE = "11-25"
    LARGE = "26-50"
    HALL = "over-50"


class Room(Rewritable, Base):
    """A room, or the Frivillighus (``is_house``). Whom to ask is a function, never a person."""

    __tablename__ = "room"

    DESCRIPTION = (
        "name",
        "description",
        "area",
        "place",
        "postcode",
        "persons",
        "square_metres",
        "equipment",
        "access",
        "opening",
        "contact_title",
        "contact_email",
        "contact_phone",
        "price_ore",
        "price_text",
        "is_house",
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    name: Mapped[str]
    description: Mapped[str]
    area: Mapped[str]
    place: Mapped[str]
    postcode: Mapped[str | None]
    persons: Mapped[int]
    square_metres: Mapped[int | None]
    equipment: Mapped[list[str]] = mapped_column(ARRAY(Text))
    access: Mapped[list[str]] = mapped_column(ARRAY(Text))
    opening: Mapped[str]
    contact_title: Mapped[str]
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    price_ore: Mapped[int | None]
    price_text: Mapped[str | None]
    is_house: Mapped[bool]
    created_at: Mapped[datetime]
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(search_vector(name), 'A') || setweight(search_vector(place), 'B')"
            " || setweight(search_vector(description), 'C')",
            persisted=True,
        ),
        deferred=True,
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("persons > 0", name="holds_somebody"),
        CheckConstraint("price_ore >= 0", name="price_not_negative"),
        Index("ix_room_search", "search", postgresql_using="gin"),
        Index("ix_room_status", "status", "name", "id"),
    )

    def publish(self, *, at: datetime) -> RoomPublished:
        """Let everybody find it, for the first time or again."""
        is_new = self.published_at is None
        self.status = PublicationStatus.PUBLISHED
        self.published_at = self.published_at or at
        return self.told(is_new=is_new)

    def withdrawn(self) -> RoomWithdrawn:
        """Say that it cannot be found any more."""
        return RoomWithdrawn(room_id=self.id, name=self.name)

    def told(self, *, is_new: bool) -> RoomPublished:
        """Say what everybody can find now."""
        return RoomPublished(
            room_id=self.id,
            name=self.name,
            area=self.area,
            place=self.place,
            persons=self.persons,
            equipment=tuple(self.equipment),
            access=tuple(self.access),
            is_house=self.is_house,
            is_new=is_new,
        )


class RoomPicture(StoredFile, Base):
    """A picture of a room, drawn anew by us, with what somebody who cannot see it is told."""

    __tablename__ = "room_picture"

    room_id: Mapped[UUID] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"), index=True)
    alt: Mapped[str]


class UnmetRoomNeed(Base):
    """How often in a month somebody found no room of a size in an area; of nobody in particular."""

    __tablename__ = "unmet_room_need"

    month: Mapped[date] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[Size] = mapped_column(one_of(Size, name="size"), primary_key=True)
    count: Mapped[int]


def size_of(persons: int) -> Size:
    """Return the size a number of people comes to."""
    limits = ((10, Size.SMALL), (25, Size.MIDDLE), (50, Size.LARGE))
    return next((size for most, size in limits if persons <= most), Size.HALL)
