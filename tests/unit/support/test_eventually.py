"""Waiting ends as soon as what is awaited is so, and says what was wrong when it never is."""

import pytest

from tests.support.eventually import eventually


def test_it_returns_what_the_assertion_returns_once_it_holds():
    answers = iter([0, 0, 7])

    def is_seven():
        answer = next(answers)
        assert answer == 7
        return answer

    assert eventually(is_seven) == 7


def test_it_waits_out_a_refused_connection():
    attempts = []

    def connect():
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionRefusedError

    eventually(connect)

    assert len(attempts) == 3


def test_it_raises_the_last_failure_when_time_is_up():
    def never():
        raise AssertionError("the outbox is empty")

    with pytest.raises(AssertionError, match="the outbox is empty"):
        eventually(never, within=0.05)
