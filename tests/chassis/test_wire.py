"""Statements that go past psycopg, on a connection that stays its."""

import select

import psycopg
import pytest

from chassis.database import NOTIFY_CHANNEL
from chassis.wire import Wire

ECHO = "SELECT $1 ::text, $2 ::bigint"


@pytest.fixture
def connection(database):
    with database.dedicated("wire") as connection:
        yield connection


@pytest.fixture
def wire(connection):
    wire = Wire(connection)
    wire.prepare(b"echo", ECHO)
    return wire


def test_rows_come_in_binary_form(wire):
    assert wire.ask(b"echo", "rødgrød", "258") == [["rødgrød".encode(), bytes([0] * 6 + [1, 2])]]


def test_the_connection_stays_the_drivers(wire, connection):
    with connection.transaction():
        wire.ask(b"echo", "a", "1")
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert wire.ask(b"echo", "b", "1")[0][0] == b"b"
    assert connection.execute("SELECT 2").fetchone() == (2,)


def test_more_than_a_sockets_buffer_arrives_whole(wire):
    long = "å" * 8_000_000

    assert wire.ask(b"echo", long, "1")[0][0] == long.encode()


def test_a_nul_is_refused_and_not_cut_off(wire):
    with pytest.raises(psycopg.DataError):
        wire.ask(b"echo", "before\0after", "1")

    assert wire.ask(b"echo", "after", "1")[0][0] == b"after"


def test_what_the_database_refuses_has_its_class(wire):
    with pytest.raises(psycopg.errors.InvalidTextRepresentation) as raised:
        wire.ask(b"echo", "a", "many")

    assert raised.value.sqlstate == "22P02"
    assert wire.ask(b"echo", "a", "1")


def test_a_statement_that_the_server_forgot_is_prepared_again(wire, connection):
    connection.execute("DEALLOCATE ALL")
    wire.prepare(b"echo", ECHO)
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        wire.ask(b"echo", "a", "1")

    wire.prepare(b"echo", ECHO)

    assert wire.ask(b"echo", "a", "1")


def test_a_statement_that_the_server_still_knows_is_no_error(wire, connection):
    again = Wire(connection)
    again.prepare(b"echo", ECHO)

    assert again.ask(b"echo", "a", "1")


def test_a_connection_that_died_is_told_as_the_driver_does(wire, connection, database):
    with database.dedicated("ending") as ending:
        ending.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])

    with pytest.raises(psycopg.OperationalError):
        wire.ask(b"echo", "a", "1")
    with pytest.raises(psycopg.OperationalError):
        wire.has_news()


def test_news_is_told_once_also_what_came_with_an_answer(wire, connection, database):
    connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
    assert not wire.has_news()

    with database.dedicated("telling") as telling:
        telling.execute(f"NOTIFY {NOTIFY_CHANNEL}")
        select.select([wire], [], [], 10)
        assert wire.has_news()
        assert not wire.has_news()

        telling.execute(f"NOTIFY {NOTIFY_CHANNEL}")
        wire.ask(b"echo", "a", "1")
        assert wire.has_news()
