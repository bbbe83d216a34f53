"""What the routes share: the answer to a PUT, whose attempts are counted, who is still in."""

from typing import Any

import flask
from flask import request

from chassis.web import principal, reading
from services.directory.commands.sign_in import require_open_session


def written(view: Any, *, new: bool) -> tuple[Any, int]:
    """Answer with what is stored now: 201 the first time, 200 for a repeat or a change."""
    return view, 201 if new else 200


def client() -> str:
    """Return the address a request came from, as the gateway saw it."""
    return request.headers.get("X-Client-Address") or request.remote_addr or ""


def limit_factor() -> int:
    """Return how many times the usual number of attempts one client address may make."""
    return int(flask.current_app.extensions["samspil.settings"].client_limit_factor)


def require_living_session() -> None:
    """Turn away whoever was signed out, at once: a token says who it was for ten minutes more.

    The directory is where sessions end, so here it is known. Raises :class:`SignInFailed`.
    """
    if principal().session_id is not None:
        with reading() as work:
            require_open_session(work)
