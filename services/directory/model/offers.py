"""What is offered to citizens: by associations, and by departments of the municipality."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.events import Event
from contracts.directory import OfferChanged, OfferPublished, OfferWithdrawn
from contracts.values import OfferTime
from services.directory.model.mapping import Base
from services.directory.model.problems import WrongState
from services.directory.model.publication import PublicationStatus, Rewritable
from services.directory.model.times import occasions


class Offer(Rewritable, Base):
    """One thing that somebody offers citizens, in the provider's own words (V2, V4, V6).

    The provider is an association or, for what the municipality itself offers, one of the profile's
    departments. ``contact_*`` are a role's ("Besøgstjenesten"), never a person's own: the register
    of people is not read for them. ``times`` are kept as :class:`contracts.values.OfferTime` is
    written; ``occasions`` is derived from them, for the search. ``capacity_said_at`` is when
    somebody last said whether it takes new users; to write something else does not say it again.
    """

    __tablename__ = "offer"

    DESCRIPTION = (
        "title",
        "description",
        "target_groups",
        "topics",
        "area",
        "place",
        "postcode",
        "latitude",
        "longitude",
        "times",
        "contact_title",
        "contact_email",
        "contact_phone",
        "languages",
        "price_ore",
        "price_text",
        "wheelchair",
        "takes_new_users",
        "needs_volunteers",
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    association_id: Mapped[UUID | None] = mapped_column(ForeignKey("association.id"))
    department: Mapped[str | None]
    title: Mapped[str]
    description: Mapped[str]
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    area: Mapped[str]
    place: Mapped[str | None]
    postcode: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    times: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    occasions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    contact_title: Mapped[str | None]
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    price_ore: Mapped[int | None]
    price_text: Mapped[str | None]
    wheelchair: Mapped[bool | None]
    takes_new_users: Mapped[bool]
    capacity_said_at: Mapped[datetime] = mapped_column(server_default=func.now())
    needs_volunteers: Mapped[bool]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("(association_id IS NULL) <> (department IS NULL)", name="one_provider"),
        CheckConstraint("price_ore >= 0", name="price_not_negative"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        Index("ix_offer_association_id", "association_id", "title", "id"),
        Index("ix_offer_department", "department", "title", "id"),
    )

    def describe(self, description: dict[str, Any], *, at: datetime) -> bool:
        """Write it anew, as every kind is. Raises :class:`Invalid` where a time never comes."""
        self.occasions = occasions(description["times"])
        if self.takes_new_users != description["takes_new_users"]:
            self.capacity_said_at = at
        times = [
            {**each, "starts_on": each["starts_on"].isoformat()} for each in description["times"]
        ]
        return super().describe({**description, "times": times}, at=at)

    def say_capacity(self, *, takes_new_users: bool, at: datetime) -> bool:
        """Say whether it takes new users now, also where that is as it was.

        Return whether that is to be told.
        """
        if self.takes_new_users != takes_new_users:
            self.takes_new_users, self.changed_at = takes_new_users, at
        self.capacity_said_at = at
        return self.is_public

    def changed(self) -> OfferChanged:
        """Say how it is now."""
        return OfferChanged(**self._told())

    def publish(self, *, at: datetime) -> OfferPublished:
        """Let everybody find it, for the first time or again. Raises :class:`WrongState`."""
        if self.is_public:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)
        self.status = PublicationStatus.PUBLISHED
        self.published_at, self.withdrawn_at = at, None
        return OfferPublished(**self._told())

    def withdraw(self, *, at: datetime) -> Event | None:
        """Take it from everybody, as every kind is; its provider may publish it again."""
        event = super().withdraw(at=at)
        self.withdrawn_at = at
        return event

    def withdrawn(self) -> OfferWithdrawn:
        """Say that it cannot be found any more."""
        return OfferWithdrawn(
            offer_id=self.id,
            association_id=self.association_id,
            department=self.department,
            title=self.title,
        )

    def _told(self) -> dict[str, Any]:
        return {
            "offer_id": self.id,
            "association_id": self.association_id,
            "department": self.department,
            "title": self.title,
            "description": self.description,
            "target_groups": tuple(self.target_groups),
            "topics": tuple(self.topics),
            "area": self.area,
            "place": self.place,
            "postcode": self.postcode,
            "times": tuple(
                OfferTime(
                    rrule=each["rrule"],
                    starts_on=date.fromisoformat(each["starts_on"]),
                    starts=each["starts"],
                    ends=each["ends"],
                )
                for each in self.times
            ),
            "languages": tuple(self.languages),
            "price_ore": self.price_ore,
            "price_text": self.price_text,
            "wheelchair": self.wheelchair,
            "takes_new_users": self.takes_new_users,
            "needs_volunteers": self.needs_volunteers,
            "capacity_said_at": self.capacity_said_at,
        }
