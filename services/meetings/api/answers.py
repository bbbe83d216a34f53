"""The answer to a PUT: 201 the first time, 200 for a repeat or a change."""

from typing import Any

from chassis.web import principal
from services.meetings.model import Body


def written(view: Any, *, new: bool) -> tuple[Any, int]:
    """Answer with what is stored now."""
    return view, 201 if new else 200


def sees_drafts() -> bool:
    """Whether the caller prepares meetings and hearings, and so sees drafts."""
    return principal().has(Body.COORDINATOR)
