"""The municipality's words, and the words of the vejviser."""

from typing import Any

from sqlalchemy import BigInteger, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from services.directory.model.mapping import Base


class Vocabulary(Base):
    """The words of the municipality's profile, served with the vejviser."""

    __tablename__ = "vocabulary"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Word(Base):
    """A word that published associations and offers use, and how many of them do.

    A trigger on the table ``listing`` counts, in the transaction that publishes, changes or
    withdraws one. It is what a typing error is compared with, what is suggested while somebody
    types, and where the words that end in a word are looked up.
    """

    __tablename__ = "word"

    written: Mapped[str] = mapped_column(primary_key=True)
    folded: Mapped[str]
    document_count: Mapped[int]


class WordState(Base):
    """One row: the transaction that changed the words last.

    Who counts words changes it first, so that two that publish at once wait for each other here and
    never deadlock among the words.
    """

    __tablename__ = "word_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


def stored_words(session: Session) -> dict[str, Any] | None:
    """The words of the municipality's profile; None before ``migrate`` has read one."""
    return session.scalar(select(Vocabulary.value).where(Vocabulary.key == "words"))
