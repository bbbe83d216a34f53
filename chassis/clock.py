"""What time it is, and what a thing is that happens by date.

All times are aware UTC. A demo clock can be moved forward in the embedded run and in tests, nowhere
else: it must first be switched on in the process, which only they do.

What happens by date is declared as a :class:`Due`; :mod:`chassis.scheduler` does it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from chassis.database import UnitOfWork

DueQuery = Callable[["Session", datetime], Sequence[UUID]]
CountQuery = Callable[["Session", datetime], Mapping[str, int]]
DueTask = Callable[[UUID, "UnitOfWork"], None]

# What the counts of deadlines call near, and missed: the scheduler looks every second, so what
# waits for minutes waits for a reason.
NEAR: Final = timedelta(days=3)
MISSED: Final = timedelta(minutes=5)
# How often is looked for what keeps to the minute, and for what keeps to the day.
AT_ONCE: Final = timedelta(0)
SOON: Final = timedelta(seconds=10)


class _DemoClock:
    """The offset of the demo clock, and who wants to know when it jumps."""

    def __init__(self) -> None:
        self.enabled = False
        self.offset = timedelta()
        self.moved = threading.Condition()


_demo = _DemoClock()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _demo.offset


def enable_demo_clock(at: datetime) -> None:
    """Switch the demo clock on in this process, standing at ``at`` and running on from there."""
    _demo.enabled = True
    _demo.offset = at - datetime.now(UTC)


def move_demo_clock(to: datetime) -> datetime:
    """Move the demo clock forward.

    Raises ``RuntimeError`` where it is off, ``ValueError`` when asked to go back.
    """
    if not _demo.enabled:
        message = "no demo clock runs in this process"
        raise RuntimeError(message)
    if to < now():
        message = "the demo clock only moves forward"
        raise ValueError(message)
    with _demo.moved:
        _demo.offset = to - datetime.now(UTC)
        _demo.moved.notify_all()
    return now()


def disable_demo_clock() -> None:
    """Return to real time (tests)."""
    _demo.enabled = False
    _demo.offset = timedelta()


def wait(seconds: float) -> None:
    """Wait for real seconds, or until the demo clock jumps."""
    with _demo.moved:
        _demo.moved.wait(seconds)


@dataclass(frozen=True)
class Due:
    """A thing that happens when its time has come: what finds it, and what does it.

    It is looked for ``every`` so often, by the clock that says what time it is.
    """

    name: str
    query: DueQuery
    task: DueTask
    every: timedelta = AT_ONCE


def due_name(task: Callable[..., Any]) -> str:
    """The name of a scheduled task in logs and metrics."""
    return task.__name__.replace("_", "-")
