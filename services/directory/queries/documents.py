"""Documents: the list, the search inside them, one with its editions, a file.

Each word must be in the title, the summary or the newest edition that everybody reads. Words match
as in the search of the vejviser: by Danish stems, beginnings and other spellings.
"""

import functools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, TextClause, literal, select, text
from sqlalchemy.orm import Session, undefer

from chassis import paging
from chassis.auth import Principal
from chassis.problems import FieldError, Invalid, NotFound
from contracts.values import DocumentKind
from services.directory.model import Document, DocumentEdition, PublicationStatus
from services.directory.queries.asked import terms_of, words_of
from services.directory.queries.dictionary import remembered

WRITERS: Final = ("coordinator", "caseworker")
MOST_FOUND: Final = 1000
# Where a match begins and ends in an excerpt: letters no text that is kept here can hold.
_BEGIN, _END = "\x02", "\x03"
_NEWEST: Final = """
    SELECT DISTINCT ON (document_id) id, document_id, content_text, search
    FROM document_edition WHERE published_at IS NOT NULL OR CAST(:unseen AS boolean)
    ORDER BY document_id, number DESC
"""
_EXCERPT: Final = (
    f"StartSel={_BEGIN}, StopSel={_END}, MaxWords=30, MinWords=15, MaxFragments=2,"
    ' FragmentDelimiter=" … "'
)


def documents(
    session: Session,
    principal: Principal,
    *,
    q: str,
    kind: DocumentKind | None,
    status: PublicationStatus,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List documents by title, or those that hold some words, the best match first.

    What is not published is there for those who write it, and no other. Raises :class:`Invalid` for
    a cursor that is none of ours.
    """
    if status is not PublicationStatus.PUBLISHED and not principal.has(*WRITERS):
        return {"items": [], "next": None}
    terms = terms_of(q)
    start = _start(cursor)
    limit = min(limit, MOST_FOUND - start)
    found = session.execute(
        _statement(len(terms)),
        {
            **words_of(terms, remembered(session)).parameters,
            "unseen": status is not PublicationStatus.PUBLISHED,
            "status": status.value,
            "kind": kind.value if kind else None,
            "start": start,
            "limit": limit + 1,
        },
    ).all()
    more, found = len(found) > limit and start + limit < MOST_FOUND, found[:limit]
    excerpts = {row.id: _pieces(row.excerpt) for row in found}
    shown = _with_editions(session, [row.id for row in found], principal)
    return {
        "items": [{**shown[row.id], "excerpt": excerpts[row.id]} for row in found],
        "next": paging.encode([start + limit]) if more else None,
    }


def document(session: Session, principal: Principal, document_id: UUID) -> dict[str, Any]:
    """Return one document with its editions, the newest first.

    Raises :class:`NotFound` also where the caller may not know of it.
    """
    shown = _with_editions(session, [document_id], principal).get(document_id)
    if shown is None or (
        shown["status"] is not PublicationStatus.PUBLISHED and not principal.has(*WRITERS)
    ):
        raise NotFound(kind="document")
    return shown


def edition_file(
    session: Session, principal: Principal, document_id: UUID, edition_id: UUID
) -> DocumentEdition:
    """Return an edition with its file. Raises :class:`NotFound` as :func:`document` does."""
    found = session.execute(
        select(DocumentEdition, Document.status)
        .join(Document, Document.id == DocumentEdition.document_id)
        .where(DocumentEdition.id == edition_id, Document.id == document_id)
        .options(undefer(DocumentEdition.content))
    ).one_or_none()
    if found is None:
        raise NotFound(kind="document")
    edition, status = found
    is_public = status is PublicationStatus.PUBLISHED and edition.published_at is not None
    if not is_public and not principal.has(*WRITERS):
        raise NotFound(kind="document")
    return edition


@functools.cache
def _statement(words: int) -> TextClause:
    """Return the statement of a page. Nothing that a caller wrote is ever part of it."""
    ways = [
        f"(to_tsquery('danish'::regconfig, :danish{place}) || CAST(:other{place} AS tsquery))"
        for place in range(words)
    ]
    # The index finds the editions, whole, before it is looked which of them is the newest.
    every = "".join(
        f" AND (document.search @@ {way}"
        f" OR newest.id IN (SELECT id FROM document_edition WHERE search @@ {way}))"
        for way in ways
    )
    excerpt, order = "NULL", "document.title, document.id"
    if words:
        ranked = (
            "(to_tsquery('danish'::regconfig, :ranked_danish) || CAST(:ranked_other AS tsquery))"
        )
        excerpt = (
            f"CASE WHEN newest.search @@ {ranked} THEN ts_headline('danish'::regconfig,"
            f" newest.content_text, {ranked}, '{_EXCERPT}') END"
        )
        order = (
            f"ts_rank(document.search, {ranked}) + ts_rank(newest.search, {ranked}) DESC, {order}"
        )
    return text(
        f"SELECT document.id, {excerpt} AS excerpt"
        f" FROM document LEFT JOIN ({_NEWEST}) AS newest ON newest.document_id = document.id"
        " WHERE status = :status AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
        f"{every} ORDER BY {order} LIMIT :limit OFFSET :start"
    )


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    (start,) = paging.decode(cursor, [literal(0, Integer)])
    if not 0 <= start < MOST_FOUND:
        raise Invalid(
            errors=[FieldError("/cursor", "Not a cursor of this list: begin at its first page.")]
        )
    return int(start)


def _pieces(excerpt: str | None) -> list[dict[str, Any]]:
    """Cut an excerpt where a match begins and ends."""
    pieces = []
    for part in (excerpt or "").split(_BEGIN):
        match, is_matched, rest = part.partition(_END)
        pieces += [(match, True), (rest, False)] if is_matched else [(part, False)]
    return [{"text": piece, "is_match": matched} for piece, matched in pieces if piece]


def _with_editions(
    session: Session, ids: Sequence[UUID], principal: Principal
) -> dict[UUID, dict[str, Any]]:
    editions: dict[UUID, list[DocumentEdition]] = defaultdict(list)
    statement = (
        select(DocumentEdition)
        .where(DocumentEdition.document_id.in_(ids))
        .order_by(DocumentEdition.number.desc())
    )
    if not principal.has(*WRITERS):
        statement = statement.where(DocumentEdition.published_at.is_not(None))
    for edition in session.scalars(statement):
        editions[edition.document_id].append(edition)
    columns = [
        column for column in Document.__table__.columns if column.name != Document.search.key
    ]
    rows = session.execute(select(*columns).where(Document.id.in_(ids)))
    return {
        row.id: {**row._mapping, "editions": editions[row.id], "excerpt": []}  # noqa: SLF001 - SQLAlchemy's documented name
        for row in rows
    }
