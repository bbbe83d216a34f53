"""What is offered to citizens: by associations, and by departments of the municipality."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import OfferChanged, OfferPublished, OfferWithdrawn
from contracts.values import OfferTime
from services.directory.model.mapping import Base, one_of
from services.directory.model.problems import WrongState
from services.directory.model.times import occasions

DESCRIPTION: Final = (
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


class OfferStatus(StrEnum):
    """Where an offer stands: being written, to be found, or not given any more."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Offer(Base):
    """One thing that somebody offers citizens, in the provider's own words (V2, V4, V6).

    The provider is an association or, for what the municipality itself offers, one of the profile's
    departments. ``contact_*`` are a role's ("Besøgstjenesten"), never a person's own: the register
    of people is not read for them. ``times`` are kept as :class:`contracts.values.OfferTime` is
    written; ``occasions`` is derived from them, for the search.
    """

    __tablename__ = "offer"

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
    needs_volunteers: Mapped[bool]
    status: Mapped[OfferStatus] = mapped_column(one_of(OfferStatus, name="status"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("(association_id IS NULL) <> (department IS NULL)", name="one_provider"),
        CheckConstraint("price_ore >= 0", name="price_not_negative"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        Index("ix_offer_association_id", "association_id", "title", "id"),
        Index("ix_offer_department", "department", "title", "id"),
    )

    @classmethod
    def drafted(
        cls,
        id_: UUID,
        description: dict[str, Any],
        *,
        association_id: UUID | None,
        department: str | None,
        at: datetime,
    ) -> "Offer":
        """Make a draft. Raises :class:`Invalid` where a time never comes."""
        return cls(
            id=id_,
            association_id=association_id,
            department=department,
            occasions=occasions(description["times"]),
            status=OfferStatus.DRAFT,
            created_at=at,
            changed_at=at,
            **_stored(description),
        )

    def describe(self, description: dict[str, Any], *, at: datetime) -> OfferChanged | None:
        """Write it anew. Returns an event where it can be found by everybody, and has changed."""
        stored = _stored(description)
        if all(getattr(self, name) == stored[name] for name in DESCRIPTION):
            return None
        self.occasions = occasions(description["times"])
        for name, value in stored.items():
            setattr(self, name, value)
        self.changed_at = at
        return self.changed() if self.status is OfferStatus.PUBLISHED else None

    def changed(self) -> OfferChanged:
        """Say how it is now."""
        return OfferChanged(**self._told())

    def publish(self, *, at: datetime) -> OfferPublished:
        """Let everybody find it, for the first time or again."""
        if self.status is OfferStatus.PUBLISHED:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)
        self.status = OfferStatus.PUBLISHED
        self.published_at, self.withdrawn_at = at, None
        return OfferPublished(**self._told())

    def withdraw(self, *, at: datetime) -> OfferWithdrawn:
        """Take it out of what can be found; it stays with its provider, who may publish it again.

        Raises :class:`WrongState` for a draft, which nobody has seen.
        """
        if self.status is not OfferStatus.PUBLISHED:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)
        self.status = OfferStatus.WITHDRAWN
        self.withdrawn_at = at
        return OfferWithdrawn(
            offer_id=self.id,
            association_id=self.association_id,
            department=self.department,
            title=self.title,
        )

    def require_draft(self) -> None:
        """See that nobody outside has seen it. Raises :class:`WrongState`."""
        if self.status is not OfferStatus.DRAFT:
            raise WrongState("Only a draft can be deleted.", current=self.status.value)

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
        }


def _stored(description: dict[str, Any]) -> dict[str, Any]:
    times = [{**each, "starts_on": each["starts_on"].isoformat()} for each in description["times"]]
    return {**{name: description[name] for name in DESCRIPTION}, "times": times}
