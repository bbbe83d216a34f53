"""A database that is away, told from a message that fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseAway(Exception):
    """The database did not answer: nothing was settled, and no message is to blame."""


@contextmanager
def guarded() -> Iterator[None]:
    """Raise :class:`DatabaseAway` where the server, and no statement, is at fault."""
    try:
        yield
    except (PoolTimeout, InterfaceError) as error:
        raise DatabaseAway from error
    except (DataError, psycopg.DataError):
        # The driver refuses some values itself, such as a NUL in a text, and gives no code.
        raise
    except (DBAPIError, psycopg.Error) as error:
        if getattr(error, "connection_invalidated", False) or _is_away(sqlstate(error)):
            raise DatabaseAway from error
        raise


def sqlstate(error: DBAPIError | psycopg.Error) -> str | None:
    """Return PostgreSQL's code of an error; None where the server did not say any."""
    return getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)


def _is_away(code: str | None) -> bool:
    return code is None or (code[:2] in {"08", "53", "57"} and code != "57014")
