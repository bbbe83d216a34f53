"""Use cases of offices: appoint, change, end."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import FieldError, Invalid, Stale
from contracts.values import Body
from services.directory.commands.people import know_person
from services.directory.commands.words import require_words
from services.directory.model import Office, Person, Vacancy, find_vacancy, today
from services.directory.model.problems import IdTaken


def put_office(
    work: UnitOfWork,
    office_id: UUID,
    *,
    person: Mapping[str, str],
    body: Any,
    title: str,
    starts_on: date,
    ends_on: date | None,
    is_deputy: bool = False,
    department: str | None = None,
    questions: str = "",
    version: int | None = None,
    person_id: UUID | None = None,
) -> tuple[Office, bool]:
    """Appoint a person to an office, or change it; return it, and whether it is new."""
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(errors=[FieldError("/ends_on", "Must not be before starts_on.")])
    _require_department(work, office_id, body, department)
    holder = know_person(work, name=person["name"], email=person["email"], id_=person_id)
    office = work.find(Office, office_id)
    if office is None:
        if version is not None:
            raise Stale
        office = work.add(
            Office(
                id=office_id,
                person_id=holder.id,
                body=body,
                title=title,
                is_deputy=is_deputy,
                department=department,
                questions=questions,
                starts_on=starts_on,
                ends_on=ends_on,
            )
        )
        work.session.flush()
        work.emit(office.grant(person_name=holder.name))
        return office, True
    work.get(Office, office_id, version=version)
    if office.person_id != holder.id:
        raise IdTaken("An office is not handed over: end it and appoint the next person.")
    wanted = {
        "body": body,
        "title": title,
        "is_deputy": is_deputy,
        "department": department,
        "questions": questions,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    if any(getattr(office, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(office, name, value)
        work.emit(office.grant(person_name=holder.name))
    return office, False


def end_office(work: UnitOfWork, office_id: UUID, *, ends_on: date | None = None) -> Office:
    """End an office today or on a given day."""
    office = work.get(Office, office_id, lock=True)
    if ends_on is not None and ends_on > today(work.now):
        if office.ended_at is None:
            office.ends_on = ends_on
            work.emit(office.grant(person_name=work.get(Person, office.person_id).name))
    elif office.ended_at is None:
        work.emit(office.end(on=ends_on or today(work.now), at=work.now))
    return office


def end_expired_office(work: UnitOfWork, office_id: UUID) -> None:
    """End an office whose last day has passed."""
    office = work.get(Office, office_id, lock=True)
    if office.ended_at is None and office.ends_on is not None:
        work.emit(office.end(on=office.ends_on, at=work.now))


def watch_contact_office(work: UnitOfWork) -> None:
    """Tell once that the contact person's office will fall vacant, once that it has, and the end.

    The policy demands that somebody always holds it (V17).
    """
    found = find_vacancy(work.session, work.now)
    vacancy = found.known
    if found.vacant_on is None:
        if vacancy is not None:
            work.emit(vacancy.fill(at=work.now))
        return
    day = today(work.now)
    is_news = vacancy is None or (vacancy.came_at is None and found.vacant_on <= day)
    if vacancy is None:
        vacancy = work.add(Vacancy(id=new_id(), body=Body.COORDINATOR, seen_at=work.now))
    vacancy.vacant_on = found.vacant_on
    if is_news:
        work.emit(vacancy.announce(day=day, at=work.now, has_deputy=found.has_deputy))


def _require_department(
    work: UnitOfWork, office_id: UUID, body: Body, department: str | None
) -> None:
    """See that a bridge builder represents a department, and that it is one of ours (N26).

    What an office has already may go out of use.
    """
    if body is Body.BRIDGE_BUILDER and not department:
        text = "Required: a bridge builder represents a department."
        raise Invalid(errors=[FieldError("/department", text)])
    office = work.find(Office, office_id)
    kept = [office.department] if office is not None and office.department else []
    require_words(work, {"departments": ("/department", department, kept)})
