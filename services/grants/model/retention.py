"""Names that outlive an erasure, because a rule wants them for a while."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.grants.model.mapping import Base, local_year

ACCOUNT_YEARS: Final = 5
"""So many years after the accounting year vouchers are kept (bogføringsloven § 12(1))."""


class Retention(Base):
    """A person's name stays in one field of an application until a day, and goes then.

    It is the name under a grant that was paid: who asked for the money is part of the voucher.
    ``ended_at`` says when it went; the row stays, so that a replay does not begin the time anew.
    """

    __tablename__ = "retention"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    field: Mapped[str]
    until: Mapped[date]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("application_id", "field"),
        Index("ix_retention_person_id", "person_id"),
        Index(
            "ix_retention_until",
            "until",
            "id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


def accounts_end(decided_at: datetime) -> date:
    """Return the last day on which the vouchers of a grant decided then are kept."""
    return date(local_year(decided_at) + ACCOUNT_YEARS, 12, 31)
