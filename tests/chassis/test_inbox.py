"""The inbox: every message once and in order, whatever the wire does to it."""

import itertools
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as listening
from sqlalchemy import text

from chassis import dead, events
from chassis.database import WORK_CHANNEL
from chassis.events import Event, decode
from chassis.inbox import DatabaseAway, Inbox, Message
from chassis.inbox.settling import BACK_OFF_SECONDS
from chassis.testing import empty
from tests.support.sample.contracts import (
    ItemAdded,
    ItemCleaned,
    ItemMoved,
    ItemMovedV2,
    ReceiptGiven,
)
from tests.support.sample.ledger import copies, lines, position, published, rows, statuses
from tests.support.sample.messages import raw, story, wrap

ITEM = UUID("0197e5a0-0000-7000-8000-000000000001")
OTHER = UUID("0197e5a0-0000-7000-8000-000000000002")


class KnownMode(StrEnum):
    HEAVY = "heavy"


class MovedAsItWas(Event):
    """A move as an older version declares it: it knows no mode but one."""

    item_id: UUID
    number: int
    mode: KnownMode = KnownMode.HEAVY


@pytest.fixture
def inbox(service, database):
    return Inbox(service, database)


def test_a_story_is_handled_in_order(inbox, database):
    outcomes = inbox.settle(story(ITEM))

    assert outcomes == ["handled"] * 4
    assert lines(database) == [(ITEM, 0), (ITEM, 1), (ITEM, 2), (ITEM, 3)]
    assert copies(database) == {ITEM: "0 1 2 3"}
    assert position(database, f"item/{ITEM}") == 4


def test_what_comes_twice_is_done_once(inbox, database):
    messages = story(ITEM)
    inbox.settle(messages)

    again = inbox.settle(messages)

    assert again == ["duplicate"] * 4
    assert lines(database) == [(ITEM, 0), (ITEM, 1), (ITEM, 2), (ITEM, 3)]


def test_what_comes_again_a_month_later_is_done_once(inbox, database, clock):
    messages = story(ITEM)
    inbox.settle(messages)
    clock.move(timedelta(days=30))

    assert inbox.settle(messages) == ["duplicate"] * 4
    assert len(lines(database)) == 4


def test_twice_in_one_batch_is_done_once(inbox, database):
    messages = story(ITEM, moves=1)

    outcomes = inbox.settle([messages[0], messages[0], messages[1], messages[1]])

    assert sorted(outcomes) == ["duplicate", "duplicate", "handled", "handled"]
    assert lines(database) == [(ITEM, 0), (ITEM, 1)]


def test_what_comes_too_early_waits_for_the_gap_to_fill(inbox, database):
    first, second, third, fourth = story(ITEM)

    assert inbox.settle([third]) == ["parked"]
    assert inbox.settle([fourth]) == ["parked"]
    assert inbox.settle([first]) == ["handled"]
    assert copies(database) == {ITEM: "0"}

    assert inbox.settle([second]) == ["handled"]
    assert copies(database) == {ITEM: "0 1 2 3"}
    assert statuses(database) == {"handled": 4}


def test_what_waits_twice_waits_once(inbox, database):
    first, second, third, _ = story(ITEM)

    assert inbox.settle([third]) == ["parked"]
    assert inbox.settle([third]) == ["duplicate"]

    inbox.settle([first, second])
    assert lines(database) == [(ITEM, 0), (ITEM, 1), (ITEM, 2)]


STORIES = [story(ITEM, moves=4), story(OTHER, moves=3)]
ALL = [message for each in STORIES for message in each]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    order=st.permutations(ALL),
    repeats=st.lists(st.sampled_from(ALL), max_size=5),
    cuts=st.lists(st.integers(0, len(ALL) + 5), max_size=4),
)
def test_any_order_ends_in_the_same_state(service, database, order, repeats, cuts):
    empty(database)
    inbox = Inbox(service, database)
    wire = [*order, *repeats]
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]

    for start, end in itertools.pairwise(edges):
        inbox.settle(wire[start:end])

    assert copies(database) == {ITEM: "0 1 2 3 4", OTHER: "0 1 2 3"}
    done = lines(database)
    assert [number for item, number in done if item == ITEM] == [0, 1, 2, 3, 4]
    assert [number for item, number in done if item == OTHER] == [0, 1, 2, 3]
    assert statuses(database) == {"handled": 9}
    assert not rows(database, "SELECT 1 FROM inbox_stream WHERE waiting")


def test_what_nobody_listens_to_only_moves_the_position(inbox, database):
    added, _ = story(ITEM, moves=1)
    cleaned = Message(wrap(ItemCleaned(item_id=ITEM), 2))
    moved = Message(wrap(ItemMoved(item_id=ITEM, number=7), 3))

    assert inbox.settle([added, cleaned, moved]) == ["handled", "ignored", "handled"]
    assert copies(database) == {ITEM: "0 7"}
    assert statuses(database) == {"handled": 2}


def test_a_type_from_the_future_is_ignored(inbox, database):
    added, _ = story(ITEM, moves=1)
    unheard = raw(item_id=ITEM, type_="shelf.item.painted.v1", sequence=2, data={"colour": "red"})

    assert inbox.settle([added, unheard]) == ["handled", "ignored"]
    assert position(database, f"item/{ITEM}") == 2


def test_unknown_fields_are_ignored(inbox, database):
    added = raw(
        item_id=ITEM,
        type_="shelf.item.added.v1",
        sequence=1,
        data={"item_id": str(ITEM), "number": 0, "mode": "", "weight": 3},
    )

    assert inbox.settle([added]) == ["handled"]


def test_an_unknown_major_version_waits_and_keeps_its_place(inbox, database):
    added, _ = story(ITEM, moves=1)
    unknown = Message(wrap(ItemMovedV2(item_id=ITEM, position=1), 2))
    later = Message(wrap(ItemMoved(item_id=ITEM, number=2), 3))

    assert inbox.settle([added, unknown, later]) == ["handled", "parked", "parked"]
    assert position(database, f"item/{ITEM}") == 1
    assert inbox.release(unknown=True) == 0
    assert statuses(database) == {"handled": 1, "parked": 2}


@pytest.mark.parametrize("known_first", [True, False])
def test_of_two_versions_the_known_one_is_handled(inbox, database, known_first):
    added, _ = story(ITEM, moves=1)
    unknown = Message(wrap(ItemMovedV2(item_id=ITEM, position=1), 2))
    known = Message(wrap(ItemMoved(item_id=ITEM, number=1), 2))
    inbox.settle([added])

    for message in [known, unknown] if known_first else [unknown, known]:
        inbox.settle([message])

    assert copies(database) == {ITEM: "0 1"}
    assert lines(database) == [(ITEM, 0), (ITEM, 1)]
    assert "parked" not in statuses(database)
    assert position(database, f"item/{ITEM}") == 2


def test_a_message_from_the_future_is_handled_by_the_code_that_knows_it(
    service,
    database,
):
    added, _ = story(ITEM, moves=1)
    old = Inbox(service, database)
    old.settle([added, Message(wrap(ItemMovedV2(item_id=ITEM, position=5), 2))])
    type_ = ItemMovedV2.TYPE

    @service.handlers.project(ItemMovedV2)
    def move_copy(event, work):
        work.session.execute(
            text("UPDATE copy SET history = history || ' v' || :n"), {"n": event.position}
        )

    try:
        assert Inbox(service, database).release(unknown=True) == 1
    finally:
        del service.handlers._by_type[type_]

    assert copies(database) == {ITEM: "0 v5"}


def test_what_an_older_version_cannot_read_is_handled_by_the_one_that_can(
    inbox, database, monkeypatch
):
    added, first, second = story(ITEM, moves=2)
    monkeypatch.setitem(events._registry, ItemMoved.TYPE, dataclass(MovedAsItWas))
    assert inbox.settle([added, first, second]) == ["handled", "dead", "dead"]
    assert inbox.read_again() == []
    monkeypatch.undo()

    assert inbox.read_again() == ["handled", "handled"]

    assert copies(database) == {ITEM: "0 1 2"}
    assert lines(database) == [(ITEM, 0), (ITEM, 1), (ITEM, 2)]
    assert statuses(database) == {"handled": 3}


def test_what_died_of_its_handler_is_not_tried_again_by_a_start(inbox, database, clock):
    inbox.settle(story(ITEM, mode="poison", moves=0))
    for _ in range(len(BACK_OFF_SECONDS)):
        clock.move(timedelta(days=1))
        inbox.retry()
    assert statuses(database) == {"dead": 1}

    assert inbox.read_again() == []


def test_a_failing_message_fails_alone(inbox, database):
    poisoned = story(ITEM, mode="poison", moves=1)
    sound = story(OTHER, moves=1)

    outcomes = inbox.settle([poisoned[0], sound[0], poisoned[1], sound[1]])

    assert outcomes == ["failed", "handled", "parked", "handled"]
    assert copies(database) == {OTHER: "0 1"}
    assert published(database) == [(str(OTHER), 0), (str(OTHER), 1)]


def test_a_failing_message_is_tried_again_after_growing_pauses_and_then_dies(
    inbox, database, clock
):
    inbox.settle(story(ITEM, mode="poison", moves=0))
    tries = []

    for pause in (1, 5, 30, 120, 600):
        clock.move(timedelta(seconds=pause - 0.5))
        tries.append(inbox.retry())
        clock.move(timedelta(seconds=0.6))
        tries.append(inbox.retry())

    assert tries == [
        *([], ["failed again"]),
        *([], ["failed"], [], ["failed"], [], ["failed"]),
        *([], ["dead"]),
    ]
    (row,) = rows(database, "SELECT status, attempts, error, body FROM inbox")
    assert (row.status, row.attempts) == ("dead", 6)
    assert "poison" in row.error
    assert ItemAdded.TYPE.encode() in bytes(row.body)
    clock.move(timedelta(days=1))
    assert inbox.retry() == []


def test_a_healed_message_and_what_waited_behind_it_are_handled_in_order(
    inbox, database, clock, heal
):
    inbox.settle(story(ITEM, mode="poison"))
    assert statuses(database) == {"failed": 1, "parked": 3}

    heal()
    clock.move(timedelta(seconds=2))
    inbox.retry()

    assert lines(database) == [(ITEM, 0), (ITEM, 1), (ITEM, 2), (ITEM, 3)]
    assert statuses(database) == {"handled": 4}


def test_a_message_that_failed_and_comes_again_is_still_one(inbox, database, clock, heal):
    messages = story(ITEM, mode="poison", moves=0)
    assert inbox.settle(messages) == ["failed"]
    heal()

    assert inbox.settle(messages) == ["duplicate"]
    clock.move(timedelta(seconds=2))
    inbox.retry()

    assert lines(database) == [(ITEM, 0)]


def test_a_handler_may_ask_to_be_called_later(inbox, database, clock, heal):
    assert inbox.settle(story(ITEM, mode="later", moves=0)) == ["later"]
    (row,) = rows(database, "SELECT error FROM inbox")
    assert row.error == "RetryLater: not yet"

    clock.move(timedelta(seconds=2))
    assert inbox.retry() == ["later"]
    heal()
    clock.move(timedelta(seconds=6))
    assert inbox.retry() == ["handled"]
    assert lines(database) == [(ITEM, 0)]


def test_a_dead_message_is_retried_by_hand(inbox, database, clock, heal):
    inbox.settle(story(ITEM, mode="poison", moves=1))
    for _ in range(6):
        clock.move(timedelta(seconds=601))
        inbox.retry()
    (row,) = dead.listed(database, "dead")
    heal()

    assert dead.retry(database, [row.event_id]) == 1
    inbox.retry()

    assert lines(database) == [(ITEM, 0), (ITEM, 1)]
    assert dead.listed(database, "dead") == []


def test_a_dead_message_is_dropped_by_hand_and_its_subject_goes_on(inbox, database, clock):
    first = Message(wrap(ItemAdded(item_id=ITEM, number=0), 1))
    poison = Message(wrap(ItemMoved(item_id=ITEM, number=1, mode="poison"), 2))
    behind = Message(wrap(ItemMoved(item_id=ITEM, number=2), 3))
    inbox.settle([first, poison, behind])
    for _ in range(6):
        clock.move(timedelta(seconds=601))
        inbox.retry()
    (row,) = dead.listed(database, "dead")

    assert dead.drop(database, row.event_id, "sendt ved en fejl")
    inbox.release()

    assert copies(database) == {ITEM: "0 2"}
    (dropped,) = rows(database, "SELECT reason FROM inbox WHERE status = 'dropped'")
    assert dropped.reason == "sendt ved en fejl"
    assert not dead.drop(database, row.event_id, "en gang til")
    assert dead.status(database)["inbox"] == {"parked": 0, "failed": 0, "dead": 0}


@pytest.mark.parametrize("in_the_way", ["poisoned", "parked", "unknown version"])
def test_what_is_dropped_ahead_of_a_gap_is_passed_when_the_gap_fills(inbox, database, in_the_way):
    first, second, third, fourth = story(ITEM)
    if in_the_way != "parked":
        type_ = "shelf.item.moved.v1" if in_the_way == "poisoned" else "shelf.item.moved.v9"
        third = raw(item_id=ITEM, type_=type_, sequence=3, data={"item_id": "none"})
    inbox.settle([first, third])
    (row,) = rows(database, "SELECT event_id FROM inbox WHERE settled_at IS NULL")

    assert dead.drop(database, row.event_id, "sendt ved en fejl")
    inbox.settle([second])
    inbox.release()
    assert position(database, f"item/{ITEM}") == 3
    inbox.settle([fourth])

    assert copies(database) == {ITEM: "0 1 3"}
    assert statuses(database) == {"handled": 3, "dropped": 1}


def test_several_dropped_ahead_of_a_gap_are_passed_together(inbox, database):
    messages = story(ITEM, moves=5)
    inbox.settle([messages[2], messages[3], messages[5]])
    for row in rows(database, "SELECT event_id FROM inbox WHERE sequence < 6"):
        assert dead.drop(database, row.event_id, "sendt ved en fejl")

    inbox.settle([messages[1], messages[4], messages[0]])

    assert copies(database) == {ITEM: "0 1 4 5"}
    assert position(database, f"item/{ITEM}") == 6


def test_an_id_that_two_publishers_use_is_two_messages(inbox, database):
    first, second, third, _ = story(ITEM)
    inbox.settle([first, third])
    (parked,) = rows(database, "SELECT event_id FROM inbox WHERE status = 'parked'")
    other = wrap(
        ItemMoved(item_id=OTHER, number=1), 2, id=parked.event_id, source="urn:samspil:reader"
    )
    inbox.settle([Message(other)])

    inbox.settle([second])

    assert statuses(database) == {"handled": 3, "parked": 1}
    with pytest.raises(dead.Ambiguous, match="urn:samspil:reader, urn:samspil:shelf"):
        dead.drop(database, parked.event_id, "hvilken?")
    assert dead.drop(database, parked.event_id, "den ene", "urn:samspil:reader")
    assert dead.find(database, parked.event_id, "urn:samspil:shelf").status == "handled"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{not json", "application/cloudevents+json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"{}", "application/json"),
        (b"[1, 2]", "application/json"),
        (b"null", "application/json"),
        (b"", "application/json"),
        (story(ITEM)[0].body, "application/x-python-serialize"),
        (story(ITEM)[0].body, ""),
        (story(ITEM)[0].body.replace(b'"1.0"', b'"9.0"'), "application/json"),
        (story(ITEM)[0].body.replace(b'"sequence":"1"', b'"sequence":"-1"'), "application/json"),
        (story(ITEM)[0].body.replace(b'"sequence":"1"', b'"sequence":{}'), "application/json"),
        (b'{"x": "' + b"x" * (1024 * 1024 - 9) + b'"}', "application/json"),
    ],
    ids=[
        "no JSON",
        "no UTF-8",
        "an empty object",
        "a list",
        "null",
        "nothing",
        "pickled",
        "no content type",
        "another CloudEvents",
        "a negative sequence",
        "a sequence that is none",
        "1 MiB",
    ],
)
def test_what_cannot_be_read_is_dead_at_once_and_kept_byte_for_byte(
    inbox, database, body, content_type
):
    sound = story(OTHER, moves=0)

    assert inbox.settle([Message(body, content_type), *sound]) == ["dead", "handled"]
    assert inbox.settle([Message(body, content_type)]) == ["dead"]

    (row,) = rows(database, "SELECT body, error FROM inbox WHERE status = 'dead'")
    assert bytes(row.body) == body
    assert row.error


def test_of_what_is_oversized_the_beginning_is_kept_and_nothing_is_parsed(
    inbox, database, monkeypatch
):
    monkeypatch.setattr("chassis.events.orjson.loads", lambda _: pytest.fail("parsed"))
    body = b'{"x": "' + b"x" * (12 * 1024 * 1024) + b'"}'

    assert inbox.settle([Message(body)]) == ["dead"]
    assert inbox.settle([Message(body)]) == ["dead"]

    (row,) = rows(database, "SELECT body, error FROM inbox")
    assert bytes(row.body) == body[:1024]
    assert row.error.startswith(f"{len(body)} bytes; at most 262144 are allowed")


def test_each_message_is_told_of_in_one_line(inbox, caplog):
    caplog.set_level("INFO")
    first, second, *_ = story(ITEM)
    (poisoned,) = story(OTHER, mode="poison", moves=0)

    inbox.settle([second, first, first, poisoned])

    told = [each.msg for each in caplog.records if "event handled" in str(each.msg)]
    assert sorted(line["outcome"] for line in told) == ["duplicate", "failed", "handled", "handled"]
    ids = {str(decode(message.body).id) for message in (first, second, poisoned)}
    assert {line["event_id"] for line in told} == ids
    for line in told:
        assert line["service"] == "reader"
        assert line["type"].startswith("shelf.item.")
        assert line["correlation_id"]
        assert line["ms"] > 0 or line["outcome"] == "duplicate"


def test_what_cannot_be_read_stays_dead_when_tried_again(inbox, database):
    inbox.settle([Message(b"{not json")])
    (row,) = dead.listed(database, "dead")

    dead.retry(database, None)
    inbox.retry()

    (again,) = dead.listed(database, "dead")
    assert again.event_id == row.event_id
    assert bytes(again.body) == b"{not json"


def test_data_that_do_not_fit_are_dead_at_once_and_hold_up_their_subject_only(inbox, database):
    unfit = raw(
        item_id=ITEM, type_="shelf.item.added.v1", sequence=1, data={"item_id": 7, "number": "x"}
    )
    behind = Message(wrap(ItemMoved(item_id=ITEM, number=1), 2))

    assert inbox.settle([unfit, behind, *story(OTHER, moves=0)]) == ["dead", "parked", "handled"]


def test_a_forged_sender_is_dead(inbox):
    (message,) = story(ITEM, moves=0)

    assert inbox.settle([Message(message.body, sender="shelf")]) == ["handled"]
    (other,) = story(OTHER, moves=0)
    assert inbox.settle([Message(other.body, sender="notifier")]) == ["dead"]


def test_an_event_published_under_the_name_of_another_is_dead(inbox):
    """A broker may let an account publish its own types only; the body must be of that type."""
    (message,) = story(ITEM, moves=0)
    (other,) = story(OTHER, moves=0)

    honest = Message(message.body, routed_as="shelf.item.added.v1")
    forged = Message(other.body, routed_as="notifier.delivery.sent.v1")

    assert inbox.settle([honest, forged]) == ["handled", "dead"]


def test_what_the_broker_gave_up_is_dead(inbox, database):
    (message,) = story(ITEM, moves=0)

    assert inbox.settle([Message(message.body, fault="dead-lettered: delivery_limit")]) == ["dead"]
    (row,) = dead.listed(database, "dead")
    dead.retry(database, [row.event_id])
    inbox.retry()
    assert lines(database) == [(ITEM, 0)]


def test_events_emitted_by_a_handler_say_what_caused_them(inbox, outbox):
    (message,) = story(ITEM, moves=0)

    inbox.settle([message])

    cause = message.body
    (receipt,) = outbox.envelopes
    assert receipt.causationid
    assert receipt.causationid.encode() in cause
    assert receipt.correlationid.encode() in cause
    assert receipt.actor == "person:1"
    assert isinstance(outbox.events[0], ReceiptGiven)


def test_parked_for_too_long_is_told(inbox, clock, caplog):
    inbox.settle(story(ITEM)[1:])
    assert inbox.waiting() == {"parked": 3}
    assert "parked for too long" not in caplog.text

    clock.move(timedelta(minutes=6))
    inbox.waiting()

    assert "parked for too long" in caplog.text


def test_two_consumers_of_one_service_keep_order(service, database):
    stories = [story(uuid4(), moves=9) for _ in range(12)]
    wire = [message for messages in zip(*stories, strict=True) for message in messages]
    halves = [wire[0::2], wire[1::2]]

    def settle(messages):
        inbox = Inbox(service, database)
        for start in range(0, len(messages), 7):
            inbox.settle(messages[start : start + 7])
        inbox.release()

    threads = [threading.Thread(target=settle, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Inbox(service, database).release()

    assert set(copies(database).values()) == {"0 1 2 3 4 5 6 7 8 9"}
    assert len(lines(database)) == len(set(lines(database))) == 120


def test_a_database_that_is_away_is_nobodys_fault(service, database, monkeypatch):
    handler = service.handlers._by_type[ItemAdded.TYPE][0]

    def end_session(event, work):
        work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with monkeypatch.context() as patch:
        ending = [type(handler)(ItemAdded, end_session, True)]
        patch.setitem(service.handlers._by_type, ItemAdded.TYPE, ending)
        with pytest.raises(DatabaseAway):
            Inbox(service, database).settle(story(ITEM, moves=0))

    assert statuses(database) == {}
    assert Inbox(service, database).settle(story(ITEM, moves=0)) == ["handled"]


def test_what_handlers_look_up_is_read_in_one_statement(inbox, database):
    ids = [uuid4() for _ in range(30)]
    inbox.settle([message for id_ in ids for message in story(id_, moves=0)])
    moved = {
        number: [Message(wrap(ItemMoved(item_id=id_, number=number), number + 1)) for id_ in ids]
        for number in (1, 2)
    }
    inbox.settle(moved[1])
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    listening.listen(database.engine, "before_cursor_execute", note)
    try:
        inbox.settle(moved[2])
    finally:
        listening.remove(database.engine, "before_cursor_execute", note)

    reads = [statement for statement in seen if "FROM copy" in statement]
    assert len(reads) == 1
    assert set(copies(database).values()) == {"0 1 2"}


def test_work_for_a_worker_wakes_it(inbox, database):
    with database.dedicated("test") as connection:
        connection.execute(f"LISTEN {WORK_CHANNEL}")

        inbox.settle(story(ITEM, mode="job", moves=0))

        assert any(True for _ in connection.notifies(timeout=2, stop_after=1))


def test_a_slow_statement_counts_as_a_failure_of_its_message(inbox, database, monkeypatch, service):
    handler = service.handlers._by_type[ItemAdded.TYPE][0]

    def wait(event, work):
        work.session.execute(text("SET LOCAL statement_timeout = 50"))
        work.session.execute(text("SELECT pg_sleep(5)"))

    monkeypatch.setitem(
        service.handlers._by_type, ItemAdded.TYPE, [type(handler)(ItemAdded, wait, True)]
    )
    started = time.monotonic()

    assert inbox.settle(story(ITEM, moves=0)) == ["failed"]
    assert time.monotonic() - started < 4
