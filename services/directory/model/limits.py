"""What is counted against a limit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base


class Attempt(Base):
    """Something that is counted against a limit: who (as a hash), what, when."""

    __tablename__ = "attempt"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_attempt_kind_key_at", "kind", "key", "at"),)
