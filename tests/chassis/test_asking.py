"""Reading by several statements in one round trip."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from chassis.database import Database, ask
from tests.support.sample.services import shelf

ONE = "SELECT %(value)s::integer AS value"


@pytest.fixture
def service():
    return shelf


def test_each_statement_has_its_own_rows_in_order(database):
    with database.reading() as session:
        first, none, second = ask(
            session, (ONE, {"value": 1}), (f"{ONE} LIMIT 0", {"value": 2}), (ONE, {"value": 3})
        )

    assert (first, none, second) == ([(1,)], [], [(3,)])


def test_what_the_database_refuses_is_told_as_by_any_other_read(database):
    with (
        database.reading() as session,
        pytest.raises(ProgrammingError) as raised,
    ):
        ask(session, (ONE, {"value": 1}), ("SELECT nothing", {}))

    assert raised.value.orig.sqlstate == "42703"
    with database.reading() as session:
        assert ask(session, (ONE, {"value": 1})) == [[(1,)]]


def test_a_connection_that_died_is_not_used_again(database):
    dying = ("SELECT pg_terminate_backend(pg_backend_pid())", {})
    with database.reading() as session, pytest.raises(OperationalError):
        ask(session, dying, (ONE, {"value": 1}))

    with database.reading() as session:
        assert ask(session, (ONE, {"value": 1})) == [[(1,)]]


def test_whoever_is_stopped_midway_leaves_no_connection_without_transactions(database, monkeypatch):
    def stopped(_cursor):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.Cursor, "fetchall", stopped)
        with database.reading() as session, pytest.raises(KeyboardInterrupt):
            ask(session, (ONE, {"value": 1}))

    with database.session() as session:
        session.execute(text("CREATE TABLE half (value integer)"))
        session.rollback()
        assert session.scalar(text("SELECT to_regclass('half')")) is None


def test_a_database_that_is_away_is_told_as_by_any_other_read():
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", service="shelf")
    with away.reading() as session, pytest.raises(OperationalError):
        ask(session, (ONE, {"value": 1}))
    away.close()
