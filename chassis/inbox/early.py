"""Beginning a transaction while its message is still on its way."""

import select
import threading
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.database import Database


class EarlyTransaction:
    """A session with a connection at hand, which can begin before anybody waits for it.

    A database that slept takes longest over the first word said to it. So that word is said when
    the broker's socket stirs, and the message is read while the database wakes
    (docs/decisions/0028).

    It belongs to one thread; only :meth:`begin` may be called from others.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._wire: Any = None
        self._is_begun = False

    def prepare(self) -> None:
        """Have a connection at hand, and give back what was begun for nothing.

        Never raises: whoever needs the database finds out when it is away.
        """
        with self._lock:
            if self._is_begun:
                self._give_back()
            if self._session is None:
                with suppress(SQLAlchemyError, psycopg.Error):
                    session = self._database.session()
                    self._wire = session.connection().connection.driver_connection.pgconn  # type: ignore[union-attr]
                    self._session = session

    def begin(self) -> None:
        """Send BEGIN where a connection is at hand, and do not wait for the answer."""
        # Where the lock is taken, the connection is about to be used, or to be given back.
        if self._lock.acquire(blocking=False):
            try:
                self._send()
            finally:
                self._lock.release()

    def take(self) -> Session | None:
        """Hand over the session, in a transaction; None where there is none that lives."""
        with self._lock:
            self._send()
            session = self._session
            if session is None:
                return None
            if not self._has_begun():
                self._drop()
                # Whatever ended this connection has most likely ended the others.
                self._database.close()
                return None
            self._session, self._is_begun = None, False
            return session

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._give_back()

    def _send(self) -> None:
        if self._session is None or self._is_begun:
            return
        with suppress(psycopg.Error):
            self._wire.send_query(b"BEGIN")
            self._wire.flush()
        # Also where that failed: then no good answer comes.
        self._is_begun = True

    def _has_begun(self) -> bool:
        """Wait for the answer; other threads work meanwhile."""
        try:
            while self._wire.is_busy():
                select.select([self._wire.socket], [], [])
                self._wire.consume_input()
            result = self._wire.get_result()
            while self._wire.get_result() is not None:
                pass
        except psycopg.Error:
            return False
        return result is not None and result.status == ExecStatus.COMMAND_OK

    def _give_back(self) -> None:
        if self._session is not None and (not self._is_begun or self._has_begun()):
            self._session.close()
            self._session, self._is_begun = None, False
        self._drop()

    def _drop(self) -> None:
        session, self._session, self._is_begun = self._session, None, False
        if session is not None:
            with suppress(SQLAlchemyError, psycopg.Error):
                session.invalidate()
