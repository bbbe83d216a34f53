"""Use cases of offices: appoint, change, end."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.problems import FieldError, Invalid, Stale
from services.directory.commands.people import know_person
from services.directory.model import Office, Person, today
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
    version: int | None = None,
    person_id: UUID | None = None,
) -> tuple[Office, bool]:
    """Appoint a person to an office, or change it; return it, and whether it is new."""
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(errors=[FieldError("/ends_on", "Must not be before starts_on.")])
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
    wanted = (body, title, starts_on, ends_on)
    if (office.body, office.title, office.starts_on, office.ends_on) != wanted:
        office.body, office.title, office.starts_on, office.ends_on = wanted
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
