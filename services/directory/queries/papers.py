"""What lives with an association of private papers, and what is missing or runs out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    String,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    values,
)
from sqlalchemy.orm import Session, undefer

from chassis.database import UnitOfWork
from chassis.paging import paginate
from chassis.problems import NotFound
from contracts.values import OnBehalf, PaperKind
from services.directory.model import (
    Association,
    AssociationStatus,
    Membership,
    Paper,
    PaperFile,
    PaperStatus,
    Person,
    remind_before_here,
    today,
)

_AT_ONCE: Final = 200
_NEED_CVR: Final = [kind for kind in PaperKind if kind.needs_cvr]


def papers(work: UnitOfWork, association_id: UUID, *, staff: bool) -> dict[str, Any]:
    """Return how it stands with each kind of paper of an association, with every version.

    ``staff`` see who filed by name; the association by the names it wrote itself. Raises
    :class:`NotFound`.
    """
    association = work.get(Association, association_id)
    day, remind_before = today(work.now), remind_before_here(work.session)
    rows = work.session.execute(
        select(Paper, PaperFile.name, PaperFile.media_type, PaperFile.size, _filer(staff=staff))
        .outerjoin(PaperFile, PaperFile.owner_id == Paper.id)
        .outerjoin(Person, Person.id == Paper.filed_by)
        .where(Paper.association_id == association_id)
        .order_by(Paper.filed_at.desc(), Paper.id.desc())
    ).all()
    versions = [_shown(*row) for row in rows]
    states = {
        row[0].kind: row[0].status_on(day, remind_before=remind_before)
        for row in rows
        if row[0].superseded_at is None
    }
    return {
        "items": [
            {
                "kind": kind,
                "status": states.get(kind, PaperStatus.MISSING),
                "is_needed": association.cvr is not None or not kind.needs_cvr,
                "versions": [each for each in versions if each["kind"] is kind],
            }
            for kind in PaperKind
        ]
    }


def document(session: Session, association_id: UUID, paper_id: UUID) -> PaperFile:
    """Return the file of a paper with its content. Raises :class:`NotFound`."""
    found = session.scalar(
        select(PaperFile)
        .join(Paper, Paper.id == PaperFile.owner_id)
        .where(Paper.id == paper_id, Paper.association_id == association_id)
        .options(undefer(PaperFile.content))
    )
    if found is None:
        raise NotFound(kind="paper")
    return found


def gaps(
    work: UnitOfWork,
    *,
    kind: PaperKind | None,
    status: PaperStatus | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List what published associations have not filed, and what holds no more or soon will not."""
    kinds = values(column("kind", String), name="kinds").data([(each.value,) for each in PaperKind])
    state = _state(work)
    statement = (
        select(
            Association.id.label("association_id"),
            Association.name.label("association_name"),
            kinds.c.kind,
            state.label("status"),
            Paper.expires_on,
        )
        .select_from(Association)
        .join(kinds, literal(value=True))
        .outerjoin(
            Paper,
            (Paper.association_id == Association.id)
            & (cast(Paper.kind, String) == kinds.c.kind)
            & Paper.superseded_at.is_(None),
        )
        .where(
            Association.status == AssociationStatus.PUBLISHED,
            or_(
                Association.cvr.is_not(None),
                kinds.c.kind.not_in([each.value for each in _NEED_CVR]),
            ),
            state != PaperStatus.VALID.value if status is None else state == status.value,
        )
    )
    if kind is not None:
        statement = statement.where(kinds.c.kind == kind.value)
    return paginate(
        work.session,
        statement,
        order_by=[Association.name, Association.id, kinds.c.kind],
        limit=limit,
        cursor=cursor,
    )


def figures(work: UnitOfWork) -> dict[str, Any]:
    """Count, for each kind of paper, how it stands with the published associations."""
    published = Association.status == AssociationStatus.PUBLISHED
    total, with_cvr = work.session.execute(
        select(func.count(), func.count(Association.cvr)).where(published)
    ).one()
    rows = work.session.execute(
        select(Paper.kind, _state(work).label("state"), func.count())
        .join(Association, Association.id == Paper.association_id)
        .where(
            published,
            Paper.superseded_at.is_(None),
            or_(Association.cvr.is_not(None), Paper.kind.not_in(_NEED_CVR)),
        )
        .group_by(Paper.kind, "state")
    ).all()
    found = {(kind, status): count for kind, status, count in rows}
    items = []
    for kind in PaperKind:
        needed = with_cvr if kind.needs_cvr else total
        counts = {
            status.value: found.get((kind, status.value), 0)
            for status in (PaperStatus.VALID, PaperStatus.EXPIRING, PaperStatus.EXPIRED)
        }
        missing = needed - sum(counts.values())
        items.append({"kind": kind, "needed": needed, **counts, "missing": missing})
    return {"items": items}


def papers_to_remind_of(session: Session, now: datetime) -> Sequence[UUID]:
    """Find papers that hold for a little while only, and whose association was not reminded."""
    day = today(now)
    soon = Paper.expires_on <= day + remind_before_here(session)
    return _due(session, soon, Paper.expires_on >= day, Paper.reminded_at.is_(None))


def papers_expired(session: Session, now: datetime) -> Sequence[UUID]:
    """Find papers that hold no more, and whose association was not told."""
    return _due(session, Paper.expires_on < today(now))


def _due(session: Session, *conditions: ColumnElement[bool]) -> Sequence[UUID]:
    return session.scalars(
        select(Paper.id)
        .join(Association, Association.id == Paper.association_id)
        .where(
            Association.status == AssociationStatus.PUBLISHED,
            # Who came from a list and has not been told gets no mail (ADR 56).
            Association.quiet.is_(False),
            Paper.superseded_at.is_(None),
            Paper.expired_at.is_(None),
            *conditions,
        )
        .order_by(Paper.expires_on)
        .limit(_AT_ONCE)
    ).all()


def _state(work: UnitOfWork) -> ColumnElement[str]:
    """Say in SQL what :meth:`Paper.status_on` says, of the paper that counts, or of none."""
    day: date = today(work.now)
    soon: date = day + remind_before_here(work.session)
    return case(
        (Paper.id.is_(None), PaperStatus.MISSING.value),
        (Paper.expires_on < day, PaperStatus.EXPIRED.value),
        (Paper.expires_on <= soon, PaperStatus.EXPIRING.value),
        else_=PaperStatus.VALID.value,
    )


def _filer(*, staff: bool) -> ColumnElement[Any]:
    name = func.nullif(Person.name, "")
    if staff:
        return name
    known_as = (
        select(func.max(Membership.known_as))
        .where(
            Membership.association_id == Paper.association_id,
            Membership.person_id == Paper.filed_by,
        )
        .correlate(Paper)
        .scalar_subquery()
    )
    return case(
        (Paper.on_behalf == OnBehalf.ASSOCIATION, func.nullif(func.coalesce(known_as, name), "")),
        else_=null(),
    )


def _shown(
    paper: Paper, name: str | None, media_type: str | None, size: int | None, filer: str | None
) -> dict[str, Any]:
    file = None if name is None else {"name": name, "media_type": media_type, "size": size}
    return {
        "id": paper.id,
        "kind": paper.kind,
        "statement": paper.statement,
        "dated_on": paper.dated_on,
        "expires_on": paper.expires_on,
        "filed_at": paper.filed_at,
        "filed_by": filer,
        "on_behalf": paper.on_behalf,
        "is_current": paper.superseded_at is None,
        "file": file,
    }
