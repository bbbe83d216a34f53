"""The municipality's note on an association, kept apart from the association's own words (V2)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import AssociationAnnotated
from services.directory.model.mapping import Base


class MunicipalNote(Base):
    """What the municipality adds about an association, for everybody to read."""

    __tablename__ = "municipal_note"

    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"), primary_key=True)
    version: Mapped[int] = mapped_column()
    text: Mapped[str]
    written_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy

    def write(self, text: str, *, at: datetime) -> AssociationAnnotated:
        """Write it anew; an empty one is none."""
        self.text, self.written_at = text, at
        return AssociationAnnotated(association_id=self.association_id, note=text)
