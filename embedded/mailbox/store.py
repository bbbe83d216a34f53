"""Where mails are kept: one table, the bytes as they came, and what lists need to know of them."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from chassis import clock

metadata = MetaData()
mail = Table(
    "mail",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("sender", Text, nullable=False),
    Column("recipients", ARRAY(Text), nullable=False),
    Column("subject", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("copies", Integer, nullable=False, server_default="1"),
    Index("ix_mail_recipients", "recipients", postgresql_using="gin"),
)


@dataclass(frozen=True)
class Part:
    """Something that hangs on a mail: a file, or a calendar entry."""

    name: str
    type: str
    content: bytes

    @property
    def text(self) -> str | None:
        """Its content as text, where it is text; else None."""
        if not self.type.startswith("text/") and self.type != "application/ics":
            return None
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True)
class StoredMail:
    """A mail as it was kept."""

    id: int
    message_id: str
    sender: str
    recipients: Sequence[str]
    subject: str
    content: bytes
    received_at: datetime
    copies: int

    @cached_property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return BytesParser(policy=policy.SMTP).parsebytes(self.content)

    @property
    def date(self) -> datetime:
        """The time in the mail itself; when it came where it has none."""
        try:
            return parsedate_to_datetime(str(self.message["Date"]))
        except (TypeError, ValueError):
            return self.received_at

    @property
    def text(self) -> str:
        """The plain text; empty where there is none."""
        return _body(self.message, "plain")

    @property
    def html(self) -> str:
        """The HTML; empty where there is none."""
        return _body(self.message, "html")

    @property
    def attachments(self) -> list[Part]:
        """What hangs on it: files and calendar entries, in their order."""
        bodies = {
            id(body)
            for kind in ("plain", "html")
            if (body := self.message.get_body((kind,))) is not None
        }
        return [
            Part(
                name=part.get_filename() or f"{part.get_content_subtype()}-{place}",
                type=part.get_content_type(),
                content=_bytes(part),
            )
            for place, part in enumerate(self.message.walk())
            if not part.is_multipart() and id(part) not in bodies
        ]

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values; content that is no text is base64."""
        return {
            "id": self.id,
            "message_id": self.message_id,
            "from": str(self.message["From"] or self.sender),
            "to": list(self.recipients),
            "subject": self.subject,
            "date": self.date.isoformat(),
            "received_at": self.received_at.isoformat(),
            "headers": {name: str(value) for name, value in self.message.items()},
            "text": self.text,
            "html": self.html,
            "attachments": [
                {
                    "name": part.name,
                    "type": part.type,
                    "content": text
                    if (text := part.text) is not None
                    else base64.b64encode(part.content).decode(),
                }
                for part in self.attachments
            ],
            "copies": self.copies,
        }


class MailStore:
    """The table of mails. Safe for several threads."""

    def __init__(self, url: str) -> None:
        """Describe the store; it connects when it is first used."""
        self._engine = create_engine(
            url,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 5,
                "application_name": "samspil-mailbox",
                "options": "-c statement_timeout=5000 -c lock_timeout=2000 -c timezone=UTC",
            },
        )

    def prepare(self) -> None:
        """Make the table where it is missing."""
        metadata.create_all(self._engine)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def keep(self, sender: str, recipients: Sequence[str], content: bytes) -> None:
        """Commit a mail, or count it as one more copy of a mail that is there already."""
        parsed = BytesParser(policy=policy.SMTP).parsebytes(content, headersonly=True)
        # A mail that names no id is known by its content.
        own = str(parsed["Message-ID"] or "").strip()
        message_id = own or f"<{hashlib.sha256(content).hexdigest()}@mailbox>"
        statement = insert(mail).values(
            message_id=_storable(message_id),
            sender=_storable(sender),
            recipients=[_storable(each) for each in recipients],
            subject=_storable(str(parsed["Subject"] or "")),
            content=content,
            received_at=clock.now(),
        )
        again = statement.on_conflict_do_update(
            index_elements=[mail.c.message_id], set_={"copies": mail.c.copies + 1}
        )
        with self._engine.begin() as connection:
            connection.execute(again)

    def mails(
        self, *, to: str = "", since: datetime | int | None = None, limit: int | None = None
    ) -> list[StoredMail]:
        """Return mails, newest first; to one address, and after a moment or an id, when asked."""
        statement = select(mail).order_by(mail.c.id.desc()).limit(limit)
        if to:
            statement = statement.where(mail.c.recipients.contains([to]))
        if isinstance(since, datetime):
            statement = statement.where(mail.c.received_at >= since)
        elif since is not None:
            statement = statement.where(mail.c.id > since)
        with self._engine.connect() as connection:
            return [StoredMail(**row._mapping) for row in connection.execute(statement)]

    def find(self, id_: int) -> StoredMail | None:
        """Return one mail, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(select(mail).where(mail.c.id == id_)).one_or_none()
        return StoredMail(**row._mapping) if row else None

    def recipients(self) -> list[tuple[str, int]]:
        """Return every address that has mail, with how many."""
        address = func.unnest(mail.c.recipients).label("address")
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(address, func.count().label("count")).group_by("address").order_by("address")
            )
            return [(row.address, int(row[1])) for row in rows]


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:
        return _bytes(part).decode("utf-8", "replace")


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL and no half characters; a mail may hold both."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
