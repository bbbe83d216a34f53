"""The scheduler: what is due is done once, also late, also by two."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm.exc import StaleDataError

from chassis import telemetry
from chassis.clock import SOON
from chassis.handlers import Handlers
from chassis.scheduler import Scheduler
from tests.support.eventually import eventually
from tests.support.sample.ledger import rows
from tests.support.sample.model import Item
from tests.support.sample.services import shelf


@pytest.fixture
def service():
    return shelf


@pytest.fixture
def add_due(arrange):
    def add(*dates):
        with arrange() as work:
            for due_at in dates:
                work.add(Item(id=uuid4(), moves=0, due_at=due_at, dusted_count=0))

    return add


def dusted(database):
    return sorted(row.dusted_count for row in rows(database, "SELECT dusted_count FROM item"))


def test_nothing_happens_before_its_time(schedule, add_due, clock, database):
    add_due(clock.now() + timedelta(hours=1))

    assert schedule() == 0
    clock.move(timedelta(minutes=61))
    assert schedule() == 1
    assert dusted(database) == [1]


def test_after_three_missed_days_each_thing_is_done_once(
    schedule, add_due, clock, outbox, database
):
    add_due(*(clock.now() + timedelta(hours=hours) for hours in (1, 20, 50)))
    clock.move(timedelta(days=3))

    assert schedule() == 3
    assert schedule() == 0

    assert dusted(database) == [1, 1, 1]
    assert len(outbox.events) == 3


def test_a_thing_that_fails_does_not_stop_the_others(
    add_due, clock, database, service, monkeypatch, caplog
):
    add_due(clock.now(), clock.now())
    (due,) = service.handlers.due
    doomed = rows(database, "SELECT id FROM item ORDER BY id")[0].id

    def task(id_, work):
        if id_ == doomed:
            raise RuntimeError("no duster")
        due.task(id_, work)

    scheduler = Scheduler(service, database)
    monkeypatch.setattr(scheduler, "_due", (type(due)(due.name, due.query, task),))

    assert scheduler.tick() == 1
    assert scheduler.tick() == 0
    assert dusted(database) == [0, 1]
    # Left alone for a while: the second tick did not try it again.
    assert caplog.text.count("scheduled task failed") == 1


def test_a_task_that_leaves_its_thing_due_does_not_run_for_ever(
    add_due, clock, database, service, monkeypatch
):
    add_due(clock.now())
    (due,) = service.handlers.due
    scheduler = Scheduler(service, database)
    idle = type(due)(due.name, due.query, lambda _id, _work: None)
    monkeypatch.setattr(scheduler, "_due", (idle,))

    assert scheduler.tick() == 1


def test_a_thing_that_another_changed_meanwhile_is_asked_for_again_and_is_no_failure(
    add_due, clock, database, service, monkeypatch, caplog
):
    add_due(clock.now())
    (due,) = service.handlers.due
    times = []

    def task(id_, work):
        due.task(id_, work)
        times.append(id_)
        if len(times) == 1:
            raise StaleDataError

    scheduler = Scheduler(service, database)
    monkeypatch.setattr(scheduler, "_due", (replace(due, task=task),))

    assert scheduler.tick() == 0
    assert scheduler.tick() == 1
    assert dusted(database) == [1]
    assert "scheduled task failed" not in caplog.text


def test_what_keeps_to_the_day_is_looked_for_seldom_but_at_once_when_the_clock_jumps(
    add_due, clock, database, service, monkeypatch
):
    (due,) = service.handlers.due
    looked = []

    def query(session, now):
        looked.append(now)
        return due.query(session, now)

    scheduler = Scheduler(service, database)
    monkeypatch.setattr(scheduler, "_due", (replace(due, query=query, every=SOON),))

    scheduler.look()
    add_due(clock.now())
    scheduler.look()
    assert len(looked) == 1
    clock.move(SOON)
    scheduler.look()
    assert dusted(database) == [1]
    # What was done may have made more due, so it is looked for again at once.
    before = len(looked)
    scheduler.look()
    assert len(looked) == before + 1


def test_of_two_schedulers_one_works_and_the_other_takes_over(add_due, clock, database, service):
    stops = [threading.Event(), threading.Event()]
    threads = [
        threading.Thread(target=Scheduler(service, database).run, args=(stop,)) for stop in stops
    ]
    for thread in threads:
        thread.start()
    try:
        add_due(*(clock.now() for _ in range(20)))
        eventually(lambda: _require(dusted(database) == [1] * 20), within=10)

        stops[0].set()
        threads[0].join(timeout=10)
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE item SET due_at = now() - interval '1 day'"))
        eventually(lambda: _require(dusted(database) == [2] * 20), within=10)
    finally:
        for stop in stops:
            stop.set()
        for thread in threads:
            thread.join(timeout=10)


def test_the_demo_clock_wakes_the_scheduler(add_due, clock, database, service, monkeypatch):
    monkeypatch.setattr("chassis.scheduler.TICK_SECONDS", 30)
    stop = threading.Event()
    thread = threading.Thread(target=Scheduler(service, database).run, args=(stop,))
    add_due(clock.now() + timedelta(days=1))
    thread.start()
    try:

        def moved_far_enough():
            clock.move(timedelta(days=2))
            _require(dusted(database) == [1])

        eventually(moved_far_enough, within=10, every=0.2)
    finally:
        stop.set()
        while thread.is_alive():
            clock.move(timedelta(seconds=1))
            thread.join(timeout=0.05)


def _require(holds):
    assert holds


def test_the_scheduler_tells_how_many_cases_are_in_each_state(add_due, clock, database):
    counting = Handlers()
    counting.count(
        "item",
        lambda session, now: {
            "due": session.scalar(select(func.count()).where(Item.due_at <= now)),
            "lost": 0,
        },
    )
    scheduler = Scheduler(replace(shelf, handlers=counting), database)
    add_due(clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1))
    stop = threading.Event()
    thread = threading.Thread(target=scheduler.run, args=(stop,))

    thread.start()
    try:
        eventually(lambda: require_counted(due=1, lost=0), within=10)
    finally:
        stop.set()
        thread.join()


def require_counted(**expected):
    counted = {
        state: telemetry.cases.labels("shelf", "item", state)._value.get() for state in expected
    }
    assert counted == expected
