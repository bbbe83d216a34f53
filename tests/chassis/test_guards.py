"""The brake, and the watchdog over handlers."""

import threading
import time

import pytest

from chassis.consumer.guards import Brake, HandlerTimedOut, Watchdog


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


def test_a_failing_message_does_not_count_before_it_is_dead():
    brake = Brake()
    brake.note(["failed"] * 100)

    assert not brake.is_on


def test_a_handler_that_takes_too_long_is_interrupted():
    watchdog = Watchdog(seconds=0.05)
    outcome = []

    def handle():
        try:
            with watchdog.watch():
                end = time.monotonic() + 20
                while time.monotonic() < end:
                    pass
            outcome.append("went on")
        except HandlerTimedOut:
            outcome.append("interrupted")

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
