"""Reading ahead: what the handlers of a batch will look up."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect, select

from chassis.database import UnitOfWork
from chassis.inbox.message import Item


class Preload:
    """Reads what the handlers of a batch will look up, in one statement instead of one each.

    Most handlers begin with ``work.find(Thing, event.thing_id)``. What a handler looked up by a
    field of its event is remembered for the event's class; before the next batch those objects are
    read together, and SQLAlchemy then finds them in the session. Guessing wrong costs one
    statement.
    """

    def __init__(self) -> None:
        self._learned: dict[type, set[tuple[type, str]]] = defaultdict(set)

    def learn(self, item: Item, work: UnitOfWork) -> None:
        """Remember what was looked up for an event."""
        looked_up = work.take_looked_up()
        if not looked_up or item.event is None:
            return
        learned = self._learned[type(item.event)]
        for name in (field.name for field in dataclasses.fields(item.event)):  # type: ignore[arg-type]
            value = getattr(item.event, name)
            learned.update((cls, name) for cls, key in looked_up if key == value)

    def fetch(self, work: UnitOfWork, items: Sequence[Item]) -> list[Any]:
        """Read what was looked up for such events before; the session holds it while we do."""
        wanted: dict[type, set[Any]] = defaultdict(set)
        for item in items:
            for cls, name in self._learned.get(type(item.event), ()):
                wanted[cls].add(getattr(item.event, name))
        held: list[Any] = []
        for cls, keys in wanted.items():
            primary: Sequence[Any] = inspect(cls).primary_key
            if len(keys) > 1 and len(primary) == 1:
                held.extend(work.session.scalars(select(cls).where(primary[0].in_(keys))))
        return held
