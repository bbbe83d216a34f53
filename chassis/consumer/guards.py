"""What keeps a consumer from doing harm: a brake, and a watchdog over its handlers."""

import ctypes
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from chassis import telemetry

log = telemetry.logger(__name__)

HANDLER_SECONDS: Final = 30.0
BRAKE_WINDOW: Final = 100
BRAKE_COUNT: Final = 20
BRAKE_SHARE: Final = 0.5
_VERDICTS: Final = frozenset({"handled", "failed again", "dead"})


class HandlerTimedOut(Exception):
    """A handler took longer than it may; it was interrupted and counts as failed."""


class Brake:
    """Goes on when too many of the latest messages died, or are about to.

    A bad deployment must not drain the queue into the dead letters. A message whose handler raises
    dies only after some twelve minutes, so it counts as soon as it has failed for the second time,
    and once more should it die. What waits (a gap, a handler that asks to be called later, a first
    failure) says nothing yet, nor does what no handler has seen.
    """

    def __init__(self) -> None:
        self._latest: deque[bool] = deque(maxlen=BRAKE_WINDOW)
        self.is_on = False

    def note(self, outcomes: Sequence[str]) -> None:
        """Note what became of messages; the brake may go on."""
        self._latest.extend(outcome != "handled" for outcome in outcomes if outcome in _VERDICTS)
        dead = sum(self._latest)
        if dead >= BRAKE_COUNT and dead > BRAKE_SHARE * len(self._latest):
            self.is_on = True

    def lift(self) -> None:
        """Go on, with a clean slate."""
        self._latest.clear()
        self.is_on = False


class Watchdog:
    """Interrupts a handler that takes longer than it may.

    Python has no way to end a thread, but an exception can be raised in it; that ends everything
    except a call into C that never returns. Statements have a time limit of their own.
    """

    def __init__(self, seconds: float = HANDLER_SECONDS) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._running: tuple[int, float] | None = None

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Watch over the handlers that run in this block."""
        with self._lock:
            self._running = (threading.get_ident(), time.monotonic() + self.seconds)
        try:
            yield
        finally:
            with self._lock:
                self._running = None

    def check(self) -> None:
        """Interrupt the handler if its time is up; called from another thread now and then."""
        with self._lock:
            if self._running is None or time.monotonic() < self._running[1]:
                return
            thread, _ = self._running
            self._running = None
            # Raised while we hold the lock, so the block above cannot have been left meanwhile.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread), ctypes.py_object(HandlerTimedOut)
            )
        log.error("handler interrupted", seconds=self.seconds)
