"""Transactions that begin before their message has been read."""

from uuid import uuid4

import pytest
from sqlalchemy import event as listening
from sqlalchemy import text

from chassis.inbox import DatabaseAway, Inbox
from tests.support.sample.ledger import lines
from tests.support.sample.messages import story

SESSIONS = text(
    "SELECT pid, state FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND application_name LIKE 'samspil-%' ORDER BY pid"
)
END_THEM = text(
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
    assert states(database) == ["idle in transaction"]

    assert inbox.settle(story(uuid4(), moves=3)) == ["handled"] * 4
    assert states(database) == ["idle"]
    assert len(lines(database)) == 4


def test_a_second_word_changes_nothing(inbox, database):
    inbox.prepare()
    inbox.expect()
    inbox.expect()

    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]


def test_without_time_to_prepare_it_goes_as_ever(inbox, database):
    inbox.expect()

    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]


def test_what_was_begun_for_nothing_is_given_back(inbox, database):
    inbox.prepare()
    inbox.expect()
    inbox.prepare()
    assert states(database) == ["idle"]

    inbox.expect()
    inbox.close()
    assert states(database) == ["idle"]


def test_a_connection_that_died_at_hand_costs_no_message(inbox, database):
    inbox.prepare()
    with database.dedicated("ending") as ending:
        ending.execute(END_THEM.text)

    assert inbox.settle(story(uuid4(), moves=0)) == ["handled"]


def test_a_connection_that_dies_after_its_answer_is_nobodys_fault(inbox, database):
    message = story(uuid4(), moves=0)
    inbox.prepare()
    inbox.expect()
    assert states(database) == ["idle in transaction"]
    with database.dedicated("ending") as ending:
        ending.execute(END_THEM.text)

    with pytest.raises(DatabaseAway):
        inbox.settle(message)
    assert inbox.settle(message) == ["handled"]
    assert len(lines(database)) == 1


def test_a_connection_that_dies_at_the_first_statement_is_nobodys_fault(inbox, database):
    message = story(uuid4(), moves=0)
    with database.dedicated("ending") as ending:

        def end_them(*_):
            ending.execute(END_THEM.text)

        listening.listen(database.engine, "checkout", end_them)
        with pytest.raises(DatabaseAway):
            inbox.settle(message)
        listening.remove(database.engine, "checkout", end_them)

    assert inbox.settle(message) == ["handled"]
    assert len(lines(database)) == 1


def states(database):
    """What the server says of the sessions of this database."""
    with database.dedicated("looking") as looking:
        return [state for _, state in looking.execute(SESSIONS.text).fetchall()]
