"""Forgetting a person in what is kept: the event log and the stored messages of a service.

Cases keep their events; what says who somebody was is blanked in them (GDPR art. 17). Which fields
that is, the event classes say themselves: those marked ``Annotated[str, personal(...)]``.
"""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, func, select, update
from sqlalchemy.orm import Session

from chassis.database import event_log, inbox
from chassis.events import personal_fields, registered


def redact(session: Session, person_id: UUID) -> int:
    """Blank a person's data in every event kept here that is about them; return how many changed.

    An event is about the person it names in ``person_id``. Call it in the unit of work that erases
    the person, or that handles the event telling so.
    """
    marked = {
        type_: fields for type_, cls in registered().items() if (fields := personal_fields(cls))
    }
    changed = 0
    for table, key in ((event_log, event_log.c.id), (inbox, inbox.c.event_id)):
        rows = session.execute(
            select(key.label("key"), table.c.type, table.c.body)
            .where(
                table.c.type.in_(marked),
                table.c.body.is_not(None),
                func.strpos(func.encode(table.c.body, "escape"), str(person_id)) > 0,
            )
            .with_for_update()
        ).all()
        for row in rows:
            blank = _blanked(bytes(row.body), person_id, marked[row.type])
            if blank is not None:
                session.execute(_store(table, key, row.key, blank))
                changed += 1
    return changed


def _blanked(body: bytes, person_id: UUID, fields: dict[str, str]) -> bytes | None:
    document = orjson.loads(body)
    data = document["data"]
    if data.get("person_id") != str(person_id):
        return None
    for name in fields:
        if data.get(name):
            data[name] = ""
    return orjson.dumps(document)


def _store(table: Table, key: Any, value: UUID, body: bytes) -> Any:
    return update(table).where(key == value).values(body=body)
