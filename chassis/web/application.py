"""The WSGI application of a service: every route guarded, every error a problem document."""

import functools
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import flask
import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, g, request
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest

from chassis import telemetry
from chassis.auth import Permissions, Principal, TokenVerifier
from chassis.database import Database
from chassis.problems import Conflict, Invalid, Unauthenticated, Unavailable
from chassis.web import observation, openapi
from chassis.web.blueprint import Blueprint, ProblemSchema
from chassis.web.rendering import (
    OrjsonProvider,
    add_problem_renderer,
    render_problem,
)

log = telemetry.logger(__name__)

MAX_JSON_BYTES: Final = 1024 * 1024
MAX_UPLOAD_BYTES: Final = 11 * 1024 * 1024
# Serialization failure, deadlock, and a unique key that two requests made at once: the second run
# finds the first one's row, and answers as to any repeated or refused request.
RETRYABLE_SQLSTATES: Final = ("40001", "40P01", "23505")
_FORMS: Final = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})


class Api(flask_smorest.Api):
    """flask-smorest's, with our one form of errors."""

    ERROR_SCHEMA = ProblemSchema


class ServiceApp(Flask):
    """Flask that runs a request once more when another one, at the same time, was first."""

    def dispatch_request(self) -> Any:
        """Run the view, at most twice."""
        try:
            return super().dispatch_request()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE_SQLSTATES:
                raise
            log.warning("request run again", reason="another request was first")
            return super().dispatch_request()


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

    Raises ``RuntimeError`` when a route has neither ``@require`` nor ``@public``, or names a row
    that the table does not have.
    """
    app = ServiceApp(name, static_folder=None)
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.config.update(
        API_TITLE=title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["samspil.database"] = database
    names = MarshmallowPlugin(schema_name_resolver=openapi.schema_name)
    api = Api(app, spec_kwargs={"marshmallow_plugin": names})
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.extensions["samspil.openapi"] = _document(app, api, permissions)
    observation.observe(app, name)
    _add_operations(app, name, ready)
    _add_hooks(app, verifier, permissions)
    add_problem_renderer(app)
    _add_database_problems(app)
    _require_guards(app, permissions)
    return app


def _require_guards(app: Flask, permissions: Permissions) -> None:
    for endpoint, view in app.view_functions.items():
        if not hasattr(view, "__scope__"):
            message = f"{endpoint} has neither @require nor @public"
            raise RuntimeError(message)
        if view.__scope__ is not None and view.__scope__ not in permissions:
            message = f"{endpoint}: {view.__scope__} is not in the table of permissions"
            raise RuntimeError(message)


def _document(app: Flask, api: Api, permissions: Permissions) -> Callable[[], dict[str, Any]]:
    """Return what makes the OpenAPI document, once, when somebody asks for it."""

    @functools.cache
    def document() -> dict[str, Any]:
        if "Problem" not in api.spec.components.schemas:
            api.spec.components.schema("Problem", schema=ProblemSchema)
        return openapi.complete(api.spec, app, permissions)

    return document


def _add_operations(app: Flask, name: str, ready: Callable[[], Mapping[str, str]]) -> None:
    def judge() -> tuple[Mapping[str, str], bool]:
        checks = ready()
        # Without the broker we still read and take requests; the event log keeps what it waits for.
        return checks, checks.get("database") == "ok"

    def described() -> Response:
        return flask.jsonify(app.extensions["samspil.openapi"]())

    observation.add_health(app, name, judge)
    observation.add_metrics(app)
    observation.add_open(app, "/openapi.json", described)


def _add_hooks(app: Flask, verifier: TokenVerifier, permissions: Permissions) -> None:
    @app.before_request
    def enter() -> None:
        g.principal = Principal()
        _limit()
        if request.method == "OPTIONS":
            return
        g.principal = _caller(verifier)
        view = app.view_functions.get(request.endpoint or "")
        scope = getattr(view, "__scope__", None)
        if scope is not None:
            g.principal.enter(permissions[scope])

    @app.after_request
    def leave(response: Response) -> Response:
        if response.status_code < 400 and "principal" in g:
            g.principal.require_checked()
        _tag(response)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _limit() -> None:
    """Refuse what no route takes: a NUL in the address, and JSON or a form of more than 1 MiB."""
    if "\x00" in request.path or b"%00" in request.query_string:
        raise BadRequest("The address contains a NUL character.")
    if request.is_json or request.mimetype in _FORMS:
        request.max_content_length = MAX_JSON_BYTES


def _caller(verifier: TokenVerifier) -> Principal:
    """Return who is asking. Raises :class:`Unauthenticated` for a token that is not good."""
    authorization = request.headers.get("Authorization")
    if authorization is None:
        return Principal()
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    return verifier.verify(token.strip())


def _tag(response: Response) -> None:
    """Give an answer about a versioned thing its ETag: the version and a checksum of the answer.

    The version serves ``If-Match``. The checksum is there for ``If-None-Match``: what one sees of
    a thing depends on who asks, and on names copied from other services.
    """
    if "version" not in g or response.status_code >= 300 or response.is_streamed:
        return
    response.set_etag(f"{g.version}-{zlib.crc32(response.get_data()):08x}")
    if request.method in {"GET", "HEAD"}:
        response.make_conditional(request)


def _add_database_problems(app: Flask) -> None:
    """Tell what the database refused, without its words: they quote what was sent."""

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(PoolTimeout)
    def database_away(error: Exception) -> Response:
        log.warning("database not available", error=type(error).__name__)
        return render_problem(
            Unavailable("The database does not answer. Nothing was stored; try again in a moment.")
        )

    @app.errorhandler(DataError)
    def not_storable(error: DataError) -> Response:
        log.warning("value not storable", sqlstate=getattr(error.orig, "sqlstate", None))
        return render_problem(Invalid("A value is outside what can be stored."))

    @app.errorhandler(IntegrityError)
    def contradiction(error: IntegrityError) -> Response:
        diagnosis = getattr(error.orig, "diag", None)
        log.warning("constraint violated", constraint=getattr(diagnosis, "constraint_name", None))
        return render_problem(
            Conflict("It contradicts what is stored, perhaps by somebody else just now.")
        )
