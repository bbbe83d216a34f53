"""A team of the municipality and an association that have a named contact with each other (N12)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import ContactPairEnded, ContactPairMade
from services.directory.model.mapping import Base


class ContactPair(Base):
    """Who asks whom, on both sides, from a day to a day.

    ``shown_by_municipality`` and ``shown_by_association``: whether each side lets everybody see it.
    Only where both do is it public. ``association_person_id`` is one of the association's people.
    """

    __tablename__ = "contact_pair"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    department: Mapped[str]
    team: Mapped[str]
    staff_person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    association_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    shown_by_municipality: Mapped[bool]
    shown_by_association: Mapped[bool]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    made_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days_in_order"),
        Index("ix_contact_pair_association_id", "association_id"),
        Index("ix_contact_pair_staff_person_id", "staff_person_id"),
        Index("ix_contact_pair_association_person_id", "association_person_id"),
    )

    @classmethod
    def current_on(cls, day: date) -> ColumnElement[bool]:
        """Say in SQL: it holds on this day."""
        return and_(cls.starts_on <= day, or_(cls.ends_on.is_(None), cls.ends_on >= day))

    @classmethod
    def is_public(cls) -> ColumnElement[bool]:
        """Say in SQL: both sides let everybody see it."""
        return and_(cls.shown_by_municipality, cls.shown_by_association)

    def make(self, *, association_name: str) -> ContactPairMade:
        """Record who is whose contact now."""
        return ContactPairMade(
            contact_pair_id=self.id,
            association_id=self.association_id,
            association_name=association_name,
            department=self.department,
            team=self.team,
            staff_person_id=self.staff_person_id,
            association_person_id=self.association_person_id,
            starts_on=self.starts_on,
        )

    def end(self, *, on: date, association_name: str) -> ContactPairEnded:
        """End it with a day."""
        self.ends_on = max(on, self.starts_on)
        return ContactPairEnded(
            contact_pair_id=self.id,
            association_id=self.association_id,
            association_name=association_name,
            department=self.department,
            team=self.team,
            staff_person_id=self.staff_person_id,
            association_person_id=self.association_person_id,
            ends_on=self.ends_on,
        )
