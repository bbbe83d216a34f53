"""What a service keeps of people, declared: which rows are whose, and who may take them along.

A service lists its tables in ``queries/personal.py``::

    HELD = (
        Held("membership", Membership, by=("person_id",)),
        Held("ruling", Disqualification, by=("ruled_by",), only=("application_id", "ruled_at")),
        Held("subscription", Subscription, at=lambda address: Subscription.email == address),
    )

From that comes the answer to "what do you keep of me" (GDPR art. 15 and 20), the same in every
service, at ``/api/v1/personal-data/<service>/<person>`` (:mod:`chassis.web.personal_data`).
A test finds the table that names people and is neither listed nor excused with a reason.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Table, Uuid, func, or_, select, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Session

from chassis.auth import Principal

# So many rows of one kind are handed out; of more, the newest.
MOST: Final = 5_000
DEEDS: Final = "deed"
# A column that names a person.
NAMES_A_PERSON: Final = re.compile(r"(^|_)person_id$|_by$|^actor_id$")
# Opens something: it is nobody's to read, not even its owner's.
SECRETS: Final = frozenset({"token", "code", "secret"})

_DEEDS: Final = text(
    "SELECT type, subject, occurred_at AS at, count(*) OVER () AS amount FROM event_log"
    " WHERE actor = :actor ORDER BY position DESC LIMIT :most"
)


@dataclass(frozen=True)
class Held:
    """Rows of one table that are about a person: those where a column of ``by`` is their id.

    ``only`` names the columns to hand out where the others are somebody else's matter (GDPR
    art. 15(4)); ``without`` those that are not. Files, search vectors and secrets are never handed
    out. With ``in_person`` the rows are for the person alone, and nobody gets them on their behalf.

    Where a table knows an address and no person, ``at`` says which rows are an address's. They are
    handed out in person only, and for the address the person signed in with (the token says it):
    an address somebody merely wrote may be a stranger's.
    """

    kind: str
    cls: type
    by: Sequence[str] = ()
    only: Sequence[str] = ()
    without: Sequence[str] = ()
    in_person: bool = False
    at: Callable[[str], ColumnElement[bool]] | None = None

    @property
    def is_private(self) -> bool:
        """Whether nobody gets the rows on the person's behalf."""
        return self.in_person or self.at is not None

    @property
    def table(self) -> Table:
        """The table."""
        found: Table = self.cls.__table__  # type: ignore[attr-defined]
        return found

    def columns(self) -> list[Any]:
        """The columns to hand out."""
        return [
            column
            for column in self.table.columns
            if column.name not in self.without
            and (not self.only or column.name in self.only)
            and not isinstance(column.type, LargeBinary | TSVECTOR)
        ]

    def theirs(self, person_id: UUID, address: str) -> ColumnElement[bool]:
        """Say in SQL which rows are about a person who signed in at an address."""
        if self.at is not None:
            return self.at(address)
        return or_(*(self.table.c[name] == person_id for name in self.by))


def collect(
    session: Session, held: Iterable[Held], person_id: UUID, principal: Principal
) -> dict[str, Any]:
    """Gather all rows about a person: ``parts`` by kind, and the kinds that were ``withheld``.

    One statement for each kind. Of more than :data:`MOST` rows the newest are given, and
    ``left_out`` says how many are not. What the person did here is the kind ``deed``: the type and
    subject of each event, and when.
    """
    in_person = principal.id == person_id
    parts, withheld = [], []
    for each in held:
        if (each.is_private and not in_person) or (each.at is not None and not principal.email):
            withheld.append(each.kind)
        elif part := _part(session, each, each.theirs(person_id, principal.email)):
            parts.append(part)
    deeds = session.execute(_DEEDS, {"actor": f"person:{person_id}", "most": MOST}).mappings().all()
    if deeds:
        rows = [{name: row[name] for name in ("type", "subject", "at")} for row in deeds]
        parts.append({"kind": DEEDS, "rows": rows, "left_out": deeds[0]["amount"] - len(rows)})
    return {"parts": parts, "withheld": withheld}


def columns_naming_people(tables: Iterable[Table]) -> Iterator[tuple[str, str]]:
    """List the columns that hold a person's id, by what they are called."""
    for table in tables:
        for column in table.columns:
            if isinstance(column.type, Uuid) and NAMES_A_PERSON.search(column.name):
                yield table.name, column.name


def _part(session: Session, held: Held, theirs: ColumnElement[bool]) -> dict[str, Any] | None:
    keys = [column.desc() for column in held.table.primary_key.columns]
    rows = session.execute(select(*held.columns()).where(theirs).order_by(*keys).limit(MOST))
    found = [_open(row) for row in rows.mappings()]
    if not found:
        return None
    left_out = 0
    if len(found) == MOST:
        counting = select(func.count()).select_from(held.table).where(theirs)
        left_out = (session.scalar(counting) or MOST) - MOST
    return {"kind": held.kind, "rows": found, "left_out": left_out}


def _open(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _without_secrets(value) for name, value in row.items()}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_secrets(each) for key, each in value.items() if key not in SECRETS}
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value
