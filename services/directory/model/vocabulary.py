"""The municipality's words, and the words of the vejviser."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base


class Vocabulary(Base):
    """The words of the municipality's profile, served with the vejviser."""

    __tablename__ = "vocabulary"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Word(Base):
    """A word that published associations use, and how many of them do.

    A trigger on the table ``association`` counts, in the transaction that publishes, changes or
    closes one. It is what a typing error is compared with.
    """

    __tablename__ = "word"

    written: Mapped[str] = mapped_column(primary_key=True)
    folded: Mapped[str]
    document_count: Mapped[int]
