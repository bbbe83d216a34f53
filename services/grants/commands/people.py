"""Local copies of people, and forgetting one: names go, cases stay (GDPR art. 17, arkivloven)."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, union, update

from chassis.database import UnitOfWork
from services.grants.model import (
    Application,
    Assessment,
    Disqualification,
    FileEntry,
    OfficeHolder,
    Person,
    Tie,
)

FORGOTTEN: Final = "(slettet)"
SHORTEST: Final = 2
"""Below this a name would be found inside other words."""


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
        for column in (Application.contact_name, Application.signatory_name):
            work.session.execute(
                update(Application)
                .where(Application.id.in_(concerned), column == name)
                .values({column: FORGOTTEN, Application.version: Application.version + 1})
            )
