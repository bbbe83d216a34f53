"""Applications, their files and attachments."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import Session, undefer

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.grants.model import (
    Applicant,
    Application,
    ApplicationStatus,
    Attachment,
    Disqualification,
    FileEntry,
    Ground,
    Round,
    unconflicted,
)
from services.grants.queries.papers import papers


def _applications() -> Select[*tuple[Any, ...]]:
    return (
        select(Application, Round.title, Applicant.shown_name())
        .join(Round, Round.id == Application.round_id)
        .outerjoin(Applicant, Applicant.id == Application.association_id)
    )


def applications(
    session: Session,
    principal: Principal,
    *,
    round_id: UUID | None,
    association_id: UUID | None,
    status: ApplicationStatus | None,
    open_conflict: bool,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List one's associations' applications.

    And for those who deal with cases the handed-in ones.
    """
    reach = principal.reach()
    mine = Application.association_id.in_(reach.associations)
    others = (
        # What was never handed in is the association's alone.
        and_(Application.case_number.is_not(None), unconflicted(principal))
        if reach.everything
        else false()
    )
    statement = _applications().where(or_(mine, others))
    if round_id is not None:
        statement = statement.where(Application.round_id == round_id)
    if association_id is not None:
        statement = statement.where(Application.association_id == association_id)
    if status is not None:
        statement = statement.where(Application.status == status)
    if open_conflict:
        # Only in cases one deals with: an applicant does not learn of it.
        statement = statement.where(others, _has_open_conflict())
    page = paginate(
        session,
        statement,
        order_by=[Application.created_at, Application.id],
        limit=limit,
        cursor=cursor,
    )
    rows = [(row[0], row[1], row[2]) for row in page["items"]]
    attached = _attachments(session, [row[0].id for row in rows])
    page["items"] = [_shown(*row, attached.get(row[0].id, [])) for row in rows]
    return page


def _has_open_conflict() -> ColumnElement[bool]:
    return and_(
        Application.status == ApplicationStatus.SUBMITTED,
        exists().where(
            Disqualification.application_id == Application.id,
            Disqualification.ground == Ground.LEADS,
            Disqualification.ruling.is_(None),
        ),
    )


def application(
    session: Session, application_id: UUID, *, day: date, sees_file: bool = False
) -> dict[str, Any]:
    """Return one application with its file, its papers and who is disqualified.

    ``day`` is today: papers of a draft hold or do not. Raises :class:`NotFound`.
    """
    row = session.execute(_applications().where(Application.id == application_id)).one_or_none()
    if row is None:
        raise NotFound(kind="application")
    shown = _shown(
        row[0], row[1], row[2], _attachments(session, [application_id]).get(application_id, [])
    )
    shown["papers"] = papers(session, row[0], on=day)
    shown["history"] = session.scalars(
        select(FileEntry)
        .where(FileEntry.application_id == application_id)
        .order_by(FileEntry.at, FileEntry.id)
    ).all()
    if sees_file:
        shown["disqualified"] = session.scalars(
            select(Disqualification)
            .where(Disqualification.application_id == application_id)
            .order_by(Disqualification.found_at, Disqualification.id)
        ).all()
    else:
        # The applicant's own file does not name the council's members.
        shown["history"] = [
            entry
            for entry in shown["history"]
            if entry.kind not in {"disqualification", "assessment"}
        ]
    return shown


def attachment(session: Session, application_id: UUID, attachment_id: UUID) -> Attachment:
    """Return a file with its content. Raises :class:`NotFound`."""
    found = session.scalar(
        select(Attachment)
        .where(Attachment.id == attachment_id, Attachment.owner_id == application_id)
        .options(undefer(Attachment.content))
    )
    if found is None:
        raise NotFound(kind="attachment")
    return found


def _attachments(session: Session, ids: list[UUID]) -> dict[UUID, list[Attachment]]:
    found: dict[UUID, list[Attachment]] = {}
    rows = session.scalars(
        select(Attachment)
        .where(Attachment.owner_id.in_(ids))
        .order_by(Attachment.stored_at, Attachment.id)
    )
    for row in rows:
        found.setdefault(row.owner_id, []).append(row)
    return found


def _shown(
    application: Application,
    round_title: str,
    association_name: str | None,
    attachments: list[Attachment],
) -> dict[str, Any]:
    return {
        **{
            column.key: getattr(application, column.key)
            for column in Application.__table__.columns
            if column.key != "papers"
        },
        "own_funding_ore": application.own_funding_ore,
        "round_title": round_title,
        "association_name": association_name or "",
        "attachments": attachments,
    }
