"""Where an association's record comes from, and where the association is to be found."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from contracts.directory import AssociationIntroduced
from services.directory.model.mapping import one_of


class Source(StrEnum):
    """Who wrote the record first: the association itself, or somebody who had a list."""

    REGISTRATION = "registration"
    IMPORT = "import"


class Origin:
    """The part of an association that says how it came here.

    ``quiet``: its contact was named by somebody else and has not been told; no mail goes to them
    before the coordinator says so.
    """

    if TYPE_CHECKING:
        id: Mapped[UUID]
        name: Mapped[str]
        purpose: Mapped[str]
        target_groups: Mapped[list[str]]
        area: Mapped[str]
        contact_person_id: Mapped[UUID]
        asked_at: Mapped[datetime | None]

    quiet: Mapped[bool] = mapped_column(default=False, server_default="false")

    @declared_attr
    def source(cls) -> Mapped[Source]:  # noqa: N805 - SQLAlchemy passes the class
        """Who wrote the record first."""
        return mapped_column(
            one_of(Source, name="source"),
            default=Source.REGISTRATION,
            server_default=Source.REGISTRATION.value,
        )

    def introduce(self) -> AssociationIntroduced:
        """Record that its contact is told now; from here on it gets mail as all others do."""
        self.quiet = False
        return AssociationIntroduced(
            association_id=self.id, name=self.name, contact_person_id=self.contact_person_id
        )

    def introduce_and_ask(
        self, *, at: datetime, link_id: UUID, expires_at: datetime
    ) -> AssociationIntroduced:
        """Record that its contact is told, and asked whether what the list said is right."""
        self.asked_at = at
        return replace(
            self.introduce(),
            purpose=self.purpose,
            target_groups=tuple(self.target_groups),
            area=self.area,
            confirmation_link_id=link_id,
            expires_at=expires_at,
        )


class Address:
    """The part of an association that says where it is to be found, as far as it wants that."""

    street: Mapped[str | None]
    postcode: Mapped[str | None]
    city: Mapped[str | None]
