"""Waiting for what happens elsewhere: no test sleeps for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def eventually(assertion: Callable[[], Result], within: float = 5, every: float = 0.02) -> Result:
    """Call ``assertion`` until it raises nothing, and return what it returned.

    Any exception counts as "not yet", so that a connection refused is waited out like a failed
    assertion. When the time is up the last exception is raised as it is, with its own message.
    """
    end = time.monotonic() + within
    while True:
        try:
            return assertion()
        except Exception:
            if time.monotonic() >= end:
                raise
        time.sleep(every)
