"""The registry that the modules of this package fill."""

from collections.abc import Sequence
from typing import Any

import orjson

from chassis.database import UnitOfWork
from chassis.events import Event
from chassis.handlers import Handlers
from services.notifier import commands
from services.notifier.model import About
from services.notifier.queries import Recipient, merge

handlers = Handlers()


def tell(
    template: str,
    recipients: Sequence[Recipient],
    event: Event,
    work: UnitOfWork,
    *,
    about: About,
    **more: Any,
) -> None:
    """Queue a mail that says what an event says, and ``more``."""
    commands.queue(
        work, template, merge(recipients), about=about, content={**facts_of(event), **more}
    )


def facts_of(event: Event) -> dict[str, Any]:
    """Return an event's fields as JSON, without the lists of ids that only say to whom."""
    facts: dict[str, Any] = orjson.loads(orjson.dumps(event))
    return {name: value for name, value in facts.items() if not name.endswith("_ids")}
