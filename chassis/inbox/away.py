"""A database that is away, told from a message that fails."""

from collections.abc import Iterator
from contextlib import contextmanager

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
    except DataError:
        # The driver refuses some values itself, such as a NUL in a text, and gives no code.
        raise
    except DBAPIError as error:
        if error.connection_invalidated or _is_away(getattr(error.orig, "sqlstate", None)):
            raise DatabaseAway from error
        raise


def _is_away(sqlstate: str | None) -> bool:
    return sqlstate is None or (sqlstate[:2] in {"08", "53", "57"} and sqlstate != "57014")
