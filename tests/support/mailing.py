"""What the tests of mail share: a rough mail server, and a notifier with people to write to."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import struct
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import text

from chassis import clock
from chassis.database import Database
from chassis.service import Service, WorkerContext
from contracts import directory


class RoughServer:
    """A mail server that misbehaves on the wire, below what a well-behaved one can be told to do.

    ``behaviour`` gets each connection, with a reader of lines, and does as it likes with it.
    """

    def __init__(self, behaviour: Callable[[Conversation], None]) -> None:
        """Listen at a free port."""
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self.port = int(self._listener.getsockname()[1])
        self.conversations: list[Conversation] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """The address, as settings write it."""
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Run until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up on everybody."""
        self._stop.set()
        self._listener.close()
        for conversation in self.conversations:
            conversation.hang_up()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            conversation = Conversation(connection, self._stop)
            self.conversations.append(conversation)
            threading.Thread(target=self._hold, args=(conversation,), daemon=True).start()

    def _hold(self, conversation: Conversation) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._behaviour(conversation)


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, stop: threading.Event) -> None:
        """Take a connection over."""
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._stop = stop
        self.said: list[bytes] = []

    def say(self, line: str) -> None:
        """Say a line."""
        self._connection.sendall(f"{line}\r\n".encode())

    def hear(self) -> bytes:
        """Return what the other side says next, to the end of its line."""
        line = self._reader.readline()
        if not line:
            raise OSError("hung up")
        self.said.append(line)
        return line

    def begin_mail(self) -> None:
        """Be polite until the other side may send its message."""
        self.say("220 rough")
        while not self.hear().upper().startswith(b"DATA"):
            self.say("250 OK")
        self.say("354 Go on")

    def hear_mail(self) -> None:
        """Hear a message to its final dot."""
        while self.hear() != b".\r\n":
            pass

    def dribble(self, words: bytes = b"2" * 10_000) -> None:
        """Say a byte now and then, for ever."""
        for byte in words:
            if self._stop.wait(0.1):
                return
            self._connection.sendall(bytes([byte]))

    def hang_up(self) -> None:
        """Break the connection."""
        # At once, throwing away what was not heard: the other side's next word fails.
        with contextlib.suppress(OSError):
            self._connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        self._connection.close()
        self._reader.close()


@dataclasses.dataclass
class Office:
    """The notifier with people to write to, and a hand on its worker."""

    service: Service
    database: Database
    settings: Any
    deliver: Any
    clock: Any

    def person(self, name: str = "Kirsten Mølgaard", *, email: str = "") -> UUID:
        """Let the directory have told of a person; return their id."""
        id_ = uuid4()
        address = email or f"{id_.hex[:12]}@example.org"
        self.deliver(directory.PersonRegistered(person_id=id_, name=name, email=address))
        return id_

    def letter(self, person: UUID, *, reason: str = "Foreningen findes allerede.") -> None:
        """Let something happen that a person is told of by letter."""
        self.deliver(
            directory.AssociationRejected(
                association_id=uuid4(),
                name="Nørrebro Skakklub",
                contact_person_id=person,
                reason=reason,
            )
        )

    def sign_in_link(self, person: UUID, *, token: str = "") -> None:
        """Let a person ask for a link to sign in."""
        self.deliver(
            directory.SignInLinkRequested(
                sign_in_link_id=uuid4(),
                person_id=person,
                token=token or uuid4().hex,
                code="123456",
                expires_at=clock.now() + timedelta(minutes=15),
            )
        )

    def send(self, **settings: Any) -> None:
        """Let the worker do all that is due now, under changed settings if given."""
        context = WorkerContext(
            database=self.database,
            settings=dataclasses.replace(self.settings, **settings),
            stop=threading.Event(),
        )
        while self.service.handlers.workers["mail"](context):
            pass

    def send_later(self, **settings: Any) -> None:
        """Let as much time pass as any pause between two attempts, then send."""
        self.clock.move(timedelta(hours=1))
        self.send(**settings)

    def end_leases(self) -> None:
        """Let the time be up of whoever has a mail in hand."""
        with self.database.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE delivery SET lease_until = clock_timestamp() - interval '1 second'"
                    " WHERE lease_until IS NOT NULL"
                )
            )

    def rows(self) -> list[Any]:
        """Every delivery, oldest first."""
        with self.database.reading() as session:
            return list(session.execute(text("SELECT * FROM delivery ORDER BY created_at, id")))

    @property
    def statuses(self) -> list[str]:
        """The status of every delivery."""
        return [row.status for row in self.rows()]
