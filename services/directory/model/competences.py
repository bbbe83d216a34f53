"""What an association can lend: speakers with topics, and expertise (N7, N8, N14).

Nobody's name or address is kept here: whoever wants to ask writes to the association's own address.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import CompetenceOffered, CompetenceWithdrawn
from contracts.values import CompetenceKind
from services.directory.model.mapping import Base, one_of


class Competence(Base):
    """A talk somebody of the association gives, or a field it can be asked about.

    ``terms``: what it takes, as the association says it ("En time, gratis i kommunen").
    """

    __tablename__ = "competence"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    kind: Mapped[CompetenceKind] = mapped_column(one_of(CompetenceKind, name="kind"))
    title: Mapped[str]
    description: Mapped[str]
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    terms: Mapped[str | None]
    is_public: Mapped[bool]
    offered_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index("ix_competence_association_id", "association_id"),
        Index("ix_competence_topics", "topics", postgresql_using="gin"),
    )

    def offer(self) -> CompetenceOffered:
        """Record what is lent now."""
        return CompetenceOffered(
            competence_id=self.id,
            association_id=self.association_id,
            kind=self.kind,
            title=self.title,
            topics=tuple(self.topics),
            is_public=self.is_public,
        )

    def withdraw(self) -> CompetenceWithdrawn:
        """Record that it is lent no more."""
        return CompetenceWithdrawn(competence_id=self.id, association_id=self.association_id)
