"""Documents of the municipality and the council, each with its editions, old and new (V20).

An edition is a file, a row as every file is (:mod:`chassis.files`). A document has at most one that
nobody has seen yet; once published, an edition keeps its number, its date and its file for good.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from chassis.files import StoredFile
from contracts.directory import DocumentPublished, DocumentWithdrawn
from contracts.values import DocumentKind
from services.directory.model.mapping import Base, one_of
from services.directory.model.problems import NothingToPublish
from services.directory.model.publication import PublicationStatus, Publishable

DOCUMENT_DESCRIPTION: Final = ("kind", "title", "summary", "owner", "language")
MOST_READ: Final = 150_000
"""So many letters of an edition can be searched: some eighty pages. A tsvector holds 1 MB."""
MOST_READ_TRIES: Final = 3
READ_AGAIN: Final = timedelta(minutes=2)


class Document(Publishable, Base):
    """Something the municipality or the council has written down, at one address for good.

    ``owner`` is who answers for it: a department or a body, never a person's private matter.
    """

    __tablename__ = "document"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    kind: Mapped[DocumentKind] = mapped_column(one_of(DocumentKind, name="kind"))
    title: Mapped[str]
    summary: Mapped[str]
    owner: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[datetime]
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(search_vector(title), 'A') || setweight(search_vector(summary), 'B')",
            persisted=True,
        ),
        deferred=True,
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index("ix_document_search", "search", postgresql_using="gin"),
        Index("ix_document_status_title", "status", "title", "id"),
    )

    def describe(self, description: dict[str, Any]) -> bool:
        """Write it anew; return whether that is to be told: it is public, and has changed."""
        changed = any(getattr(self, name) != description[name] for name in DOCUMENT_DESCRIPTION)
        for name in DOCUMENT_DESCRIPTION:
            setattr(self, name, description[name])
        return changed and self.is_public

    def publish(self, edition: "DocumentEdition", *, at: datetime) -> DocumentPublished:
        """Let everybody read it, in an edition that may be new or not.

        Raises :class:`NothingToPublish` where everybody reads that edition already.
        """
        is_new = edition.published_at is None
        if not is_new and self.is_public:
            raise NothingToPublish
        if is_new:
            edition.published_at = at
            self.published_at = at
        self.status = PublicationStatus.PUBLISHED
        return self.told(edition, is_new=is_new)

    def withdrawn(self) -> DocumentWithdrawn:
        """Say that it cannot be read any more."""
        return DocumentWithdrawn(document_id=self.id, kind=self.kind, title=self.title)

    def told(self, edition: "DocumentEdition", *, is_new: bool) -> DocumentPublished:
        """Say what everybody can read now."""
        return DocumentPublished(
            document_id=self.id,
            kind=self.kind,
            title=self.title,
            summary=self.summary,
            owner=self.owner,
            edition_id=edition.id,
            edition_number=edition.number,
            dated_on=edition.dated_on,
            note=edition.note,
            is_new=is_new,
        )


class DocumentEdition(StoredFile, Base):
    """One edition of a document: its file, its own date, what is new in it, and its words.

    ``content_text`` is what a reader of the file found in it, for the search; it is None until the
    file was read, and empty where there is nothing to read (a scanned picture).
    """

    __tablename__ = "document_edition"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    number: Mapped[int]
    dated_on: Mapped[date]
    note: Mapped[str]
    published_at: Mapped[datetime | None]
    content_text: Mapped[str | None] = mapped_column(deferred=True)
    # Whether the end of a long file is not in the search.
    is_cut: Mapped[bool] = mapped_column(Boolean, default=False)
    tried_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime | None]
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed("search_vector(coalesce(content_text, ''))", persisted=True),
        deferred=True,
    )

    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index("ix_document_edition_search", "search", postgresql_using="gin"),
        Index("ix_document_edition_unread", "stored_at", postgresql_where=text("read_at IS NULL")),
    )

    def try_to_read(self, *, at: datetime) -> bool:
        """Note that somebody begins to read it; False where that went wrong too often."""
        self.tried_at = at
        self.tries += 1
        if self.tries > MOST_READ_TRIES:
            self.content_text, self.read_at = "", at
        return self.tries <= MOST_READ_TRIES

    def keep_words(self, words: str, *, at: datetime) -> None:
        """Keep what was found in it."""
        self.is_cut = len(words) > MOST_READ
        self.content_text, self.read_at = words[:MOST_READ], at
