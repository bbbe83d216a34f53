"""The answer to a PUT: 201 the first time, 200 for a repeat or a change; with an ETag."""

from typing import Any

import flask

from chassis.web import principal


def written(view: Any, *, new: bool) -> tuple[Any, int]:
    """Answer with what is stored now."""
    return tagged(view), 201 if new else 200


def tagged(view: Any) -> Any:
    """Give the answer its ETag."""
    flask.g.etag = str(view["version"] if isinstance(view, dict) else view.version)
    return view


def sees_drafts() -> bool:
    """Whether the caller prepares rounds, and so sees drafts."""
    return principal().has("coordinator", "caseworker")


def sees_figures() -> bool:
    """Whether the caller may know how much is sought before the decisions are out."""
    return principal().has("coordinator", "caseworker", "council", "committee")
