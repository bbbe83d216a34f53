"""Use cases of an association's private papers: file, remind of, let expire, forget a name."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from chassis import files
from chassis.database import UnitOfWork
from chassis.erasure import forget_words
from chassis.problems import FieldError, Invalid, Stale
from contracts.values import ChildProtection, PaperKind
from services.directory.commands.history import speaks_for
from services.directory.commands.limits import count_attempt
from services.directory.model import (
    LIVING,
    Association,
    AssociationStatus,
    Membership,
    Paper,
    PaperFile,
    require_holds,
    today,
)
from services.directory.model.problems import IdTaken, WrongState


def file_document(
    work: UnitOfWork,
    association_id: UUID,
    paper_id: UUID,
    *,
    kind: PaperKind,
    dated_on: date,
    examined: files.Examined,
    version: int | None,
) -> bool:
    """File a document of an association; return whether it is new.

    The same file under the same id again changes nothing. Raises :class:`Invalid`,
    :class:`IdTaken`, :class:`WrongState`, TooMany in a day, and :class:`Stale` for a version of
    what is not there.
    """
    if not kind.is_document:
        raise Invalid(errors=[FieldError("/kind", "Is declared, not sent as a file.")])
    association = _own(work, association_id)
    known = work.find(Paper, paper_id)
    if known is not None:
        stored = work.session.scalars(
            select(PaperFile.sha256).where(PaperFile.owner_id == paper_id)
        ).one_or_none()
        _require_same(
            (known.association_id, known.kind, known.dated_on, stored),
            (association_id, kind, dated_on, examined.sha256),
        )
        return False
    _require_new(version)
    count_attempt(work, "file-paper", str(association_id))
    _file(work, association, paper_id, kind=kind, dated_on=dated_on)
    work.add(
        PaperFile(
            id=paper_id,
            owner_id=paper_id,
            name=examined.name,
            media_type=examined.media_type,
            size=examined.size,
            sha256=examined.sha256,
            content=examined.content,
            stored_at=work.now,
            stored_by=work.principal.id,
        )
    )
    return True


def declare(
    work: UnitOfWork,
    association_id: UUID,
    paper_id: UUID,
    *,
    kind: PaperKind,
    dated_on: date,
    statement: ChildProtection | None,
    version: int | None,
) -> bool:
    """Keep what an association declares; return whether it is new.

    Raises :class:`Invalid`, :class:`IdTaken`, :class:`WrongState`, :class:`Stale`.
    """
    if kind.is_document:
        raise Invalid(errors=[FieldError("/kind", "Is sent as a file, not declared.")])
    if (statement is not None) != (kind is PaperKind.CHILDREN):
        raise Invalid(
            errors=[
                FieldError("/statement", "Belongs to the children's protection, and to it only.")
            ]
        )
    association = _own(work, association_id)
    if kind.needs_cvr and association.cvr is None:
        raise Invalid(errors=[FieldError("/kind", "Takes a CVR number, and you have none here.")])
    known = work.find(Paper, paper_id)
    if known is not None:
        _require_same(
            (known.association_id, known.kind, known.dated_on, known.statement),
            (association_id, kind, dated_on, statement),
        )
        return False
    _require_new(version)
    _file(work, association, paper_id, kind=kind, dated_on=dated_on, statement=statement)
    return True


def remind(work: UnitOfWork, paper_id: UUID) -> None:
    """Remind an association that a paper will soon hold no more, once."""
    paper, association = _with_association(work, paper_id)
    if association.status is AssociationStatus.PUBLISHED:
        event = paper.remind(association.name, at=work.now)
        if event is not None:
            work.emit(event)


def expire(work: UnitOfWork, paper_id: UUID) -> None:
    """Tell an association that a paper holds no more, once."""
    paper, association = _with_association(work, paper_id)
    if association.status is AssociationStatus.PUBLISHED:
        event = paper.expire(association.name, at=work.now)
        if event is not None:
            work.emit(event)


def forget_names(work: UnitOfWork, person_id: UUID, names: list[str]) -> None:
    """Take an erased person's names out of what files are called (GDPR art. 17).

    What stands in a file is the association's, as it was filed; who filed it stays as an id.
    """
    theirs = select(Membership.association_id).where(Membership.person_id == person_id)
    found = work.session.scalars(
        select(PaperFile)
        .join(Paper, Paper.id == PaperFile.owner_id)
        .where(or_(Paper.association_id.in_(theirs), Paper.filed_by == person_id))
    )
    for each in found.all():
        each.name = forget_words(each.name, names)


def _own(work: UnitOfWork, association_id: UUID) -> Association:
    """Return a living association of the caller's own, locked: its papers come one at a time."""
    work.principal.permit(association=association_id, hide=True)
    association = work.get(Association, association_id, lock=True)
    if association.status not in LIVING:
        raise WrongState(f"It is {association.status.value}.", current=association.status.value)
    return association


def _file(
    work: UnitOfWork,
    association: Association,
    paper_id: UUID,
    *,
    kind: PaperKind,
    dated_on: date,
    statement: ChildProtection | None = None,
) -> None:
    expires_on = require_holds(kind, dated_on, day=today(work.now))
    before = work.session.scalars(
        select(Paper).where(
            Paper.association_id == association.id,
            Paper.kind == kind,
            Paper.superseded_at.is_(None),
        )
    ).one_or_none()
    if before is not None:
        before.superseded_at = work.now
        # Before the new one comes: only one may count.
        work.session.flush()
    paper = work.add(
        Paper(
            id=paper_id,
            association_id=association.id,
            kind=kind,
            statement=statement,
            dated_on=dated_on,
            expires_on=expires_on,
            filed_at=work.now,
            filed_by=work.principal.id,
            on_behalf=speaks_for(work, association.id),
        )
    )
    work.session.flush()
    work.emit(paper.file())


def _with_association(work: UnitOfWork, paper_id: UUID) -> tuple[Paper, Association]:
    # The association first, as everywhere: found without a lock, then looked at again.
    association_id = work.get(Paper, paper_id).association_id
    association = work.get(Association, association_id, lock=True)
    return work.get(Paper, paper_id, lock=True), association


def _require_same(known: tuple[Any, ...], sent: tuple[Any, ...]) -> None:
    if known != sent:
        raise IdTaken


def _require_new(version: int | None) -> None:
    """See that nobody saves over what is not there."""
    if version is not None:
        raise Stale
