"""The worker of imports: reads files, checks rows, brings them in, and has contacts told.

::

    one row:  COMMIT { association, person, role, their events, the row as settled }

A row is in with all it needs or not at all, and is settled in the same commit: a worker that is
killed leaves nothing half, and the next one goes on with the next row. One worker of a service is
at it at a time, under an advisory lock that dies with its connection.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, insert, or_, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import undefer

from chassis import telemetry
from chassis.auth import Principal
from chassis.database import Database, UnitOfWork, crash_point, lead
from chassis.events import new_id
from chassis.problems import Problem
from services.directory.commands.associations import enrol, require_free_cvr
from services.directory.commands.delegation import require_delegated
from services.directory.commands.history import recorded
from services.directory.commands.imports.columns import find_header, suggest
from services.directory.commands.imports.matching import Known
from services.directory.commands.imports.reading import Unreadable, read_table
from services.directory.commands.imports.rows import Judge, Plan, Reader, Verdict
from services.directory.commands.imports.words import name_key
from services.directory.commands.introduction import introduce
from services.directory.model import (
    WORKING,
    Association,
    AssociationForm,
    ChangeKind,
    Import,
    ImportRow,
    ImportStatus,
    Outcome,
    Source,
)

log = telemetry.logger(__name__)

RUN_SECONDS: Final = 5.0
BATCH: Final = 200
_ROLE: Final = "import"
_OPEN: Final = and_(
    ImportRow.settled_at.is_(None),
    or_(
        ImportRow.outcome.is_(None),
        ImportRow.outcome != Outcome.ASKED,
        ImportRow.answer.is_not(None),
    ),
)
# Short work first: nobody waits for a small file behind a large one.
_TURN: Final = case(
    (Import.status == ImportStatus.READING, 0),
    (Import.status == ImportStatus.CHECKING, 1),
    else_=2,
)


class Importer:
    """Does what is to be done about imports. Made anew for each run."""

    def __init__(self, database: Database, stop: threading.Event, *, read: Reader) -> None:
        """``read`` holds a row against the rules of a registration (see ``rows``)."""
        self._database, self._stop, self._read = database, stop, read
        self._principal = Principal.of_service(database.service)
        self._end = 0.0

    def run(self) -> bool:
        """Work for some seconds; return whether there is probably more."""
        if self._next() is None:
            return False
        with self._database.dedicated(_ROLE) as connection:
            if not lead(connection, f"{_ROLE} {self._database.service}"):
                # Another process is at it.
                return False
            try:
                self._end = time.monotonic() + RUN_SECONDS
                found = self._next()
                if found is not None:
                    self._work_on(found)
            finally:
                # A closed connection is noticed a moment later; the next run begins at once.
                connection.execute("SELECT pg_advisory_unlock_all()")
        return found is not None

    def _next(self) -> Import | None:
        with self._database.reading() as session:
            return session.scalars(
                select(Import)
                .where(or_(Import.status.in_(WORKING), Import.introducing))
                .order_by(_TURN, Import.uploaded_at, Import.id)
                .limit(1)
            ).one_or_none()

    def _work_on(self, found: Import) -> None:
        steps = {
            ImportStatus.READING: (self._read_file, found.uploaded_by),
            ImportStatus.CHECKING: (self._check, found.uploaded_by),
            ImportStatus.RUNNING: (self._bring_in, found.started_by),
        }
        step, person = steps.get(found.status, (self._introduce, found.introduced_by))
        # Whose doing it is, and one thread through all its events.
        actor = f"person:{person}" if person else f"service:{self._database.service}"
        if found.started_as and found.status in {ImportStatus.CHECKING, ImportStatus.RUNNING}:
            # The history says in whose name; and the centre changes what it may, no more, which
            # the preview says already.
            office = frozenset({found.started_as})
            self._principal = Principal(id=person, roles=office, service=self._database.service)
        with telemetry.tracing(actor=actor, correlation_id=f"import-{found.id}"):
            step(found.id)

    def _is_over(self) -> bool:
        return self._stop.is_set() or time.monotonic() > self._end

    @contextmanager
    def _unit(self, import_id: UUID, *expected: ImportStatus) -> Iterator[tuple[UnitOfWork, Any]]:
        """Open a unit of work on an import that is still as far; gives None where it is not."""
        with self._database.unit_of_work(self._principal) as work:
            found = work.find(Import, import_id, lock=True)
            yield work, found if found is not None and found.status in expected else None

    # Reading

    def _read_file(self, import_id: UUID) -> None:
        with self._unit(import_id, ImportStatus.READING) as (_, found):
            # Counted before it is tried: a file that kills its reader is not read for ever.
            if found is None or not found.take_in_hand():
                return
        crash_point("import_reading")
        with self._database.reading() as session:
            stored = session.scalars(
                select(Import).where(Import.id == import_id).options(undefer(Import.content))
            ).one()
            content, media_type = stored.content or b"", stored.media_type
        try:
            # Outside any transaction: it may take seconds.
            table = read_table(content, media_type=media_type)
        except Unreadable as error:
            with self._unit(import_id, ImportStatus.READING) as (_, found):
                if found is not None:
                    found.give_up(error.code)
            return
        header = find_header(table.rows)
        suggestions = [asdict(each) for each in suggest(table.rows, header)]
        with self._unit(import_id, ImportStatus.READING) as (work, found):
            if found is None:
                return
            rows = [
                {"id": new_id(), "import_id": import_id, "position": position, "cells": list(cells)}
                for position, cells in table.rows.items()
            ]
            work.session.execute(insert(ImportRow), rows)
            found.keep(
                encoding=table.encoding,
                separator=table.separator,
                sheet=table.sheet,
                header_row=header,
                suggestions=suggestions,
            )
        log.info("import read", import_id=str(import_id), rows=len(rows))

    # Checking

    def _check(self, import_id: UUID) -> None:
        judge = self._judge(import_id)
        while not self._is_over():
            with self._unit(import_id, ImportStatus.CHECKING) as (work, found):
                if found is None:
                    return
                rows = work.session.scalars(
                    select(ImportRow)
                    .where(_below(found), ImportRow.outcome.is_(None))
                    .order_by(ImportRow.position)
                    .limit(BATCH)
                ).all()
                for row in rows:
                    judge.decide(work, row).write_to(row)
                if not rows:
                    found.finish(at=work.now)
                    return
                crash_point("import_checking")
            for row in rows:
                judge.note(row)

    def _judge(self, import_id: UUID) -> Judge:
        """Make a judge who knows the register, and what the rows decided so far are about."""
        with self._database.reading() as session:
            found = session.scalars(select(Import).where(Import.id == import_id)).one()
            header = session.scalar(
                select(ImportRow.cells).where(
                    ImportRow.import_id == import_id, ImportRow.position == found.header_row
                )
            )
            judge = Judge(
                session,
                Plan.of(session, found),
                header=[each.casefold() for each in header or ()],
                read=self._read,
            )
            decided = ImportRow.settled_at.is_not(None)
            if found.status is ImportStatus.CHECKING:
                decided = ImportRow.outcome.is_not(None)
            for row in session.execute(
                select(
                    ImportRow.id,
                    ImportRow.position,
                    ImportRow.outcome,
                    ImportRow.association_id,
                    ImportRow.keys,
                )
                .where(ImportRow.import_id == import_id, decided)
                .order_by(ImportRow.position)
            ):
                judge.note(row)
        return judge

    # Bringing in

    def _bring_in(self, import_id: UUID) -> None:
        judge = self._judge(import_id)
        while not self._is_over():
            row = verdict = changed = None
            try:
                with self._unit(import_id, ImportStatus.RUNNING) as (work, found):
                    if found is None:
                        return
                    row = work.session.scalars(
                        select(ImportRow)
                        .where(_below(found), _OPEN)
                        .order_by(ImportRow.position)
                        .limit(1)
                    ).one_or_none()
                    if row is None:
                        found.finish(at=work.now)
                        return
                    verdict = judge.decide(work, row)
                    changed = _apply(work, found, row, verdict)
                    _settle(row, verdict, at=work.now)
                    crash_point("import_row")
            except (Problem, DataError, IntegrityError) as error:
                # Nothing of the row is in. Somebody was there between the look at the register and
                # this row, or it holds what nothing foresaw: either way the others go on.
                if row is None:
                    raise
                slug = error.slug if isinstance(error, Problem) else "not-storable"
                log.warning("row refused", import_id=str(import_id), reason=slug)
                self._refuse(import_id, row.id, slug)
                judge = self._judge(import_id)
                continue
            crash_point("import_row_settled")
            if changed is not None:
                judge.register.add_all([_known(changed)])
            judge.note(row)

    def _refuse(self, import_id: UUID, row_id: UUID, reason: str) -> None:
        with self._unit(import_id, ImportStatus.RUNNING) as (work, found):
            if found is not None:
                row = work.get(ImportRow, row_id)
                verdict = Verdict(outcome=Outcome.REFUSED, reason=reason, keys=row.keys)
                _settle(row, verdict, at=work.now)

    # Telling

    def _introduce(self, import_id: UUID) -> None:
        while not self._is_over():
            with self._unit(import_id, *ImportStatus) as (work, found):
                if found is None or not found.introducing:
                    return
                rows = work.session.scalars(
                    select(ImportRow)
                    .where(
                        ImportRow.import_id == import_id,
                        ImportRow.outcome == Outcome.NEW,
                        ImportRow.settled_at.is_not(None),
                        ImportRow.introduced_at.is_(None),
                    )
                    .order_by(ImportRow.position)
                    .limit(BATCH)
                ).all()
                for row in rows:
                    association = work.find(Association, row.association_id, lock=True)
                    if association is not None and association.quiet:
                        introduce(work, association)
                    row.introduced_at = work.now
                if not rows:
                    found.introducing = False
                    return


def _below(found: Import) -> ColumnElement[bool]:
    """The rows of an import, without those that name the columns or stand above."""
    return and_(ImportRow.import_id == found.id, ImportRow.position > found.header_row)


def _settle(row: ImportRow, verdict: Verdict, *, at: datetime) -> None:
    verdict.write_to(row)
    if verdict.outcome is not Outcome.ASKED:
        row.settled_at = at


def _apply(work: UnitOfWork, found: Import, row: ImportRow, verdict: Verdict) -> Association | None:
    """Do what a row comes to; return the association that is new or another now.

    Raises the problems of what it does.
    """
    if verdict.outcome is Outcome.NEW:
        return _enter(work, found, row, dict(verdict.body))
    if verdict.outcome is not Outcome.CHANGED:
        return None
    association = work.get(Association, verdict.association_id, lock=True)
    require_delegated(work, association, verdict.body)
    if verdict.body.get("cvr"):
        require_free_cvr(work, verdict.body["cvr"])
    with recorded(work, association, ChangeKind.DESCRIBED):
        event = association.describe(dict(verdict.body))
    if event is not None:
        work.emit(event)
    return association


def _enter(work: UnitOfWork, found: Import, row: ImportRow, body: dict[str, Any]) -> Association:
    contact, language = body.pop("contact"), body.pop("language")
    require_free_cvr(work, body["cvr"])
    # The row's id is the association's: the same row never makes two.
    association = Association(
        **{**body, "form": AssociationForm(body["form"])},
        id=row.id,
        source=Source.IMPORT,
        quiet=True,
    )
    enrol(work, association, contact=contact, language=language)
    # A list confirms nothing: nobody of the association looked.
    association.confirmed_at = association.confirmed_by = None
    if found.publish:
        with recorded(work, association, ChangeKind.APPROVED):
            work.emit(association.approve(at=work.now))
    row.association_id, row.person_id = association.id, association.contact_person_id
    return association


def _known(association: Association) -> Known:
    return Known(
        id=association.id,
        cvr=association.cvr,
        key=name_key(association.name),
        postcode=association.postcode,
        is_living=True,
    )
