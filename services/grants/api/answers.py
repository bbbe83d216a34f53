"""What several routes answer with, and who sees what."""

from typing import Any

from chassis.web import principal


def written(view: Any, *, new: bool) -> tuple[Any, int]:
    """Answer a PUT with what is stored now: 201 the first time, 200 for a repeat or a change."""
    return view, 201 if new else 200


def sees_drafts() -> bool:
    """Whether the caller prepares rounds, and so sees drafts."""
    return principal().has("coordinator", "caseworker")
