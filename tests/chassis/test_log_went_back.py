"""A publisher whose log was put back to an earlier copy uses numbers again: that is found (F39)."""

from uuid import UUID

import pytest

from chassis import dead, replay
from chassis.inbox import Inbox, Message
from chassis.inbox.message import REPLAY
from tests.support.sample.contracts import ItemCleaned, ItemMoved, ItemMovedV2
from tests.support.sample.ledger import copies, lines, position, rows, statuses
from tests.support.sample.messages import story, wrap

ITEM = UUID("0197e5a0-0000-7000-8000-000000000001")
SUBJECT = f"item/{ITEM}"


@pytest.fixture
def inbox(service, database):
    return Inbox(service, database)


def moved(number, sequence):
    return Message(wrap(ItemMoved(item_id=ITEM, number=number), sequence))


def dead_errors(database):
    return [row.error for row in rows(database, "SELECT error FROM inbox WHERE status = 'dead'")]


@pytest.mark.parametrize("alone", [True, False])
def test_another_event_with_a_number_that_was_used_is_a_dead_letter(inbox, database, alone):
    inbox.settle(story(ITEM))
    others = [] if alone else story()

    outcomes = inbox.settle([moved(70, 3), *others])

    assert outcomes[0] == "dead"
    assert set(outcomes[1:]) <= {"handled"}
    assert dead_errors(database) == [f"SequenceReused: another event of {SUBJECT} had the number 3"]
    assert copies(database)[ITEM] == "0 1 2 3"
    assert position(database, SUBJECT) == 4


def test_both_in_one_batch_are_told_apart(inbox, database):
    first, second, *_ = story(ITEM)

    outcomes = inbox.settle([first, second, moved(70, 2)])

    assert sorted(outcomes) == ["dead", "handled", "handled"]


def test_what_comes_twice_stays_one_dead_letter(inbox, database):
    inbox.settle(story(ITEM))
    stranger = moved(70, 3)

    assert inbox.settle([stranger]) == ["dead"]
    assert inbox.settle([stranger]) == ["duplicate"]
    assert statuses(database)["dead"] == 1


def test_trying_it_again_does_not_pass_it_off_as_a_duplicate(inbox, database):
    inbox.settle(story(ITEM))
    inbox.settle([moved(70, 3)])
    dead.retry(database, None)

    assert inbox.retry() == ["dead"]
    assert len(dead_errors(database)) == 1


def test_the_subject_goes_on(inbox, database):
    inbox.settle(story(ITEM))
    inbox.settle([moved(70, 3)])

    assert inbox.settle([moved(4, 5)]) == ["handled"]


def test_versions_of_one_fact_still_share_a_number(inbox):
    inbox.settle(story(ITEM))
    other_version = Message(wrap(ItemMovedV2(item_id=ITEM, position=3), 4))

    assert inbox.settle([other_version]) == ["duplicate"]


def test_what_nobody_listens_to_may_bear_any_number(inbox):
    inbox.settle(story(ITEM))

    assert inbox.settle([Message(wrap(ItemCleaned(item_id=ITEM), 3))]) == ["duplicate"]


def test_after_a_rebuild_from_the_log_that_went_back_the_dead_letter_is_handled(
    inbox, service, database
):
    """The publisher's log is the truth: what it forgot is undone, what it says is done."""
    first, second, third, fourth = story(ITEM)
    inbox.settle([first, second, third, fourth])
    instead = moved(70, 3)
    inbox.settle([instead])

    replay.reset(service, database)
    inbox.settle([Message(each.body, replay=REPLAY) for each in (first, second, instead)])
    dead.retry(database, None)
    inbox.retry()

    assert copies(database) == {ITEM: "0 1 70"}
    assert lines(database)[-1] == (ITEM, 70)
    assert "dead" not in statuses(database)
