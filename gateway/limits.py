"""How much of everything a caller gets.

The limits that matter (signing in, sending mail) are counted in the services' databases. This one
only keeps a single caller from taking the whole door: per process, in memory, generous.
"""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import limits
from flask import Flask, Response, g
from flask_limiter import Limiter, RateLimitExceeded
from werkzeug.exceptions import BadRequest, LengthRequired

from chassis.problems import TooLarge, TooMany
from chassis.web.rendering import render_problem
from gateway.proxy import RequestBody

MAX_BODY_BYTES: Final = 11 * 1024 * 1024
MAX_JSON_BYTES: Final = 1024 * 1024
NO_LIMIT: Final = "none"


def rate_limit(text: str) -> None:
    """Check a limit, ``3000 per minute`` or ``none``. Raises ``ValueError``."""
    if text != NO_LIMIT:
        try:
            limits.parse_many(text)
        except ValueError:
            raise ValueError(f"{text!r} is not of the form 3000 per minute") from None


def request_body(environ: Mapping[str, Any]) -> RequestBody | None:
    """Return the body of a request, None where there is none.

    Raises :class:`TooLarge`, or ``BadRequest`` where its length is told twice or differently: what
    two servers read differently is how requests are smuggled.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    chunked = environ.get("HTTP_TRANSFER_ENCODING", "")
    if chunked and length:
        raise BadRequest("A body has a length or comes in chunks, not both.")
    if chunked:
        if not environ.get("wsgi.input_terminated"):
            raise LengthRequired
        return _gather(environ["wsgi.input"])
    if not length:
        return None
    if not (length.isascii() and length.isdecimal()):
        raise BadRequest("The length of the body is not a number.")
    kind = str(environ.get("CONTENT_TYPE", "")).split(";")[0].strip().lower()
    allowed = MAX_JSON_BYTES if kind == "application/json" else MAX_BODY_BYTES
    if len(length) > len(str(allowed)) or int(length) > allowed:
        raise TooLarge
    return RequestBody(int(length), environ["wsgi.input"])


def _gather(stream: BinaryIO) -> RequestBody:
    """Read a body of unknown length to its end."""
    body = stream.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge
    return RequestBody(len(body), io.BytesIO(body))


def add_limits(app: Flask, limit: str) -> None:
    """Count the requests of each address; ``limit`` as :func:`rate_limit` knows it."""
    if limit == NO_LIMIT:
        return
    limiter = Limiter(
        key_func=lambda: g.client_address,
        app=app,
        application_limits=[limit],
        storage_uri="memory://",
        strategy="fixed-window",
    )

    @app.errorhandler(RateLimitExceeded)
    def too_many(error: RateLimitExceeded) -> Response:
        return render_problem(TooMany(retry_after=error.limit.limit.get_expiry()))

    for endpoint in ("live", "ready"):
        limiter.exempt(app.view_functions[endpoint])
