"""libpq itself, under a connection of psycopg: for statements that somebody waits for.

A process that slept pays for every step it takes. Psycopg's way of executing a statement costs it
more than the database does (docs/decisions/0080), so the few statements between a commit and the
handler go past it: prepared once, sent with values that are text already, read as bytes. The
connection stays psycopg's for all else.
"""

import select
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg.pq import ExecStatus, Format

_GOOD: Final = {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}

Row = list[bytes]


class Wire:
    """The wire to the database. One statement at a time: what is sent must be read."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._libpq = connection.pgconn
        self._poll = select.poll()
        self._poll.register(self._libpq.socket, select.POLLIN)
        self._prepared: set[bytes] = set()

    def prepare(self, name: bytes, statement: str) -> None:
        """Prepare a statement with ``$1`` for its values, once. Raises ``psycopg.Error``."""
        if name not in self._prepared:
            self._libpq.send_prepare(name, statement.encode())
            self._flush()
            with suppress(psycopg.errors.DuplicatePreparedStatement):
                self.read()
            self._prepared.add(name)

    def send(self, statement: bytes) -> None:
        """Send a statement without values. Raises ``psycopg.Error``."""
        self._libpq.send_query(statement)
        self._flush()

    def send_prepared(self, name: bytes, *values: str) -> None:
        """Send the values of a prepared statement. Raises ``psycopg.Error``."""
        if any("\0" in value for value in values):
            # libpq would take what stands before it for all of it.
            raise psycopg.DataError("a text for PostgreSQL cannot hold a NUL")
        self._libpq.send_query_prepared(
            name, [value.encode() for value in values], None, Format.BINARY
        )
        self._flush()

    def read(self) -> list[Row]:
        """Wait for the answer, while other threads work; return its rows, NULL as b"".

        Raises ``psycopg.Error``, of the class that the database's code has.
        """
        libpq = self._libpq
        while libpq.is_busy():
            self._poll.poll()
            libpq.consume_input()
        result = libpq.get_result()
        while libpq.get_result() is not None:
            pass
        if result is None:
            raise psycopg.OperationalError("no answer")
        if result.status not in _GOOD:
            error = psycopg.errors.error_from_result(result)
            if isinstance(error, psycopg.errors.InvalidSqlStatementName):
                # Psycopg has the server forget all statements of a connection that it rolls back.
                self._prepared.clear()
            raise error
        return [
            [result.get_value(row, column) or b"" for column in range(result.nfields)]
            for row in range(result.ntuples)
        ]

    def ask(self, name: bytes, *values: str) -> list[Row]:
        """Send a prepared statement and wait for its rows. Raises ``psycopg.Error``."""
        self.send_prepared(name, *values)
        return self.read()

    def fileno(self) -> int:
        """Return its socket, which becomes readable where there may be news."""
        return self._libpq.socket

    def has_news(self) -> bool:
        """Whether a notification came since the last look. Raises ``psycopg.Error``."""
        self._libpq.consume_input()
        came = False
        while self._libpq.notifies() is not None:
            came = True
        return came

    def _flush(self) -> None:
        """Send all of it, also what is more than the socket's buffer holds."""
        while self._libpq.flush():
            self._poll.modify(self._libpq.socket, select.POLLIN | select.POLLOUT)
            self._poll.poll()
            self._poll.modify(self._libpq.socket, select.POLLIN)
            # A server that waits for us to read would never read what we write.
            self._libpq.consume_input()
