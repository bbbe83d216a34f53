"""Applications: drafted, filled, handed in, withdrawn."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from chassis import files
from chassis.database import UnitOfWork
from chassis.problems import FieldError, Forbidden, Invalid, NotFound, Stale, Unauthenticated
from contracts.values import PaperKind
from services.grants.commands import conflicts, file
from services.grants.model import (
    MAX_ATTACHMENTS,
    Applicant,
    Application,
    ApplicationStatus,
    Attachment,
    CaseNumber,
    Decision,
    FileEntry,
    Programme,
    Round,
    RoundStatus,
    known_papers,
    local_day,
    local_year,
)
from services.grants.model.problems import (
    AssociationNotPublished,
    IdTaken,
    TooManyFiles,
)


def put_draft(
    work: UnitOfWork,
    application_id: UUID,
    *,
    version: int | None,
    round_id: UUID,
    association_id: UUID,
    **body: Any,
) -> bool:
    """Create or change an association's draft; return whether it is new.

    A draft may be unfinished. Raises RoundNotOpen before the round is announced, RoundIsClosed
    after its deadline.
    """
    _require_own(work, association_id)
    round_ = work.get(Round, round_id)
    if round_.status is RoundStatus.DRAFT:
        raise NotFound(kind="round")
    application = work.find(Application, application_id, lock=True)
    if application is not None:
        if (application.association_id, application.round_id) != (association_id, round_id):
            raise IdTaken if work.principal.own(application.association_id) else NotFound
        same = all(getattr(application, name) == value for name, value in body.items())
        if same and application.status is ApplicationStatus.DRAFT:
            return False
    # Writing is allowed from the announcement on; only handing in waits for the opening.
    if work.now >= round_.opens_at or round_.status is not RoundStatus.ANNOUNCED:
        round_.require_takes_applications(work.now)
    if application is None:
        if version is not None:
            raise Stale
        work.add(
            Application(
                id=application_id,
                round_id=round_id,
                association_id=association_id,
                status=ApplicationStatus.DRAFT,
                created_at=work.now,
                **body,
            )
        )
        work.session.flush()
        file.note(work, application_id, "draft", "Kladden er oprettet.")
        return True
    work.get(Application, application_id, version=version)
    application.require_draft()
    for name, value in body.items():
        setattr(application, name, value)
    return False


def delete_draft(work: UnitOfWork, application_id: UUID) -> None:
    """Throw a draft away; it was never sent, so nothing is kept of it."""
    application = _own(work, application_id)
    application.require_draft()
    for entry in work.session.scalars(_file_of(application_id)):
        work.session.delete(entry)
    work.session.flush()
    work.session.delete(application)


def submit(work: UnitOfWork, application_id: UUID) -> Application:
    """Hand an application in; handing it in twice is the same as once.

    Raises RoundIsClosed with ``closed_at``, Incomplete, BudgetDoesNotAddUp,
    AssociationNotPublished.
    """
    application = _own(work, application_id, lock=False)
    # The round's row first, as everywhere. Shared, so that many can hand in during the last minute
    # and only closing the round waits for them, or they for it.
    round_ = work.session.scalars(
        select(Round).where(Round.id == application.round_id).with_for_update(read=True),
        execution_options={"populate_existing": True},
    ).one()
    application = work.get(Application, application_id, lock=True)
    if application.status is ApplicationStatus.SUBMITTED:
        return application
    round_.require_takes_applications(work.now)
    applicant = work.find(Applicant, application.association_id)
    if applicant is None or not applicant.published:
        raise AssociationNotPublished
    programme = work.get(Programme, round_.programme_id)
    if applicant.cvr is None and not programme.accept_without_cvr:
        raise AssociationNotPublished("This programme asks for a CVR number.")
    if work.principal.id is None:
        raise Unauthenticated
    year = local_year(work.now)
    number = f"{year}-{_next_number(work, year):04d}"
    work.emit(application.submit(round_, case_number=number, by=work.principal.id, at=work.now))
    # The case shows what was known when it was handed in, whatever is filed later.
    application.papers = known_papers(
        work.session, application.association_id, on=local_day(work.now)
    )
    file.note(
        work, application.id, "submitted", f"Ansøgningen er modtaget med sagsnummer {number}."
    )
    work.session.flush()
    conflicts.presume(work, application_id=application.id)
    return application


def withdraw(work: UnitOfWork, application_id: UUID) -> Application:
    """Take an application back before it is decided."""
    application = _own(work, application_id, lock=False)
    round_ = work.get(Round, application.round_id, lock=True)
    application = work.get(Application, application_id, lock=True)
    if application.status is ApplicationStatus.WITHDRAWN:
        return application
    work.emit(application.withdraw())
    decision = work.session.scalar(
        select(Decision).where(Decision.application_id == application.id)
    )
    if decision is not None:
        round_.reallocate(before_ore=decision.granted_ore, after_ore=0)
        work.session.delete(decision)
    file.note(work, application.id, "withdrawn", "Foreningen har trukket ansøgningen tilbage.")
    return application


def put_attachment(
    work: UnitOfWork,
    application_id: UUID,
    attachment_id: UUID,
    *,
    upload: files.Upload,
    kind: PaperKind | None = None,
) -> bool:
    """Attach a file to a draft; the same file under the same id again changes nothing.

    ``kind`` says which of the papers the programme asks for it is.
    """
    if kind is not None and not kind.is_document:
        raise Invalid(errors=[FieldError("/kind", "Is declared in the directory, not attached.")])
    application = _own(work, application_id)
    application.require_draft()
    examined = files.examine(upload)
    stored = work.find(Attachment, attachment_id)
    if stored is not None:
        if stored.owner_id != application_id or stored.sha256 != examined.sha256:
            raise IdTaken
        return False
    count = work.session.scalar(select(func.count()).where(Attachment.owner_id == application_id))
    if (count or 0) >= MAX_ATTACHMENTS:
        raise TooManyFiles(f"At most {MAX_ATTACHMENTS} files can be attached.")
    work.add(
        Attachment(
            id=attachment_id,
            owner_id=application_id,
            kind=kind,
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


def delete_attachment(work: UnitOfWork, application_id: UUID, attachment_id: UUID) -> None:
    """Take a file off a draft."""
    application = _own(work, application_id)
    application.require_draft()
    stored = work.find(Attachment, attachment_id)
    if stored is None or stored.owner_id != application_id:
        raise NotFound(kind="attachment")
    work.session.delete(stored)


def close_association(work: UnitOfWork, association_id: UUID) -> None:
    """Take back the drafts of an association that closed; what was handed in stays.

    Its cases say so in their files: the coordinator has to see it before anything is decided.
    """
    _end(
        work,
        association_id,
        draft="Foreningen er lukket; kladden er trukket tilbage.",
        case=("association-closed", "Foreningen er lukket, mens sagen var under behandling."),
    )


def merge_association(work: UnitOfWork, association_id: UUID, *, into_name: str) -> None:
    """Take back the drafts of an association that went up in another; what was handed in goes on.

    It keeps its applicant, and is shown by the other's name.
    """
    _end(
        work,
        association_id,
        draft=f"Foreningen er lagt sammen med {into_name}; kladden er trukket tilbage.",
        case=(
            "association-merged",
            f"Foreningen er lagt sammen med {into_name}. Sagen fortsætter under det navn.",
        ),
    )


def _end(work: UnitOfWork, association_id: UUID, *, draft: str, case: tuple[str, str]) -> None:
    found = work.session.scalars(
        select(Application).where(Application.association_id == association_id)
    )
    for each in found.all():
        if each.status is ApplicationStatus.DRAFT:
            each.status = ApplicationStatus.WITHDRAWN
            file.note(work, each.id, "withdrawn", draft)
        elif each.status is ApplicationStatus.SUBMITTED:
            file.note(work, each.id, *case)


def _own(work: UnitOfWork, application_id: UUID, *, lock: bool = True) -> Application:
    application = work.find(Application, application_id, lock=lock)
    if application is None or not work.principal.own(application.association_id):
        work.principal.reach()
        raise NotFound(kind="application")
    work.principal.permit(association=application.association_id)
    return application


def _require_own(work: UnitOfWork, association_id: UUID) -> None:
    work.principal.permit(association=association_id)
    if not work.principal.own(association_id):
        raise Forbidden


def _file_of(application_id: UUID) -> Any:
    return select(FileEntry).where(FileEntry.application_id == application_id)


def _next_number(work: UnitOfWork, year: int) -> int:
    """Take the next case number: the row is locked until the end, so there are no gaps."""
    statement = (
        insert(CaseNumber)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=[CaseNumber.year], set_={"last": CaseNumber.last + 1})
        .returning(CaseNumber.last)
    )
    return int(work.session.scalars(statement).one())
