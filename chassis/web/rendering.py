"""JSON and problem documents as HTTP answers; shared by the services and the gateway.

Problems are RFC 9457 ``application/problem+json`` everywhere: ours, Flask's and webargs'.
"""

import http
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from werkzeug.exceptions import HTTPException

from chassis import problems, telemetry
from chassis.problems import FieldError, Problem

log = telemetry.logger(__name__)

PROBLEM_TYPE: Final = "application/problem+json"
# webargs names the place first ("json", "query"); a JSON pointer into the body does not.
_PLACES: Final = frozenset({"json", "query", "files", "form", "headers", "json_or_form"})
_BY_STATUS: Final[Mapping[int, type[Problem]]] = {
    kind.status: kind
    for kind in (
        problems.Problem,
        problems.Unauthenticated,
        problems.Forbidden,
        problems.NotFound,
        problems.Conflict,
        problems.Stale,
        problems.TooLarge,
        problems.UnsupportedMedia,
        problems.Invalid,
        problems.TooMany,
        problems.Unavailable,
    )
}


class OrjsonProvider(JSONProvider):
    """Flask's JSON through orjson; times in UTC end in Z."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Write JSON text."""
        return orjson.dumps(obj, option=orjson.OPT_UTC_Z).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read JSON."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Make an answer without the detour over text."""
        body = orjson.dumps(self._prepare_response_obj(args, kwargs), option=orjson.OPT_UTC_Z)
        return Response(body, mimetype="application/json")


def render_problem(problem: Problem) -> Response:
    """Render a problem as ``application/problem+json``."""
    document: dict[str, Any] = {
        **problem.members,
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "instance": request.path,
        "correlation_id": g.get("correlation_id", ""),
    }
    if problem.detail:
        document["detail"] = problem.detail
    if problem.errors:
        document["errors"] = [
            {"pointer": error.pointer, "detail": error.detail} for error in problem.errors
        ]
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z, default=str)
    response = Response(body, status=problem.status, content_type=PROBLEM_TYPE)
    if (retry_after := getattr(problem, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(retry_after)
    if problem.status == http.HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = getattr(problem, "challenge", "Bearer")
    return response


def render_http_error(error: HTTPException) -> Response:
    """Render an HTTP error of Flask or webargs as a problem, with its field errors and headers."""
    status = error.code or 500
    given = getattr(error, "data", None) or {}
    detail = given.get("message") or ("" if status >= 500 else error.description or "")
    errors = [FieldError(*each) for each in _flatten(given.get("messages") or {})]
    response = render_problem(_kind(status)(detail, errors=errors))
    for header, value in error.get_headers():
        if header.lower() in {"allow", "retry-after"}:
            response.headers[header] = value
    return response


def add_problem_renderer(app: Flask) -> None:
    """Let an application answer every error with a problem document; a 500 tells nothing."""

    @app.errorhandler(Problem)
    def known(problem: Problem) -> Response:
        return render_problem(problem)

    @app.errorhandler(HTTPException)
    def from_http(error: HTTPException) -> Response:
        return render_http_error(error)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        return render_problem(Problem())


def _kind(status: int) -> type[Problem]:
    """Return a problem class of a status, in our words where we have some for it."""
    known = _BY_STATUS.get(status)
    phrase = http.HTTPStatus(status)
    slug = known.slug if known else phrase.name.lower().replace("_", "-")
    title = known.title if known else phrase.phrase
    return type("HttpProblem", (Problem,), {"status": status, "slug": slug, "title": title})


def _flatten(messages: Any, path: str = "", *, outermost: bool = True) -> Iterator[tuple[str, str]]:
    """Walk marshmallow's nested messages as pairs of JSON pointer and text.

    The place is named outermost only: inside it, "form" is a field like any other.
    """
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            within = path if outermost and key in _PLACES else f"{path}/{_pointer(key)}"
            yield from _flatten(value, within, outermost=False)
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _flatten(value, path, outermost=False)
    else:
        yield path, str(messages)


def _pointer(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
