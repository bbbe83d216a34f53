"""An association on its way into the vejviser and out of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import (
    AssociationChanged,
    AssociationClosed,
    AssociationPublished,
    AssociationRegistered,
    AssociationRejected,
)
from contracts.values import OnBehalf
from services.directory.model.confirmation import Confirmation, confirmation_indexes
from services.directory.model.mapping import Base, one_of
from services.directory.model.origin import Address, Origin, Source
from services.directory.model.problems import LastAdministrator, WrongState
from services.directory.model.status import LIVING, AssociationStatus
from services.directory.model.succession import Succession, succession_indexes


class AssociationForm(StrEnum):
    """What kind of actor it is (N16)."""

    ASSOCIATION = "association"
    GROUP = "group"
    COMPANY = "company"
    PERSON = "person"


class Association(Confirmation, Succession, Origin, Address, Base):
    """An association, group, company or person that makes a voluntary social effort (V2, V21)."""

    __tablename__ = "association"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    name: Mapped[str]
    cvr: Mapped[str | None]
    form: Mapped[AssociationForm] = mapped_column(one_of(AssociationForm, name="form"))
    purpose: Mapped[str]
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    area: Mapped[str]
    website: Mapped[str | None]
    phone: Mapped[str | None]
    public_email: Mapped[str | None]
    volunteers_wanted: Mapped[bool]
    status: Mapped[AssociationStatus] = mapped_column(one_of(AssociationStatus, name="status"))
    contact_person_id: Mapped[UUID]
    registered_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str | None]
    contact_bounced_at: Mapped[datetime | None]
    rejection_reason: Mapped[str | None]
    # Whether the volunteer centre may keep its record, where an agreement lets it (N29).
    centre_may_edit: Mapped[bool] = mapped_column(default=True, server_default="true")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index(
            "uq_association_cvr",
            "cvr",
            unique=True,
            postgresql_where=text("status IN ('registered', 'published')"),
        ),
        Index("ix_association_status_name", "status", "name", "id"),
        Index("ix_association_target_groups", "target_groups", postgresql_using="gin"),
        Index("ix_association_contact_person_id", "contact_person_id"),
        *confirmation_indexes(),
        *succession_indexes(),
    )

    def register(self, *, at: datetime) -> AssociationRegistered:
        """Record that it registered itself and waits for the coordinator.

        What it writes of itself is its first confirmation.
        """
        self.status = AssociationStatus.REGISTERED
        self.registered_at = self.confirmed_at = at
        self.confirmed_by = OnBehalf.ASSOCIATION
        return AssociationRegistered(
            association_id=self.id,
            name=self.name,
            cvr=self.cvr,
            area=self.area,
            contact_person_id=self.contact_person_id,
            registered_at=at,
            quiet=bool(self.quiet),
        )

    def approve(self, *, at: datetime) -> AssociationPublished:
        """Take it into the public vejviser.

        Raises :class:`WrongState` unless it waits for review.
        """
        self._require(AssociationStatus.REGISTERED)
        self.status = AssociationStatus.PUBLISHED
        self.published_at = at
        return AssociationPublished(
            association_id=self.id,
            name=self.name,
            cvr=self.cvr,
            purpose=self.purpose,
            target_groups=tuple(self.target_groups),
            area=self.area,
            contact_person_id=self.contact_person_id,
            # The contact of one from a list is told by its introduction, and by nothing before.
            quiet=self.source is Source.IMPORT,
        )

    def reject(self, *, reason: str) -> AssociationRejected:
        """Refuse the registration, with a reason."""
        self._require(AssociationStatus.REGISTERED)
        self.status = AssociationStatus.REJECTED
        self.rejection_reason = reason
        return AssociationRejected(
            association_id=self.id,
            name=self.name,
            contact_person_id=self.contact_person_id,
            reason=reason,
        )

    def close(self, *, at: datetime, reason: str) -> AssociationClosed:
        """Take it out of the vejviser; its cases are kept elsewhere."""
        self._require(AssociationStatus.PUBLISHED)
        self.status = AssociationStatus.CLOSED
        self.closed_at, self.closing_reason = at, reason
        self.begin_anew()
        return AssociationClosed(association_id=self.id, name=self.name)

    def describe(self, changes: dict[str, Any]) -> AssociationChanged | None:
        """Change its description. Returns an event where others must know: it is public.

        To save is not to confirm: who mends a telephone number has not looked at the rest.
        """
        self._require(AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED)
        before = self._known_elsewhere()
        for name, value in changes.items():
            setattr(self, name, value)
        unchanged = self._known_elsewhere() == before
        if self.status is not AssociationStatus.PUBLISHED or unchanged:
            return None
        return AssociationChanged(
            association_id=self.id,
            name=self.name,
            cvr=self.cvr,
            purpose=self.purpose,
            target_groups=tuple(self.target_groups),
            area=self.area,
        )

    def _known_elsewhere(self) -> tuple[Any, ...]:
        return (self.name, self.cvr, self.purpose, tuple(self.target_groups), self.area)

    def require_administrator(self, *, others: int) -> None:
        """See that somebody answers for it when one administrator goes and ``others`` stay.

        Raises :class:`LastAdministrator`. Where it is rejected or closed, nobody needs to.
        """
        if others < 1 and self.status in LIVING:
            raise LastAdministrator(
                "Give somebody else the role first.", association_id=str(self.id)
            )

    def _require(self, *allowed: AssociationStatus) -> None:
        if self.status not in allowed:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)
