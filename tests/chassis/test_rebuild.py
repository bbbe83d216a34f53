"""Replay and rebuild: what is made anew equals what was live, and nothing is done twice (P7)."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as listening

from chassis import dead, erasure, replay
from chassis.auth import Principal
from chassis.database import event_log
from chassis.inbox import Inbox, Message
from chassis.inbox.message import REPLAY, REPLAY_PROJECTIONS
from chassis.testing import empty
from tests.support.sample.contracts import ItemAdded, ItemMoved, ReceiptGiven
from tests.support.sample.ledger import copies, lines, position, published, rows, statuses
from tests.support.sample.messages import story, wrap

ITEM = UUID("0197e5a0-0000-7000-8000-000000000001")
OTHER = UUID("0197e5a0-0000-7000-8000-000000000002")


def replayed(messages, how=REPLAY):
    return [Message(message.body, replay=how) for message in messages]


@pytest.fixture
def inbox(service, database):
    return Inbox(service, database)


def test_a_rebuilt_projection_equals_the_live_one(inbox, service, database):
    log = [*story(ITEM), *story(OTHER, moves=5)]
    inbox.settle(log)
    live, done, said = copies(database), lines(database), published(database)

    publishers = replay.reset(service, database)
    assert copies(database) == {}
    inbox.settle(replayed(log))

    assert list(publishers) == ["shelf"]
    assert copies(database) == live
    assert lines(database) == done
    assert published(database) == said


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_live_events_wait_for_the_replay_to_catch_up(service, database, data):
    empty(database)
    inbox = Inbox(service, database)
    log = story(ITEM, moves=6)
    before = data.draw(st.integers(1, 6), label="handled before the rebuild")
    inbox.settle(log[:before])
    replay.reset(service, database)
    live = log[before:]
    wire = []
    old = replayed(log[:before])
    while live or old:
        queue = live if live and (not old or data.draw(st.booleans())) else old
        wire.append(queue.pop(0))

    for message in wire:
        inbox.settle([message])

    assert copies(database) == {ITEM: "0 1 2 3 4 5 6"}
    assert lines(database) == [(ITEM, number) for number in range(7)]


def test_a_replay_in_the_wrong_order_rebuilds_all_the_same(inbox, service, database):
    log = story(ITEM)
    inbox.settle(log)
    replay.reset(service, database)

    for message in reversed(replayed(log)):
        inbox.settle([message])

    assert copies(database) == {ITEM: "0 1 2 3"}
    assert len(lines(database)) == 4
    assert statuses(database) == {"handled": 4}


def test_without_a_rebuild_a_replay_changes_nothing(inbox, database):
    log = story(ITEM)
    inbox.settle(log)

    assert inbox.settle(replayed(log)) == ["duplicate"] * 4


def test_a_replay_fills_what_was_lost_effects_included(inbox, database):
    log = story(ITEM)
    inbox.settle([log[0], log[3]])

    inbox.settle(replayed(log))

    assert lines(database) == [(ITEM, 0), (ITEM, 1), (ITEM, 2), (ITEM, 3)]


def test_a_replay_of_projections_only_has_no_effects(inbox, database):
    log = story(ITEM)
    wire = replayed(log, REPLAY_PROJECTIONS)

    inbox.settle([wire[1]])
    inbox.settle([wire[0], *wire[2:]])

    assert copies(database) == {ITEM: "0 1 2 3"}
    assert lines(database) == []
    assert inbox.settle(log) == ["duplicate"] * 4


def test_what_was_dropped_stays_dropped_in_a_rebuild(inbox, service, database, clock):
    log = [
        Message(wrap(ItemAdded(item_id=ITEM, number=0), 1)),
        Message(wrap(ItemMoved(item_id=ITEM, number=1, mode="poison"), 2)),
        Message(wrap(ItemMoved(item_id=ITEM, number=2), 3)),
    ]
    inbox.settle(log)
    (failed,) = dead.listed(database, "failed")
    dead.drop(database, failed.event_id, "forkert")
    inbox.release()
    assert copies(database) == {ITEM: "0 2"}

    replay.reset(service, database)
    inbox.settle(replayed(log))

    assert copies(database) == {ITEM: "0 2"}
    assert position(database, f"item/{ITEM}") == 3


def test_a_projection_that_fails_in_a_rebuild_is_tried_again(
    inbox, service, database, clock, monkeypatch
):
    log = story(ITEM, moves=1)
    inbox.settle(log)
    replay.reset(service, database)
    handler = service.handlers._by_type[ItemMoved.TYPE][0]

    def fail(event, work):
        raise RuntimeError("not today")

    with monkeypatch.context() as patch:
        broken = [type(handler)(ItemMoved, fail, True)]
        patch.setitem(service.handlers._by_type, ItemMoved.TYPE, broken)
        assert inbox.settle(replayed(log)) == ["handled", "failed"]
    clock.move(clock.now().replace(year=clock.now().year + 1))
    inbox.retry()

    assert copies(database) == {ITEM: "0 1"}
    assert lines(database) == [(ITEM, 0), (ITEM, 1)]


def test_a_long_log_is_searched_in_pieces(database, monkeypatch):
    monkeypatch.setattr(erasure, "CHUNK", 3)
    with database.unit_of_work(Principal.of_service("reader")) as work:
        for number in range(8):
            work.emit(ReceiptGiven(receipt_id=uuid4(), item_id=ITEM, number=number))

    key = event_log.c.position
    with database.unit_of_work(Principal.of_service("reader")) as work:
        found = [row.position for row in erasure._naming(work.session, event_log, key, ITEM)]

    assert found == positions(database)
    assert len(found) == 8


def test_a_replay_looks_through_a_long_log_in_pieces(database, monkeypatch):
    monkeypatch.setattr(replay, "CHUNK", 3)
    with database.unit_of_work(Principal.of_service("reader")) as work:
        for number in range(8):
            work.emit(ReceiptGiven(receipt_id=uuid4(), item_id=ITEM, number=number))
    statements = []
    listening.listen(
        database.reader, "before_cursor_execute", lambda *given: statements.append(given[2])
    )

    found = replay.Replay(database, "memory://", "somebody").select(lambda _type: True)

    assert found == positions(database)
    assert sum("LIMIT" in statement for statement in statements) == 3


def test_one_event_is_sent_with_its_effect_and_the_rest_as_copies_only(inbox, database):
    """So an erasure reaches the mails of a restored notifier, and no mail is written again."""
    log = story(ITEM)

    inbox.settle(replayed(log[2:3]))
    inbox.settle(replayed(log, how=REPLAY_PROJECTIONS))

    assert copies(database) == {ITEM: "0 1 2 3"}
    assert lines(database) == [(ITEM, 2)]


def positions(database):
    log = rows(database, "SELECT position FROM event_log ORDER BY position")
    return [row.position for row in log]
