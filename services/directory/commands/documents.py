"""Use cases of documents: describe, upload, publish (V20)."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from chassis import files
from chassis.database import UnitOfWork
from services.directory.commands.publication import to_write
from services.directory.model import Document, DocumentEdition
from services.directory.model.problems import IdTaken, NothingToPublish

ACCEPTED: Final = (*files.KINDS, files.PLAIN)


def put_document(
    work: UnitOfWork, document_id: UUID, *, version: int | None, **description: Any
) -> tuple[Document, bool]:
    """Describe a document, new or not; return it, and whether it is new. A new one is a draft."""
    document, new = to_write(work, Document, document_id, version=version)
    is_told = document.describe(description)
    newest = _newest(work, document_id, published=True) if is_told else None
    if newest is not None:
        work.emit(document.told(newest, is_new=False))
    return work.add(document), new


def put_edition(
    work: UnitOfWork,
    document_id: UUID,
    edition_id: UUID,
    *,
    dated_on: date,
    note: str,
    upload: files.Upload,
) -> bool:
    """Upload the file of the next edition; return whether it is new.

    Nobody sees it before it is published; until then another one takes its place. Raises what
    :func:`chassis.files.examine` does, and :class:`IdTaken` where the id is another file's.
    """
    document = work.get(Document, document_id, lock=True)
    examined = files.examine(upload, kinds=ACCEPTED)
    known = work.find(DocumentEdition, edition_id)
    if known is not None:
        same = (known.document_id, known.sha256, known.dated_on, known.note) == (
            document_id,
            examined.sha256,
            dated_on,
            note,
        )
        if not same:
            raise IdTaken
        return False
    unseen = _newest(work, document_id, published=False)
    if unseen is not None:
        work.session.delete(unseen)
        work.session.flush()
    last = work.session.scalar(
        select(func.max(DocumentEdition.number)).where(DocumentEdition.document_id == document.id)
    )
    work.add(
        DocumentEdition(
            id=edition_id,
            document_id=document_id,
            number=(last or 0) + 1,
            dated_on=dated_on,
            note=note,
            name=examined.name,
            media_type=examined.media_type,
            size=examined.size,
            sha256=examined.sha256,
            content=examined.content,
            stored_at=work.now,
            stored_by=work.principal.id,
        )
    )
    work.wake_workers()
    return True


def publish_document(work: UnitOfWork, document_id: UUID, *, version: int | None) -> Document:
    """Let everybody read a document in its newest edition, or bring back a withdrawn one.

    Raises :class:`NothingToPublish`.
    """
    document = work.get(Document, document_id, version=version, lock=True)
    edition = _newest(work, document_id, published=False) or _newest(
        work, document_id, published=True
    )
    if edition is None:
        raise NothingToPublish
    work.emit(document.publish(edition, at=work.now))
    return document


def _newest(work: UnitOfWork, document_id: UUID, *, published: bool) -> DocumentEdition | None:
    seen = DocumentEdition.published_at
    return work.session.scalars(
        select(DocumentEdition)
        .where(
            DocumentEdition.document_id == document_id,
            seen.is_not(None) if published else seen.is_(None),
        )
        .order_by(DocumentEdition.number.desc())
        .limit(1)
    ).one_or_none()
