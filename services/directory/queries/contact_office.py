"""Who the contact person is, who stands in, and whether the office is vacant or will be (V17)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from contracts.values import Body
from services.directory.model import Office, Person, vacant_on
from services.directory.queries.vocabulary import vocabulary


def contact_office(session: Session, *, day: date) -> dict[str, Any]:
    """Say who holds the contact person's office, who stands in, with dates, and if it is vacant."""
    role = vocabulary(session)["contact"]
    held = [row for row in _coordinators(session, day, role.get("title", "")) if _holds(row, day)]
    holders = [row for row in held if not row.is_deputy]
    deputies = [row for row in held if row.is_deputy]
    first_day = vacant_on(session, day)
    return {
        "title": role.get("title", ""),
        "email": role.get("email"),
        "phone": role.get("phone"),
        "holder": holders[0] if holders else None,
        "deputy": deputies[0] if deputies else None,
        "vacant_on": first_day,
        "is_vacant": first_day is not None and first_day <= day,
    }


def _coordinators(session: Session, day: date, title: str) -> Sequence[Any]:
    return session.execute(
        select(
            Person.name.label("person_name"),
            Office.title,
            Office.is_deputy,
            Office.starts_on,
            Office.ends_on,
        )
        .join(Person, Person.id == Office.person_id)
        .where(Office.body == Body.COORDINATOR, Office.held_on(day))
        .order_by(case((Office.title == title, 0), else_=1), Office.starts_on, Office.id)
    ).all()


def _holds(row: Any, day: date) -> bool:
    """Whether somebody holds it who was not forgotten meanwhile."""
    return bool(row.person_name) and row.starts_on <= day
