"""What a person may do for an association."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import MembershipEnded, MembershipGranted
from services.directory.model.mapping import Base, one_of


class MembershipRole(StrEnum):
    """What a person may do for an association; each includes the ones before."""

    MEMBER = "member"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


class Membership(Base):
    """A person's role in an association. ``leads``: takes part in its management."""

    __tablename__ = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    # How the association wrote the name. It sees no other until the person says it themselves: an
    # address alone must not tell a stranger whose it is.
    known_as: Mapped[str | None]
    role: Mapped[MembershipRole] = mapped_column(one_of(MembershipRole, name="role"))
    leads: Mapped[bool]
    is_contact: Mapped[bool]
    granted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index(
            "uq_membership_current",
            "association_id",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_membership_association_id", "association_id"),
        Index("ix_membership_person_id", "person_id"),
    )

    def grant(self) -> MembershipGranted:
        """Record the role as it is now."""
        return MembershipGranted(
            membership_id=self.id,
            association_id=self.association_id,
            person_id=self.person_id,
            role=self.role.value,
            leads=self.leads,
            is_contact=self.is_contact,
        )

    def end(self, *, at: datetime) -> MembershipEnded:
        """End the role."""
        self.ended_at = at
        return MembershipEnded(
            membership_id=self.id, association_id=self.association_id, person_id=self.person_id
        )
