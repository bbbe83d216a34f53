"""How far an import is, and what became of each of its rows."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import Association, Import, ImportRow, Outcome

MOST_WORDS: Final = 100
_UNKNOWN_WORDS: Final = text(
    "SELECT note->>'field' AS field, note->>'value' AS text, count(*) AS count"
    " FROM import_row, jsonb_array_elements(notes) AS note"
    " WHERE import_id = :import_id AND settled_at IS NULL AND note->>'detail' = :detail"
    " GROUP BY 1, 2 ORDER BY 3 DESC, 2 LIMIT :most"
)


def imports(session: Session, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """List imports, the newest first."""
    columns: list[Any] = [
        *(Import.id, Import.name, Import.status, Import.uploaded_at, Import.ended_at)
    ]
    statement: Select[Any] = select(*columns)
    return paginate(
        session,
        statement,
        order_by=[Import.uploaded_at.desc(), Import.id],
        limit=limit,
        cursor=cursor,
    )


def import_(session: Session, import_id: UUID, *, unknown_word: str) -> dict[str, Any]:
    """Return an import with its counts and the words nobody knows here. Raises :class:`NotFound`.

    ``unknown_word`` is what is noted about such a word.
    """
    found = session.scalars(select(Import).where(Import.id == import_id)).one_or_none()
    if found is None:
        raise NotFound(kind="import")
    words = session.execute(
        _UNKNOWN_WORDS, {"import_id": import_id, "detail": unknown_word, "most": MOST_WORDS}
    )
    names = [column.key for column in Import.__mapper__.column_attrs if column.key != "content"]
    return {
        **{name: getattr(found, name) for name in names},
        "counts": _counts(session, found),
        "unknown_words": [row._asdict() for row in words],
    }


def _counts(session: Session, found: Import) -> dict[str, Any]:
    settled = ImportRow.settled_at.is_not(None)
    rows = session.execute(
        select(
            ImportRow.outcome,
            settled.label("settled"),
            func.count().label("amount"),
            func.count(case((ImportRow.answer.is_(None), 1))).label("unanswered"),
            func.count(ImportRow.introduced_at).label("introduced"),
        )
        .where(ImportRow.import_id == found.id, ImportRow.position > found.header_row)
        .group_by(ImportRow.outcome, settled)
    ).all()
    outcomes = {outcome.value: 0 for outcome in Outcome}
    for row in rows:
        if row.outcome is not None:
            outcomes[row.outcome.value] += row.amount
    new = [row for row in rows if row.outcome is Outcome.NEW and row.settled]
    return {
        "rows": sum(row.amount for row in rows),
        "checked": sum(row.amount for row in rows if row.outcome is not None),
        "settled": sum(row.amount for row in rows if row.settled),
        "outcomes": outcomes,
        "to_ask": sum(
            row.unanswered for row in rows if row.outcome is Outcome.ASKED and not row.settled
        ),
        "to_introduce": sum(row.amount - row.introduced for row in new),
        "introduced": sum(row.introduced for row in new),
    }


def rows(
    session: Session,
    import_id: UUID,
    *,
    outcome: Outcome | None,
    unanswered: bool | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List the rows of an import in the file's order. Raises :class:`NotFound`."""
    found = session.scalars(select(Import).where(Import.id == import_id)).one_or_none()
    if found is None:
        raise NotFound(kind="import")
    statement = select(ImportRow).where(
        ImportRow.import_id == import_id, ImportRow.position > found.header_row
    )
    if outcome is not None:
        statement = statement.where(ImportRow.outcome == outcome)
    if unanswered:
        statement = statement.where(ImportRow.outcome == Outcome.ASKED, ImportRow.answer.is_(None))
    page = paginate(session, statement, order_by=[ImportRow.position], limit=limit, cursor=cursor)
    ids = {id_ for row in page["items"] for id_ in row.candidates}
    candidates = _candidates(session, ids)
    place = found.columns.index("name") if "name" in found.columns else 0
    return {
        **page,
        "items": [_shown(row, place, candidates) for row in page["items"]],
    }


def row(session: Session, row_id: UUID) -> dict[str, Any]:
    """Return one row. Raises :class:`NotFound`."""
    found = session.scalars(select(ImportRow).where(ImportRow.id == row_id)).one_or_none()
    if found is None:
        raise NotFound(kind="row")
    columns = session.scalar(select(Import.columns).where(Import.id == found.import_id)) or []
    place = columns.index("name") if "name" in columns else 0
    return _shown(found, place, _candidates(session, set(found.candidates)))


def _candidates(session: Session, ids: set[UUID]) -> dict[UUID, Any]:
    if not ids:
        return {}
    known = session.execute(
        select(
            Association.id,
            Association.name,
            Association.cvr,
            Association.postcode,
            Association.city,
            Association.status,
        ).where(Association.id.in_(ids))
    )
    return {each.id: each for each in known}


def _shown(found: ImportRow, place: int, candidates: dict[UUID, Any]) -> dict[str, Any]:
    return {
        "id": found.id,
        "position": found.position,
        "name": found.cells[place] if place < len(found.cells) else "",
        "outcome": found.outcome,
        "reason": found.reason,
        "notes": found.notes,
        "changes": found.changes,
        "candidates": [candidates[id_] for id_ in found.candidates if id_ in candidates],
        "answer": found.answer,
        "association_id": found.association_id,
        "settled_at": found.settled_at,
    }
