"""The municipality's words."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base


class Vocabulary(Base):
    """The words of the municipality's profile, served with the vejviser."""

    __tablename__ = "vocabulary"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
