"""The web application of a service: guarded routes, problem+json everywhere, correlation, health and metrics.

A service's ``api.py`` uses :class:`Blueprint`, :func:`unit_of_work`, :func:`reading`, :func:`if_match` and
:func:`page_of`; ``app.py`` calls :meth:`chassis.service.Service.create_app`, which calls :func:`create_app` here.
"""

import functools
import http
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeVar

import flask
import flask_smorest
import orjson
import prometheus_client
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from chassis import clock, telemetry
from chassis.auth import Permissions, Principal, TokenVerifier
from chassis.database import Database, UnitOfWork
from chassis.problems import FieldError, Problem, Stale, Unavailable

log = telemetry.logger(__name__)

MAX_JSON_BYTES: Final = 1024 * 1024
MAX_UPLOAD_BYTES: Final = 11 * 1024 * 1024
PROBLEM_TYPE: Final = "application/problem+json"
RETRYABLE_SQLSTATES: Final = ("40001", "40P01")

R = TypeVar("R", bound=Callable[..., Any])


class Body(Schema):
    """Base of every request body: unknown fields are refused, so nothing is ever assigned by accident."""

    class Meta:
        """marshmallow's options."""

        unknown = RAISE


class PageArguments(Body):
    """Query arguments of every list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200), metadata={"description": "Items per page"})
    cursor = fields.String(load_default=None, metadata={"description": "`next` of the page before"})


@functools.cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page: ``items`` and ``next``, a cursor or null. ``total`` is there where it is known."""
    name = item.__name__.removesuffix("Schema") + "PageSchema"
    return type(
        name,
        (Schema,),
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(required=True, allow_none=True),
            "total": fields.Integer(allow_none=True),
        },
    )


class ProblemErrorSchema(Schema):
    """One refused field."""

    pointer = fields.String(metadata={"description": "JSON pointer into the request, e.g. /budget/0/amount_ore"})
    detail = fields.String()


class ProblemSchema(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    instance = fields.String()
    correlation_id = fields.String()
    errors = fields.List(fields.Nested(ProblemErrorSchema))


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose routes answer with an ETag from ``version`` and list their problems in the OpenAPI document."""

    def response(self, status_code: Any, schema: Any = None, **kwargs: Any) -> Callable[[R], R]:  # noqa: ANN401 - as in flask-smorest
        """Describe the answer; where the view returns something with a ``version``, it becomes the ETag."""
        decorate = super().response(status_code, schema, **kwargs)

        def wrap(view: R) -> R:
            @functools.wraps(view)
            def versioned(*args: Any, **options: Any) -> Any:  # noqa: ANN401
                result = view(*args, **options)
                version = getattr(result, "version", None)
                if isinstance(version, int):
                    g.etag = str(version)
                return result

            return decorate(versioned)  # type: ignore[no-any-return]

        return wrap

    def problems(self, *kinds: type[Problem]) -> Callable[[R], R]:
        """List the problems of a route: each becomes a documented ``application/problem+json`` answer."""

        def wrap(view: R) -> R:
            for status in sorted({kind.status for kind in kinds}):
                text = "; ".join(f"{kind.title} (`{kind.slug}`)" for kind in kinds if kind.status == status)
                view = self.alt_response(
                    status, schema=ProblemSchema, description=text, success=False, content_type=PROBLEM_TYPE
                )(view)
            return view

        return wrap


class OrjsonProvider(JSONProvider):
    """Flask's JSON through orjson; times in UTC end in Z."""

    def dumps(self, obj: Any, **_: Any) -> str:  # noqa: ANN401
        """Write JSON text."""
        return orjson.dumps(obj, option=orjson.OPT_UTC_Z).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:  # noqa: ANN401
        """Read JSON."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Make an answer without the detour over text."""
        return Response(
            orjson.dumps(self._prepare_response_obj(args, kwargs), option=orjson.OPT_UTC_Z), mimetype="application/json"
        )


class ServiceApp(Flask):
    """Flask that runs a request once more when PostgreSQL rolled it back as the victim of a deadlock or conflict."""

    def dispatch_request(self) -> Any:  # noqa: ANN401 - as in Flask
        """Run the view, at most twice."""
        try:
            return super().dispatch_request()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE_SQLSTATES:
                raise
            log.warning("request run again", reason="serialization failure or deadlock")
            return super().dispatch_request()


def principal() -> Principal:
    """Who is asking."""
    found: Principal = g.principal
    return found


def unit_of_work() -> AbstractContextManager[UnitOfWork]:
    """Open the unit of work of this request."""
    return _database().unit_of_work(principal())


@contextmanager
def reading() -> Iterator[UnitOfWork]:
    """Open a read-only unit for single-statement queries; nothing is ever committed."""
    database = _database()
    with database.reading() as session:
        yield UnitOfWork(session=session, service=database.service, principal=principal(), now=clock.now())


def if_match() -> int | None:
    """The version the caller read before, from ``If-Match``; None when it sent none. Raises Stale for a foreign tag."""
    raw = request.headers.get("If-Match")
    if raw is None or raw.strip() == "*":
        return None
    tag = raw.strip().removeprefix("W/").strip('"')
    if not tag.isdigit():
        raise Stale
    return int(tag)


def _database() -> Database:
    found: Database = flask.current_app.extensions["samspil.database"]
    return found


def create_app(
    *,
    name: str,
    title: str,
    blueprints: Sequence[Blueprint],
    database: Database,
    verifier: TokenVerifier,
    permissions: Permissions,
    ready: Callable[[], Mapping[str, str]],
) -> Flask:
    """Make the WSGI application of a service.

    Raises ``RuntimeError`` when a route has neither ``@require`` nor ``@public``, or names a row the table does not have.
    """
    app = ServiceApp(name, static_folder=None)
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.config.update(
        API_TITLE=title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["samspil.database"] = database
    api = flask_smorest.Api(app)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.extensions["samspil.api"] = api
    _add_operations(app, name, ready)
    _add_hooks(app, name, verifier, permissions)
    _add_problem_renderer(app)
    _require_guards(app, permissions)
    return app


def _require_guards(app: Flask, permissions: Permissions) -> None:
    for endpoint, view in app.view_functions.items():
        if not hasattr(view, "__scope__"):
            if endpoint.startswith("api-docs."):
                view.__scope__ = None  # type: ignore[attr-defined]
                continue
            message = f"{endpoint} has neither @require nor @public"
            raise RuntimeError(message)
        if view.__scope__ is not None and view.__scope__ not in permissions:
            message = f"{endpoint}: {view.__scope__} is not in the table of permissions"
            raise RuntimeError(message)


def _add_operations(app: Flask, name: str, ready: Callable[[], Mapping[str, str]]) -> None:
    def live() -> Response:
        return flask.jsonify(status="live", service=name)

    def readiness() -> tuple[Response, int]:
        checks = dict(ready())
        # A broker that is away degrades us; it does not stop us from reading and from taking requests (P8).
        fit = checks.get("database") == "ok"
        degraded = any(value != "ok" for value in checks.values())
        status = "unready" if not fit else "degraded" if degraded else "ready"
        return flask.jsonify(status=status, service=name, checks=checks), 200 if fit else 503

    def metrics() -> Response:
        return Response(prometheus_client.generate_latest(), mimetype=prometheus_client.CONTENT_TYPE_LATEST)

    for path, view in (("/health/live", live), ("/health/ready", readiness), ("/metrics", metrics)):
        view.__scope__ = None  # type: ignore[attr-defined]
        app.add_url_rule(path, path, view)


def _add_hooks(app: Flask, name: str, verifier: TokenVerifier, permissions: Permissions) -> None:
    @app.before_request
    def enter() -> None:
        g.started = time.perf_counter()
        correlation = request.headers.get("X-Correlation-ID", "")
        correlation = correlation if correlation.isalnum() and len(correlation) <= 64 else ""
        g.tracing = telemetry.tracing(
            correlation_id=correlation,
            causation_id=None,
            traceparent=telemetry.valid_traceparent(request.headers.get("traceparent")),
            actor="",
        )
        g.correlation_id = g.tracing.__enter__().correlation_id
        g.principal = Principal()
        authorization = request.headers.get("Authorization", "")
        if authorization.startswith("Bearer "):
            g.principal = verifier.verify(authorization.removeprefix("Bearer ").strip())
        view = app.view_functions.get(request.endpoint or "")
        scope = getattr(view, "__scope__", None)
        if scope is not None:
            g.principal.enter(permissions[scope])

    @app.after_request
    def leave(response: Response) -> Response:
        if response.status_code < 400 and "principal" in g:
            g.principal.require_checked()
        if "etag" in g and response.status_code < 300:
            response.set_etag(g.etag)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        if "correlation_id" in g:
            response.headers["X-Correlation-ID"] = g.correlation_id
            elapsed = time.perf_counter() - g.started
            route = request.url_rule.rule if request.url_rule else "unmatched"
            telemetry.requests_seconds.labels(name, request.method, route, str(response.status_code)).observe(elapsed)
            if not request.path.startswith(("/health", "/metrics")):
                log.info(
                    "request",
                    service=name,
                    method=request.method,
                    route=route,
                    status=response.status_code,
                    ms=round(elapsed * 1000, 1),
                )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        if tracing := g.pop("tracing", None):
            tracing.__exit__(None, None, None)


def _add_problem_renderer(app: Flask) -> None:
    @app.errorhandler(Problem)
    def known(problem: Problem) -> Response:
        return render_problem(problem)

    @app.errorhandler(HTTPException)
    def from_http(error: HTTPException) -> Response:
        return render_http_error(error)

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(PoolTimeout)
    def database_away(error: Exception) -> Response:
        log.warning("database not available", error=type(error).__name__)
        return render_problem(Unavailable("The database does not answer. Nothing was stored; try again in a moment."))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        return render_problem(Problem())


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
        document["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in problem.errors]
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z, default=str)
    response = Response(body, status=problem.status, content_type=PROBLEM_TYPE)
    if (retry_after := getattr(problem, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(retry_after)
    if problem.status == http.HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def render_http_error(error: HTTPException) -> Response:
    """Render an HTTP error of Flask, webargs or flask-smorest as a problem, with its field errors and headers."""
    status = error.code or 500
    phrase = http.HTTPStatus(status)
    problem = type(
        "HttpProblem", (Problem,), {"status": status, "slug": phrase.name.lower().replace("_", "-"), "title": phrase.phrase}
    )
    given = getattr(error, "data", None) or {}
    errors = []
    messages = given.get("messages")
    if messages:
        errors = [FieldError(pointer, detail) for pointer, detail in _flatten(messages)]
    response = render_problem(problem(given.get("message", "") or ("" if status >= 500 else error.description or ""), errors=errors))
    for header, value in error.get_headers():
        if header.lower() in {"allow", "retry-after"}:
            response.headers[header] = value
    return response


def _flatten(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - marshmallow's nested messages
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            # webargs names the place first ("json", "query"); a JSON pointer into the body does not.
            place = path if not path and key in {"json", "query", "files", "form", "headers", "json_or_form"} else f"{path}/{key}"
            yield from _flatten(value, place)
    elif isinstance(messages, (list, tuple)):
        for value in messages:
            yield from _flatten(value, path)
    else:
        yield path, str(messages)
