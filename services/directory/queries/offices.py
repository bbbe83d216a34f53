"""Who holds which office."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from contracts.values import Body
from services.directory.model import Office, Person
from services.directory.queries.vocabulary import vocabulary


def all_offices() -> Select[*tuple[Any, ...]]:
    """Select every office, with the name of who holds it."""
    return select(
        Office.id,
        Office.version,
        Office.person_id,
        Person.name.label("person_name"),
        Office.body,
        Office.title,
        Office.is_deputy,
        Office.department,
        Office.questions,
        Office.starts_on,
        Office.ends_on,
    ).join(Person, Person.id == Office.person_id)


def offices(
    session: Session,
    *,
    body: Body | None,
    current: bool | None,
    day: date,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List who holds which office; personal addresses are never shown (V17 names the role's)."""
    statement = all_offices()
    if body is not None:
        statement = statement.where(Office.body == body)
    if current is not None:
        held = Office.held_on(day)
        statement = statement.where(held if current else ~held)
    page = paginate(
        session,
        statement,
        order_by=[Office.body, Office.starts_on, Person.name, Office.id],
        limit=limit,
        cursor=cursor,
    )
    role_address = vocabulary(session)["contact"].get("email")
    page["items"] = [with_address(row, role_address) for row in page["items"]]
    return page


def office(session: Session, office_id: UUID) -> dict[str, Any]:
    """Return one office. Raises :class:`NotFound`."""
    row = session.execute(all_offices().where(Office.id == office_id)).one_or_none()
    if row is None:
        raise NotFound(kind="office")
    return with_address(row, vocabulary(session)["contact"].get("email"))


def with_address(row: Any, role_address: str | None) -> dict[str, Any]:
    """Show an office with its role's own address, where it is the contact person's."""
    is_contact = row.body is Body.COORDINATOR
    return {**row._mapping, "email": role_address if is_contact else None}  # noqa: SLF001 - SQLAlchemy's documented name
