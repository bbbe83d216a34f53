"""Erasures: who asked to be forgotten, and what every service answered."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base, one_of


class AskedBy(StrEnum):
    """Who had a person erased: they themselves, the coordinator for them, or a restore again."""

    PERSON = "person"
    COORDINATOR = "coordinator"
    RESTORE = "restore"


class Erasure(Base):
    """That somebody was erased; nothing here says who.

    ``receipt_hash`` is of the secret that was shown once: with it the person, who cannot sign in
    any more, sees what came of it.
    """

    __tablename__ = "erasure"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[AskedBy] = mapped_column(one_of(AskedBy, name="asked_by"))
    receipt_hash: Mapped[str | None] = mapped_column(unique=True)

    __table_args__ = (Index("ix_erasure_asked_at", "asked_at", "person_id"),)


class ErasureAnswer(Base):
    """That one service has forgotten a person, and what it keeps: ``contracts.values.Kept``."""

    __tablename__ = "erasure_answer"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    answered_at: Mapped[datetime]
    kept: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
