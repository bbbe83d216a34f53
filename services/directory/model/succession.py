"""How an association leaves the vejviser and comes back: closed, merged into another, reopened.

Ids and histories stay: cases, letters and old addresses go on pointing at them.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from contracts.directory import AssociationMerged, AssociationReopened
from services.directory.model.problems import WrongState
from services.directory.model.status import LIVING, AssociationStatus


class Succession:
    """The part of an association that says what it went up in, and takes it back."""

    if TYPE_CHECKING:
        id: Mapped[UUID]
        name: Mapped[str]
        cvr: Mapped[str | None]
        purpose: Mapped[str]
        target_groups: Mapped[list[str]]
        area: Mapped[str]
        status: Mapped[AssociationStatus]
        contact_person_id: Mapped[UUID]
        closed_at: Mapped[datetime | None]
        closing_reason: Mapped[str | None]

        def begin_anew(self) -> None:
            """Wait for the next question."""

    @declared_attr
    def merged_into_id(cls) -> Mapped[UUID | None]:  # noqa: N805 - SQLAlchemy passes the class
        """The association that goes on for this one."""
        return mapped_column(ForeignKey("association.id"))

    def merge_into(self, other: "Succession", *, at: datetime, reason: str) -> AssociationMerged:
        """Let another association go on for this one.

        A registration that turns out to be a duplicate, or two that became one. Raises
        :class:`WrongState` unless this one lives and the other is published.
        """
        if self.status not in LIVING and self.merged_into_id is None:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)
        if other.status is not AssociationStatus.PUBLISHED or other.id == self.id:
            raise WrongState("The other must be in the vejviser.", current=other.status.value)
        if self.merged_into_id is None:
            self.closed_at, self.closing_reason = at, reason
        self.status = AssociationStatus.CLOSED
        self.merged_into_id = other.id
        self.begin_anew()
        return AssociationMerged(
            association_id=self.id, name=self.name, into_id=other.id, into_name=other.name
        )

    def reopen(self) -> AssociationReopened:
        """Take it into the vejviser again, as it was. Raises :class:`WrongState` unless closed."""
        if self.status is not AssociationStatus.CLOSED:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)
        self.status = AssociationStatus.PUBLISHED
        self.closed_at = self.closing_reason = self.merged_into_id = None
        self.begin_anew()
        return AssociationReopened(
            association_id=self.id,
            name=self.name,
            cvr=self.cvr,
            purpose=self.purpose,
            target_groups=tuple(self.target_groups),
            area=self.area,
            contact_person_id=self.contact_person_id,
        )


def succession_indexes() -> tuple[Index, ...]:
    """What those that went up in another are found by."""
    return (Index("ix_association_merged_into_id", "merged_into_id"),)
