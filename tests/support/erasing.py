"""Messages about a person that a service keeps because it could not handle them."""

from uuid import UUID

from sqlalchemy import text

from chassis.events import decode, encode
from chassis.inbox import Inbox, Message
from contracts.directory import PersonChanged
from tests.support.sample.messages import wrap

NAME = "Torben Todelt"
PERSON = UUID("0197e5a0-0000-7000-8000-00000000aaaa")
OTHER = UUID("0197e5a0-0000-7000-8000-00000000bbbb")
KINDS = ("parked", "dead", "dead, of another form", "unknown version", "no content type", "no JSON")


def keep(kind, service, database):
    """Have the inbox keep such a message; return its bytes."""
    event = PersonChanged(person_id=PERSON, name=NAME, email="torben@example.org", language="da")
    body = wrap(event, 3 if kind == "parked" else 1)
    content_type, fault = "application/json", ""
    if kind == "dead":
        fault = "dead-lettered by the broker: delivery_limit"
    elif kind == "dead, of another form":
        body = encode(decode(body), {"person_id": str(PERSON), "navn": [NAME], "name": 7})
    elif kind == "unknown version":
        changed = wrap(event, 1, type=event.TYPE.replace(".v1", ".v9"))
        body = encode(decode(changed), {"person_id": str(PERSON), "who": {"called": NAME}})
    elif kind == "no content type":
        content_type = ""
    elif kind == "no JSON":
        body = f"<person id='{PERSON}'>{NAME}</person>".encode()
    Inbox(service, database).settle([Message(body, content_type, fault=fault)])
    return body


def kept(database):
    """Return the bytes and errors of everything that waits in the inbox."""
    with database.reading() as session:
        rows = session.execute(text("SELECT body, error FROM inbox WHERE settled_at IS NULL")).all()
    return "\n".join(f"{bytes(row.body).decode()} {row.error}" for row in rows)
