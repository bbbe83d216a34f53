"""Bringing associations in from a file: the file on its way, and what became of each row.

::

    reading ─► read ─► checking ─► checked ─► running ─► done
       │        ▲ ◄──── stop ──┘      ▲          │ ▲      │
       ▼        └── other columns ────┘     stop ▼ │start │ answers to what was asked
    unreadable                               stopped ◄────┘

What a worker does is one status, what a person does is the step to the next: so whoever dies, the
work goes on from where the last row was written down.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base, one_of
from services.directory.model.problems import ImportState

# A worker that died this often while it read a file died of the file.
MOST_ATTEMPTS: Final = 3
KEPT_DAYS: Final = 90


class ImportStatus(StrEnum):
    """How far an import has come."""

    READING = "reading"
    UNREADABLE = "unreadable"
    READ = "read"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


# What a worker has to do something about.
WORKING: Final = (ImportStatus.READING, ImportStatus.CHECKING, ImportStatus.RUNNING)


class Outcome(StrEnum):
    """What a row would do, or has done."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"
    ASKED = "asked"
    SKIPPED = "skipped"


class Existing(StrEnum):
    """What an import does with an association that is here already."""

    FILL = "fill"
    UPDATE = "update"


class Answer(StrEnum):
    """What a person says about a row that may be an association we know."""

    SAME = "same"
    NEW = "new"
    SKIP = "skip"


class Import(Base):
    """A file of associations on its way into the vejviser.

    ``columns`` says what each column holds ("" for nothing), ``defaults`` what stands where a row
    says nothing, ``words`` which of the municipality's words a text of the file means. The file
    itself is dropped once its rows are kept.
    """

    __tablename__ = "import"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, deferred_raiseload=True
    )
    status: Mapped[ImportStatus] = mapped_column(one_of(ImportStatus, name="status"))
    fault: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    uploaded_by: Mapped[UUID | None]
    uploaded_at: Mapped[datetime]
    encoding: Mapped[str] = mapped_column(default="")
    separator: Mapped[str] = mapped_column(default="")
    sheet: Mapped[str] = mapped_column(default="")
    header_row: Mapped[int] = mapped_column(default=0)
    suggestions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    defaults: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    words: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, default=dict)
    existing: Mapped[Existing] = mapped_column(
        one_of(Existing, name="existing"), default=Existing.FILL
    )
    publish: Mapped[bool] = mapped_column(default=False)
    started_by: Mapped[UUID | None]
    # In which office, or had the rows checked: in its name things change, and as far as it may.
    started_as: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    # The coordinator has asked that the contacts be told, and not all have been.
    introducing: Mapped[bool] = mapped_column(default=False)
    introduced_by: Mapped[UUID | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index("ix_import_uploaded_at", "uploaded_at", "id"),
        Index(
            "ix_import_working",
            "uploaded_at",
            postgresql_where=text("status IN ('reading', 'checking', 'running') OR introducing"),
        ),
    )

    def take_in_hand(self) -> bool:
        """Count an attempt to read the file; false where it was tried too often."""
        self.attempts += 1
        if self.attempts <= MOST_ATTEMPTS:
            return True
        self.give_up("broken")
        return False

    def give_up(self, fault: str) -> None:
        """Record that no table can be read in the file."""
        self.status, self.fault, self.content = ImportStatus.UNREADABLE, fault, None

    def keep(
        self,
        *,
        encoding: str,
        separator: str,
        sheet: str,
        header_row: int,
        suggestions: Sequence[Mapping[str, Any]],
    ) -> None:
        """Record how the file is written; its rows are kept, the file is not."""
        self.encoding, self.separator, self.sheet = encoding, separator, sheet
        self.suggest(header_row, suggestions)
        self.content = None
        self.status = ImportStatus.READ

    def suggest(self, header_row: int, suggestions: Sequence[Mapping[str, Any]]) -> None:
        """Keep what its columns seem to hold, where this row names them."""
        self.header_row = header_row
        self.suggestions = [dict(each) for each in suggestions]
        self.columns = [each["field"] for each in suggestions]

    def map(
        self,
        *,
        columns: Sequence[str],
        defaults: Mapping[str, Any],
        words: Mapping[str, Mapping[str, str]],
        existing: Existing,
        publish: bool,
        as_: str,
    ) -> None:
        """Take what its columns hold, and have every row checked as far as an office may."""
        self._require(ImportStatus.READ, ImportStatus.CHECKED, ImportStatus.CHECKING)
        self.columns = list(columns)
        self.defaults = dict(defaults)
        self.words = {kind: dict(said) for kind, said in words.items()}
        self.existing, self.publish = existing, publish
        self.status, self.started_as = ImportStatus.CHECKING, as_

    def start(self, *, by: UUID | None, as_: str) -> None:
        """Begin to bring the rows in, or go on with it."""
        if self.status is ImportStatus.RUNNING:
            return
        self._require(ImportStatus.CHECKED, ImportStatus.STOPPED, ImportStatus.DONE)
        self.status, self.ended_at = ImportStatus.RUNNING, None
        self.started_by, self.started_as = by, as_

    def stop(self) -> None:
        """Stop after the row that is in hand: what is in stays in."""
        if self.status is ImportStatus.CHECKING:
            self.status = ImportStatus.READ
        elif self.status is ImportStatus.RUNNING:
            self.status = ImportStatus.STOPPED

    def finish(self, *, at: datetime) -> None:
        """Record that no row is left to do something about."""
        if self.status is ImportStatus.CHECKING:
            self.status = ImportStatus.CHECKED
        elif self.status is ImportStatus.RUNNING:
            self.status, self.ended_at = ImportStatus.DONE, at

    def introduce(self, *, by: UUID | None) -> None:
        """Have the contacts of what it brought in told. Raises :class:`ImportState` unless done."""
        self._require(ImportStatus.DONE, ImportStatus.STOPPED)
        self.introducing, self.introduced_by = True, by

    def require_idle(self) -> None:
        """Raise :class:`ImportState` while a worker is at it."""
        if self.status in WORKING or self.introducing:
            raise ImportState(f"It is {self.status.value}.", current=self.status.value)

    def _require(self, *allowed: ImportStatus) -> None:
        if self.status not in allowed:
            raise ImportState(f"It is {self.status.value}.", current=self.status.value)


class ImportRow(Base):
    """One row of the file: its cells, what it comes to and why.

    ``position`` is the row's number in the file, from 1. ``changes`` are
    ``{"field", "before", "after"}``, ``notes`` ``{"field", "detail", "value"}``. ``keys`` are what
    the association is known by: CVR number, name, postcode. It is settled once it is brought in, or
    needs not be.
    """

    __tablename__ = "import_row"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("import.id", ondelete="CASCADE"))
    position: Mapped[int]
    cells: Mapped[list[str]] = mapped_column(ARRAY(Text))
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome, name="outcome"))
    reason: Mapped[str] = mapped_column(default="")
    notes: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    candidates: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    answer: Mapped[Answer | None] = mapped_column(one_of(Answer, name="answer"))
    association_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    introduced_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_import_row_import_id_position", "import_id", "position", unique=True),
        Index(
            "ix_import_row_open",
            "import_id",
            "position",
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_import_row_association_id", "association_id"),
        Index(
            "ix_import_row_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")
        ),
    )
