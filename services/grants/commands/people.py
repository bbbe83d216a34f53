"""Local copies of people, and forgetting one: names go, cases stay (GDPR art. 17, arkivloven).

The name of who signed for a grant that was paid stays until its vouchers may go; then it goes, too.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from chassis.erasure import FORGOTTEN, SHORTEST, redact
from chassis.events import new_id
from contracts.grants import PersonRedacted
from contracts.values import Kept, KeptForm, KeptKind, KeptRule
from services.grants.model import (
    Application,
    ApplicationStatus,
    Assessment,
    Attachment,
    Decision,
    DecisionStatus,
    Disqualification,
    FileEntry,
    OfficeHolder,
    Person,
    Retention,
    Tie,
    Vote,
    accounts_end,
)
from services.grants.model.applications import REQUIRED

# What may name somebody in a draft: it was handed in nowhere, so nothing has to be kept as it was.
_TYPED = tuple(name for name in (*REQUIRED, "place", "cooperation") if not name.endswith("_name"))
_SIGNED = ("contact_name", "signatory_name")


def keep_person(work: UnitOfWork, person_id: UUID, name: str) -> None:
    """Keep a person's name, also where it stands beside their office."""
    work.session.merge(Person(id=person_id, name=name))
    work.session.execute(
        update(OfficeHolder).where(OfficeHolder.person_id == person_id).values(name=name)
    )


def forget_person(work: UnitOfWork, person_id: UUID) -> None:
    """Blank a person's name wherever it is held.

    Columns that belong to the person are blanked by their id. Where the name was typed or written
    into a sentence it is looked for by what it was: in the cases the person had to do with, and in
    what their associations applied for. Doing it again changes nothing.
    """
    names = _names_of(work, person_id)
    if names:
        _take_out_of_texts(work, person_id, names)
    held: list[tuple[Any, ColumnElement[bool], dict[str, str]]] = [
        (Person, Person.id == person_id, {"name": ""}),
        (OfficeHolder, OfficeHolder.person_id == person_id, {"name": ""}),
        (Assessment, Assessment.person_id == person_id, {"person_name": ""}),
        (Disqualification, Disqualification.person_id == person_id, {"name": ""}),
        (FileEntry, FileEntry.actor_id == person_id, {"actor_name": ""}),
        (Disqualification, Disqualification.ruled_by == person_id, {"ruled_by_name": ""}),
    ]
    for table, theirs, values in held:
        work.session.execute(update(table).where(theirs).values(**values))
    redact(work.session, person_id, words=names)


def tell_what_is_kept(work: UnitOfWork, person_id: UUID) -> None:
    """Answer the directory: this person is forgotten, and this is kept, under these rules."""
    work.session.flush()
    kept = [
        Kept(what=what, form=form, rule=KeptRule.PUBLIC_RECORD, count=count)
        for what, form, statement in _kept(person_id)
        if (count := work.session.scalar(statement) or 0)
    ]
    signatures = work.session.execute(
        select(Retention.until, func.count())
        .where(Retention.person_id == person_id, Retention.ended_at.is_(None))
        .group_by(Retention.until)
        .order_by(Retention.until)
    )
    kept += [
        Kept(
            what=KeptKind.SIGNATURE,
            form=KeptForm.AS_WRITTEN,
            rule=KeptRule.ACCOUNTS,
            count=count,
            until=until,
        )
        for until, count in signatures
    ]
    work.emit(PersonRedacted(person_id=person_id, kept=tuple(kept)))


def end_retention(work: UnitOfWork, retention_id: UUID) -> None:
    """Take a name out whose rule has run out, and say what is left."""
    retention = work.get(Retention, retention_id, lock=True)
    if retention.ended_at is not None:
        return
    application = work.get(Application, retention.application_id, lock=True)
    setattr(application, retention.field, FORGOTTEN)
    retention.ended_at = work.now
    tell_what_is_kept(work, retention.person_id)


def _kept(person_id: UUID) -> list[tuple[KeptKind, KeptForm, Select[Any]]]:
    """Count what stays with the cases for good, pseudonymised or, in their papers, as written."""
    handed_in = (Application.submitted_by == person_id, Application.case_number.is_not(None))
    files = (
        select(func.count())
        .select_from(Attachment)
        .join(Application, Application.id == Attachment.owner_id)
        .where(Attachment.stored_by == person_id, Application.case_number.is_not(None))
    )
    acted = [
        (select(func.count()).where(column == person_id).scalar_subquery())
        for column in (
            Assessment.person_id,
            Vote.person_id,
            Decision.decided_by,
            Disqualification.person_id,
            Disqualification.ruled_by,
        )
    ]
    return [
        (KeptKind.CASE, KeptForm.PSEUDONYM, select(func.count()).where(*handed_in)),
        (KeptKind.CASE_TEXT, KeptForm.AS_WRITTEN, files),
        (
            KeptKind.DELIBERATION,
            KeptForm.PSEUDONYM,
            select(acted[0] + acted[1] + acted[2] + acted[3] + acted[4]),
        ),
    ]


def _names_of(work: UnitOfWork, person_id: UUID) -> list[str]:
    """Return what the person has been called here, the longest first."""
    known = union(
        select(Person.name).where(Person.id == person_id),
        select(OfficeHolder.name).where(OfficeHolder.person_id == person_id),
        select(Assessment.person_name).where(Assessment.person_id == person_id),
        select(Disqualification.name).where(Disqualification.person_id == person_id),
        select(FileEntry.actor_name).where(FileEntry.actor_id == person_id),
        select(Disqualification.ruled_by_name).where(Disqualification.ruled_by == person_id),
    )
    names = {name.strip() for name in work.session.scalars(known)}
    return sorted((name for name in names if len(name) >= SHORTEST), key=len, reverse=True)


def _take_out_of_texts(work: UnitOfWork, person_id: UUID, names: list[str]) -> None:
    wrote = select(FileEntry.application_id).where(FileEntry.actor_id == person_id)
    judged = select(Assessment.application_id).where(Assessment.person_id == person_id)
    out = select(Disqualification.application_id).where(Disqualification.person_id == person_id)
    led = select(Tie.association_id).where(Tie.person_id == person_id)
    cases = union(wrote, judged, out).subquery()
    concerned = select(Application.id).where(
        or_(
            Application.id.in_(select(cases.c.application_id)),
            Application.association_id.in_(led),
            Application.submitted_by == person_id,
        )
    )
    for name in names:
        work.session.execute(
            update(FileEntry)
            .where(FileEntry.application_id.in_(concerned), FileEntry.text.contains(name))
            .values(text=func.replace(FileEntry.text, name, FORGOTTEN))
        )
        # What one declared, and what was ruled on one, may name one.
        for typed in (Disqualification.explanation, Disqualification.ruling_reason):
            work.session.execute(
                update(Disqualification)
                .where(Disqualification.person_id == person_id, typed.contains(name))
                .values({typed: func.replace(typed, name, FORGOTTEN)})
            )
        for field in _SIGNED:
            column = getattr(Application, field)
            _retain(work, person_id, field, concerned, name)
            retained = select(Retention.application_id).where(
                Retention.field == field, Retention.ended_at.is_(None)
            )
            work.session.execute(
                update(Application)
                .where(
                    Application.id.in_(concerned),
                    column == name,
                    Application.id.not_in(retained),
                )
                .values({column: FORGOTTEN, Application.version: Application.version + 1})
            )
        for field in _TYPED:
            column = getattr(Application, field)
            work.session.execute(
                update(Application)
                .where(
                    Application.id.in_(concerned),
                    Application.status == ApplicationStatus.DRAFT,
                    column.contains(name, autoescape=True),
                )
                .values(
                    {
                        column: func.replace(column, name, FORGOTTEN),
                        Application.version: Application.version + 1,
                    }
                )
            )


def _retain(
    work: UnitOfWork, person_id: UUID, field: str, concerned: Select[Any], name: str
) -> None:
    """Let a name stay under the grants that were paid, until their vouchers may go."""
    paid = work.session.execute(
        select(Application.id, Decision.sent_at)
        .join(Decision, Decision.application_id == Application.id)
        .where(
            Application.id.in_(concerned),
            getattr(Application, field) == name,
            Decision.status == DecisionStatus.SENT,
            Decision.granted_ore > 0,
        )
    ).all()
    rows = [
        {
            "id": new_id(),
            "person_id": person_id,
            "application_id": application_id,
            "field": field,
            "until": accounts_end(sent_at),
        }
        for application_id, sent_at in paid
        if sent_at is not None
    ]
    if rows:
        work.session.execute(insert(Retention).on_conflict_do_nothing(), rows)
