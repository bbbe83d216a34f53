"""The tables of the sample services."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import declarative_base

ShelfBase = declarative_base()
ReaderBase = declarative_base()


class Item(ShelfBase):
    """An item on the shelf; ``due_at`` lets the scheduler dust it."""

    __tablename__ = "item"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    moves: Mapped[int]
    due_at: Mapped[datetime | None]
    dusted_count: Mapped[int] = mapped_column(default=0)


class Copy(ReaderBase):
    """The reader's copy of an item."""

    __tablename__ = "copy"

    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    history: Mapped[str]


class Line(ReaderBase):
    """A line in the ledger: something that was done."""

    __tablename__ = "line"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[UUID]
    number: Mapped[int]
    at: Mapped[datetime]


class Job(ReaderBase):
    """Work for the reader's worker."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[UUID]
    done_at: Mapped[datetime | None]
