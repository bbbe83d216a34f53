"""The unit of work and the event log: all or nothing, and a sequence without gaps."""

import threading
from uuid import uuid4

import pytest
from marshmallow import ValidationError

from chassis import telemetry
from chassis.auth import Principal
from chassis.database import lead
from chassis.problems import Invalid, NotFound
from tests.support.eventually import eventually
from tests.support.sample.contracts import ItemAdded, ItemMoved, ReceiptGiven
from tests.support.sample.model import Item
from tests.support.sample.services import add_item, clean_item, move_in_both_versions, shelf


@pytest.fixture
def service():
    return shelf


def test_rows_and_events_are_stored_together(arrange, outbox):
    item_id = uuid4()
    with arrange() as work:
        add_item(work, item_id, moves=2)

    assert outbox.events == [
        ItemAdded(item_id=item_id, number=0),
        ItemMoved(item_id=item_id, number=1),
        ItemMoved(item_id=item_id, number=2),
    ]
    assert [envelope.sequence for envelope in outbox.envelopes] == [1, 2, 3]


def test_rows_and_events_vanish_together(arrange, outbox):
    item_id = uuid4()
    with pytest.raises(ZeroDivisionError), arrange() as work:
        _add_and_fail(work, item_id)

    assert outbox.events == []
    with arrange() as work:
        assert work.find(Item, item_id) is None


def test_a_rolled_back_event_leaves_no_gap(arrange, outbox):
    item_id = uuid4()
    with arrange() as work:
        add_item(work, item_id)
    with pytest.raises(ZeroDivisionError), arrange() as work:
        _clean_and_fail(work, item_id)
    with arrange() as work:
        clean_item(work, item_id)

    assert [envelope.sequence for envelope in outbox.envelopes] == [1, 2]


def test_racing_units_number_a_subject_without_gaps(arrange, outbox):
    item_id = uuid4()

    def clean():
        for _ in range(10):
            with arrange() as work:
                clean_item(work, item_id)

    threads = [threading.Thread(target=clean) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [envelope.sequence for envelope in outbox.envelopes] == list(range(1, 41))


def test_alternatives_share_a_sequence(arrange, outbox):
    with arrange() as work:
        move_in_both_versions(work, uuid4(), 7)

    assert [(each.type, each.sequence) for each in outbox.envelopes] == [
        ("shelf.item.moved.v2", 1),
        ("shelf.item.moved.v1", 1),
    ]


def test_a_service_publishes_its_own_events_only(work):
    with pytest.raises(ValueError, match="may not publish"):
        work.emit(ReceiptGiven(receipt_id=uuid4(), item_id=uuid4(), number=1))


def test_an_event_that_does_not_fit_its_contract_is_not_stored(arrange, outbox):
    with pytest.raises(ValidationError), arrange() as work:
        work.emit(ItemAdded(item_id=uuid4(), number="seven"))

    assert outbox.events == []


@pytest.mark.parametrize("mode", ["Kontakt 010190-1234", "3112991234"])
def test_an_event_with_what_looks_like_a_cpr_number_is_not_published(arrange, outbox, mode):
    with pytest.raises(Invalid) as refused, arrange() as work:
        add_item(work, uuid4(), mode=mode)

    assert [error.pointer for error in refused.value.errors] == ["/mode"]
    assert outbox.events == []


def test_an_oversized_event_is_not_stored(arrange, outbox):
    with pytest.raises(ValueError, match="at most"), arrange() as work:
        work.emit(ItemAdded(item_id=uuid4(), number=1, mode="x" * 300_000))

    assert outbox.events == []


def test_the_log_says_who_did_it_and_in_which_story(database, outbox):
    person = Principal(id=uuid4())
    with (
        telemetry.tracing(correlation_id="abc", causation_id=None, traceparent=None, actor=""),
        database.unit_of_work(person) as work,
    ):
        add_item(work, uuid4())

    (entry,) = outbox.entries
    assert entry.correlation_id == "abc"
    assert entry.actor == f"person:{person.id}"


def test_get_finds_what_was_only_added(work):
    item = work.add(Item(id=uuid4(), moves=0, due_at=None, dusted_count=0))

    assert work.get(Item, item.id) is item


def test_get_raises_for_what_is_not_there(work):
    with pytest.raises(NotFound):
        work.get(Item, uuid4())


def test_an_unsettled_permission_commits_nothing(database, outbox):
    principal = Principal(id=uuid4())
    principal.enter({"person": "own"})

    with pytest.raises(AssertionError), database.unit_of_work(principal) as work:
        add_item(work, uuid4())
    assert outbox.events == []


def test_one_of_two_connections_leads_until_it_is_gone(database):
    with database.dedicated("test") as second:
        with database.dedicated("test") as first:
            assert lead(first, "some role")
            assert lead(first, "some role")
            assert not lead(second, "some role")
            assert lead(second, "another role")

        # The server gives the lock back when it has noticed that the connection is gone.
        eventually(lambda: is_true(lead(second, "some role")))


def is_true(value):
    assert value


def _clean_and_fail(work, item_id):
    clean_item(work, item_id)
    work.write_events()
    raise ZeroDivisionError


def _add_and_fail(work, item_id):
    add_item(work, item_id)
    work.session.flush()
    raise ZeroDivisionError
