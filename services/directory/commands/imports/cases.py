"""What a person does with an import: upload, correct, start, stop, answer, drop, tell people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, delete, func, or_, select, update

from chassis import files
from chassis.database import UnitOfWork
from chassis.erasure import forget_words
from chassis.problems import FieldError, Forbidden, Invalid
from services.directory.commands.imports.columns import HEADER_WITHIN, suggest
from services.directory.model import (
    Answer,
    Existing,
    Import,
    ImportRow,
    ImportStatus,
    Outcome,
)
from services.directory.model.problems import IdTaken, ImportState, NotAsked

# Of what is examined everywhere, what holds a table we read.
TABLES: Final = ("csv", "xlsx")


def put_import(work: UnitOfWork, import_id: UUID, *, upload: files.Upload) -> tuple[Import, bool]:
    """Take a file in; return it, and whether it is new. The same file again changes nothing.

    Raises what :func:`chassis.files.examine` does, :class:`~chassis.files.FileRefused` for a file
    that is no table, and :class:`IdTaken` where the id belongs to another file.
    """
    examined = files.examine(upload)
    if upload.name.rsplit(".", 1)[-1].lower() not in TABLES:
        raise files.FileRefused(f"Accepted are {', '.join(TABLES)}.", accepted=list(TABLES))
    known = work.find(Import, import_id)
    if known is not None:
        if known.sha256 != examined.sha256:
            raise IdTaken
        return known, False
    taken = work.add(
        Import(
            id=import_id,
            name=examined.name,
            media_type=examined.media_type,
            size=examined.size,
            sha256=examined.sha256,
            content=examined.content,
            status=ImportStatus.READING,
            uploaded_by=work.principal.id,
            uploaded_at=work.now,
        )
    )
    work.wake_workers()
    return taken, True


def choose_header(work: UnitOfWork, import_id: UUID, *, header_row: int) -> Import:
    """Say which row names the columns; they are suggested anew."""
    found = work.get(Import, import_id, lock=True)
    if found.status not in {ImportStatus.READ, ImportStatus.CHECKED}:
        raise ImportState(f"It is {found.status.value}.", current=found.status.value)
    rows = work.session.execute(
        select(ImportRow.position, ImportRow.cells)
        .where(ImportRow.import_id == import_id)
        .order_by(ImportRow.position)
        .limit(HEADER_WITHIN + 300)
    )
    known = {row.position: row.cells for row in rows}
    if header_row and header_row not in known:
        raise Invalid(errors=[FieldError("/header_row", "There is no text in this row.")])
    found.suggest(header_row, [asdict(each) for each in suggest(known, header_row)])
    found.status = ImportStatus.READ
    _forget_checks(work, import_id)
    return found


def map_columns(
    work: UnitOfWork,
    import_id: UUID,
    *,
    version: int | None,
    columns: Sequence[str],
    defaults: Mapping[str, Any],
    words: Mapping[str, Mapping[str, str]],
    existing: Existing,
    publish: bool,
) -> Import:
    """Say what the columns hold, and have every row checked; nothing else changes.

    Only the coordinator takes associations into the vejviser: others' imports wait for review.
    """
    if publish and not work.principal.has("coordinator"):
        raise Forbidden
    found = work.get(Import, import_id, version=version, lock=True)
    if len(columns) != len(found.suggestions):
        raise Invalid(errors=[FieldError("/columns", "Name every column of the file, once.")])
    stated = {**defaults, "form": defaults["form"].value}
    found.map(
        columns=columns,
        defaults=stated,
        words=words,
        existing=existing,
        publish=publish,
        as_=_office(work),
    )
    _forget_checks(work, import_id)
    work.wake_workers()
    return found


def start(work: UnitOfWork, import_id: UUID) -> Import:
    """Begin to bring the rows in, or go on after a stop or with what was answered since."""
    found = work.get(Import, import_id, lock=True)
    if found.publish and not work.principal.has("coordinator"):
        raise Forbidden
    found.start(by=work.principal.id, as_=_office(work))
    work.wake_workers()
    return found


def stop(work: UnitOfWork, import_id: UUID) -> Import:
    """Stop after the row that is in hand; stopping what does not run changes nothing."""
    found = work.get(Import, import_id, lock=True)
    found.stop()
    return found


def drop(work: UnitOfWork, import_id: UUID) -> None:
    """Drop an import with its rows; what it brought in stays. Raises :class:`ImportState`."""
    found = work.get(Import, import_id, lock=True)
    found.require_idle()
    work.session.execute(delete(Import).where(Import.id == import_id))
    work.session.expunge(found)


def answer(
    work: UnitOfWork, import_id: UUID, row_id: UUID, *, said: Answer, association_id: UUID | None
) -> ImportRow:
    """Say what a doubtful row is. Raises :class:`NotAsked`, and Invalid for one not in question."""
    work.get(Import, import_id, lock=True)
    row = work.get(ImportRow, row_id, lock=True)
    asked = row.outcome is Outcome.ASKED or row.answer is not None
    if row.import_id != import_id or not asked or row.settled_at is not None:
        raise NotAsked
    if said is Answer.SAME and association_id not in row.candidates:
        raise Invalid(errors=[FieldError("/association_id", "Is not one of those in question.")])
    row.answer = said
    row.association_id = association_id if said is Answer.SAME else None
    return row


def introduce(work: UnitOfWork, import_id: UUID) -> Import:
    """Have the contacts of what an import brought in told so by mail, each once."""
    found = work.get(Import, import_id, lock=True)
    found.introduce(by=work.principal.id)
    work.wake_workers()
    return found


def forget_person(
    work: UnitOfWork, person_id: UUID, *, email: str | None, names: Sequence[str]
) -> None:
    """Blank the rows of files that name a person, by what they became or by their address.

    What columns seemed to hold was shown with examples out of the rows: names go out of these.
    """
    for found in work.session.scalars(select(Import).order_by(Import.id).with_for_update()):
        examples = forget_words(found.suggestions, names)
        if examples != found.suggestions:
            found.suggestions = examples
    about = [ImportRow.person_id == person_id]
    if email:
        texts = func.lower(func.array_to_string(ImportRow.cells, " "))
        about.append(func.strpos(texts, email.lower()) > 0)
    work.session.execute(
        update(ImportRow)
        .where(or_(*about))
        .values(cells=[], changes=[], notes=[], keys=[], person_id=None)
        .execution_options(synchronize_session=False)
    )


def _office(work: UnitOfWork) -> str:
    return "coordinator" if work.principal.has("coordinator") else "centre"


def _forget_checks(work: UnitOfWork, import_id: UUID) -> None:
    work.session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.settled_at.is_(None))
        .values(
            outcome=None,
            reason="",
            notes=[],
            changes=[],
            candidates=[],
            keys=[],
            # What a person answered stands.
            association_id=case((ImportRow.answer.is_not(None), ImportRow.association_id)),
        )
        .execution_options(synchronize_session=False)
    )
