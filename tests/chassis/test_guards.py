"""The brake, and the watchdog over handlers."""

import threading
import time
from datetime import timedelta

import pytest

from chassis import telemetry
from chassis.consumer import Consumer
from chassis.consumer.guards import Brake, HandlerTimedOut, Watchdog
from chassis.inbox import Inbox
from tests.support.sample.ledger import rows
from tests.support.sample.messages import story


def test_the_brake_stays_off_for_a_few_deaths():
    brake = Brake()
    brake.note(["dead"] * 19)

    assert not brake.is_on


def test_the_brake_stays_off_while_most_are_handled():
    brake = Brake()
    for _ in range(50):
        brake.note(["handled", "dead", "handled"])

    assert not brake.is_on


def test_the_brake_goes_on_when_most_die_and_stays_on():
    brake = Brake()
    brake.note(["handled"] * 40)
    brake.note(["dead"] * 60)
    assert brake.is_on

    brake.note(["handled"] * 100)
    assert brake.is_on
    brake.lift()
    assert not brake.is_on


@pytest.mark.parametrize("outcome", ["failed", "later", "parked", "duplicate", "ignored"])
def test_what_says_nothing_yet_moves_the_brake_neither_way(outcome):
    brake = Brake()
    brake.note([outcome] * 100)
    assert not brake.is_on

    brake.note(["dead"] * 20)
    assert brake.is_on


def test_handlers_that_fail_again_put_the_brake_on():
    brake = Brake()
    brake.note(["failed again"] * 20)

    assert brake.is_on


def test_nothing_is_tried_again_while_the_brake_is_on(service, database, settings, clock):
    inbox = Inbox(service, database)
    for _ in range(25):
        inbox.settle(story(mode="poison", moves=0))
    consumer = Consumer(service, settings, database)
    gauge = telemetry.consumer_brake.labels(service.name)

    clock.move(timedelta(seconds=2))
    assert not consumer._look_after_waiting(unknown=True)
    assert consumer.brake.is_on
    assert gauge._value.get() == 1
    clock.move(timedelta(seconds=6))
    assert not consumer._look_after_waiting(unknown=True)

    assert {row.attempts for row in rows(database, "SELECT attempts FROM inbox")} == {2}
    consumer._lift_brake()
    assert gauge._value.get() == 0
    assert consumer._look_after_waiting(unknown=True)
    assert {row.attempts for row in rows(database, "SELECT attempts FROM inbox")} == {3}


def test_a_handler_that_takes_too_long_is_interrupted():
    watchdog = Watchdog(seconds=0.05)
    outcome = []

    def handle():
        try:
            with watchdog.watch():
                spin()
            outcome.append("went on")
        except HandlerTimedOut:
            outcome.append("interrupted")

    def spin():
        end = time.monotonic() + 20
        while time.monotonic() < end:
            pass

    thread = threading.Thread(target=handle)
    thread.start()
    while thread.is_alive():
        watchdog.check()
        thread.join(timeout=0.02)

    assert outcome == ["interrupted"]


def test_a_handler_that_is_quick_is_left_alone():
    watchdog = Watchdog(seconds=60)
    with watchdog.watch():
        watchdog.check()
    watchdog.check()


def test_a_handler_that_fails_is_no_longer_watched():
    watchdog = Watchdog(seconds=0)
    with pytest.raises(ValueError, match="mine"), watchdog.watch():
        raise ValueError("mine")
    watchdog.check()
