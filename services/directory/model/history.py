"""What became of a record: every change as a difference, by whom, on whose behalf."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.values import OnBehalf
from services.directory.model.mapping import Base, one_of


class ChangeKind(StrEnum):
    """What was done."""

    REGISTERED = "registered"
    DESCRIBED = "described"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    REJECTED = "rejected"
    CLOSED = "closed"
    REOPENED = "reopened"
    MERGED = "merged"
    DELEGATED = "delegated"
    HANDED_OVER = "handed-over"


class AssociationChange(Base):
    """One thing that was done to a record.

    ``differences`` maps each field to its value before and after: ``{"phone": [null, "9966"]}``.
    ``on_behalf`` says who spoke; ``actor_id`` is the person, null where the secret of the yearly
    mail was all that was shown (``by_link``). ``note`` is the reason that was given.
    """

    __tablename__ = "association_change"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    at: Mapped[datetime]
    kind: Mapped[ChangeKind] = mapped_column(one_of(ChangeKind, name="kind"))
    actor_id: Mapped[UUID | None]
    on_behalf: Mapped[OnBehalf] = mapped_column(one_of(OnBehalf, name="on_behalf"))
    by_link: Mapped[bool]
    differences: Mapped[dict[str, list[Any]]] = mapped_column(JSONB)
    note: Mapped[str | None]

    __table_args__ = (Index("ix_association_change_association_id", "association_id", "at", "id"),)
