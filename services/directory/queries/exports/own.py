"""All that the directory keeps of one association, for its people to take along (V4)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.problems import NotFound
from chassis.tables import csv_bytes
from services.directory.model import PublicationStatus, today
from services.directory.queries import (
    associations,
    competences,
    contact_pairs,
    invitations,
    memberships,
    offers,
    papers,
)

# More than any association has.
_ALL: Final = 10_000


def own(work: UnitOfWork, association_id: UUID) -> Any:
    """Return an association: people, offers, papers, what it lends, what was noted on it.

    The papers' files are fetched one by one. Raises :class:`NotFound`.
    """
    session, principal = work.session, work.principal
    found = associations.association(session, association_id)
    ages = associations.ages(work)
    (shown,) = associations.with_contacts(session, [found], ages, staff=False)
    people = memberships.memberships(
        session,
        principal.reach(),
        association_id=association_id,
        person_id=None,
        limit=_ALL,
        cursor=None,
    )
    offered = [
        each
        for status in PublicationStatus
        for each in offers.offers(
            session,
            principal,
            association_id=association_id,
            department=None,
            status=status,
            limit=_ALL,
            cursor=None,
        )["items"]
    ]
    try:
        note = offers.note(session, association_id)
    except NotFound:
        note = None
    part: dict[str, Any] = {"association_id": association_id, "limit": _ALL, "cursor": None}
    asked = invitations.invitations(session, principal.reach(), status=None, **part)
    lent = competences.competences(session, principal, q="", topic=None, kind=None, **part)
    pairs = contact_pairs.pairs(session, principal, department=None, day=today(work.now), **part)
    return {
        "taken_at": work.now,
        "association": shown,
        "memberships": people["items"],
        "offers": offered,
        "papers": papers.papers(work, association_id, staff=False)["items"],
        "invitations": asked["items"],
        "competences": lent["items"],
        "contact_pairs": pairs["items"],
        "municipal_note": note,
    }


def as_table(document: Mapping[str, Any]) -> bytes:
    """Write the same as a table: which part, which field, what it says; without live formulas."""
    return csv_bytes(["Del", "Felt", "Indhold"], _rows(document))


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for part, content in document.items():
        things = content if isinstance(content, list) else [content]
        for number, thing in enumerate(things, start=1):
            name = f"{part} {number}" if isinstance(content, list) else part
            if not isinstance(thing, Mapping):
                yield name, "", thing
                continue
            for field, value in thing.items():
                for inner, told in _flat(field, value):
                    yield name, inner, told


def _flat(field: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Write lists in one cell, and what has parts in a row for each."""
    if isinstance(value, Mapping):
        for inner, told in value.items():
            yield from _flat(f"{field}.{inner}", told)
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for number, each in enumerate(value, start=1):
            yield from _flat(f"{field}.{number}", each)
    elif isinstance(value, list):
        yield field, "; ".join(map(str, value))
    else:
        yield field, value
