"""Beginning a transaction while its message is still on its way."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.database import Database
from chassis.wire import Wire

# Where a pooled connection keeps its wire: what is prepared lives as long as the connection.
WIRE: Final = "samspil.wire"


class EarlyTransaction:
    """A session with a connection at hand, which can begin before anybody waits for it.

    A database that slept takes longest over the first word said to it. So that word is said when
    the broker's socket stirs, and the message is read while the database wakes
    (docs/decisions/0028). ``statements`` are prepared on the connection, under their names.

    It belongs to one thread; only :meth:`begin` may be called from others.
    """

    def __init__(self, database: Database, statements: Mapping[bytes, str]) -> None:
        self._database = database
        self._statements = statements
        self._lock = threading.Lock()
        self._held: tuple[Session, Wire] | None = None
        self._is_begun = False

    def prepare(self) -> None:
        """Have a connection at hand, and give back what was begun for nothing.

        Never raises: whoever needs the database finds out when it is away.
        """
        with self._lock:
            self._end()
            self._open()

    def begin(self) -> None:
        """Send BEGIN where a connection is at hand, and do not wait for the answer."""
        # Where the lock is taken, the connection is about to be used, or to be given back.
        if self._lock.acquire(blocking=False):
            try:
                self._send()
            finally:
                self._lock.release()

    def take(self) -> tuple[Session, Wire] | None:
        """Hand over the session, in a transaction, and its wire; None where none lives."""
        with self._lock:
            self._open()
            self._send()
            if self._held is None:
                return None
            if not self._has_begun(self._held[1]):
                self._drop()
                # Whatever ended this connection has most likely ended the others.
                self._database.close()
                return None
            taken, self._held, self._is_begun = self._held, None, False
            return taken

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._end()
            held, self._held = self._held, None
            if held is not None:
                held[0].close()

    def _open(self) -> None:
        if self._held is not None:
            return
        session = self._database.session()
        try:
            self._held = session, self._wire_of(session)
        except (SQLAlchemyError, psycopg.Error):
            _invalidate(session)

    def _wire_of(self, session: Session) -> Wire:
        pooled = session.connection().connection
        wire: Wire | None = pooled.info.get(WIRE)
        if wire is None:
            wire = pooled.info[WIRE] = Wire(pooled.driver_connection)  # type: ignore[arg-type]
        for name, statement in self._statements.items():
            wire.prepare(name, statement)
        return wire

    def _send(self) -> None:
        if self._held is None or self._is_begun:
            return
        with suppress(psycopg.Error):
            self._held[1].send(b"BEGIN")
        # Also where that failed: then no good answer comes.
        self._is_begun = True

    def _has_begun(self, wire: Wire) -> bool:
        """Wait for the answer; other threads work meanwhile."""
        try:
            wire.read()
        except psycopg.Error:
            return False
        return True

    def _end(self) -> None:
        """End what was begun for nothing. Not by the driver, which forgets statements with it."""
        if self._held is None or not self._is_begun:
            return
        wire = self._held[1]
        try:
            wire.read()
            wire.send(b"ROLLBACK")
            wire.read()
            self._is_begun = False
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        held, self._held, self._is_begun = self._held, None, False
        if held is not None:
            _invalidate(held[0])


def _invalidate(session: Session) -> None:
    with suppress(SQLAlchemyError, psycopg.Error):
        session.invalidate()
