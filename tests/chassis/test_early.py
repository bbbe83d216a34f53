"""Transactions that begin before their message has been read."""

from uuid import uuid4

import pytest
from sqlalchemy import event as listening

from chassis.inbox import DatabaseAway, Inbox
from tests.support.sample.ledger import lines
from tests.support.sample.messages import story

IN_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND state = 'idle in transaction'"
)
END_THEM = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def inbox(service, database):
    inbox = Inbox(service, database)
    yield inbox
    inbox.close()


def test_what_is_expected_is_handled_in_the_transaction_that_began_early(inbox, database):
    inbox.prepare()
    inbox.expect()
    assert in_transaction(database) == 1

    assert inbox.settle(story(uuid4(), moves=3)) == ["handled"] * 4
    assert in_transaction(database) == 0
    assert len(lines(database)) == 4


def test_a_second_word_changes_nothing(inbox, database):
    inbox.prepare()
    inbox.expect()
    inbox.expect()

    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]


def test_without_time_to_prepare_it_goes_as_ever(inbox, database):
    inbox.expect()

    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]


def test_a_statement_that_the_server_forgot_is_prepared_again(inbox, database):
    """Psycopg has the server forget what is prepared on a connection that it rolls back."""
    # One connection from here on.
    database.close()
    inbox.settle(story(uuid4(), moves=0))
    statements = []
    listening.listen(
        database.engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )

    def forget(connection, *_):
        connection.pgconn.exec_(b"DEALLOCATE ALL")

    listening.listen(database.engine, "checkout", forget, once=True)

    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]
    assert any("inbox" in statement for statement in statements)
    statements.clear()
    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]
    assert statements
    assert not any("inbox" in statement for statement in statements)


def test_what_was_begun_for_nothing_is_given_back(inbox, database):
    inbox.prepare()
    inbox.expect()
    inbox.prepare()
    assert in_transaction(database) == 0

    inbox.expect()
    inbox.close()
    assert in_transaction(database) == 0


def test_a_connection_that_died_at_hand_costs_no_message(inbox, database):
    inbox.prepare()
    with database.dedicated("ending") as ending:
        ending.execute(END_THEM)

    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]


def test_a_connection_that_dies_after_its_answer_is_nobodys_fault(inbox, database):
    message = story(uuid4(), moves=0)
    inbox.prepare()
    inbox.expect()
    assert in_transaction(database) == 1
    with database.dedicated("ending") as ending:
        ending.execute(END_THEM)

    with pytest.raises(DatabaseAway):
        inbox.settle(message)
    assert inbox.settle(message) == ["handled"]
    assert len(lines(database)) == 1


def test_a_connection_that_dies_at_the_first_statement_is_nobodys_fault(inbox, database):
    message = story(uuid4(), moves=0)
    with database.dedicated("ending") as ending:

        def end_them(*_):
            ending.execute(END_THEM)

        listening.listen(database.engine, "checkout", end_them)
        with pytest.raises(DatabaseAway):
            inbox.settle(message)
        listening.remove(database.engine, "checkout", end_them)

    assert inbox.settle(message) == ["handled"]
    assert len(lines(database)) == 1


def in_transaction(database):
    """How many sessions of this database have begun a transaction and wait."""
    with database.dedicated("looking") as looking:
        return looking.execute(IN_TRANSACTION).fetchone()[0]
