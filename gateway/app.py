"""The gateway's settings and its WSGI application: wiring only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, Response, g, request

from chassis import telemetry
from chassis.auth import TokenVerifier
from chassis.config import ProcessSettings, between, setting, web_address
from chassis.problems import NotFound
from chassis.web import observation
from chassis.web.callers import THIS_MACHINE, Networks, client_address, networks
from chassis.web.rendering import OrjsonProvider, add_problem_renderer
from gateway import openapi, routes, tokens
from gateway.cache import MAX_SECONDS, MicroCache
from gateway.limits import (
    NO_LIMIT,
    add_limits,
    rate_limit,
    request_body,
)
from gateway.proxy import Answer, Upstream, inbound_headers

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ANSWER_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_CONTENT_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(ProcessSettings):
    """What the gateway needs to know."""

    upstream_directory: str = setting(
        "UPSTREAM_DIRECTORY", "Where the directory answers, http://…", check=web_address
    )
    upstream_grants: str = setting("UPSTREAM_GRANTS", "Where grants answers", check=web_address)
    upstream_meetings: str = setting(
        "UPSTREAM_MEETINGS", "Where meetings answers", check=web_address
    )
    upstream_notifier: str = setting(
        "UPSTREAM_NOTIFIER", "Where the notifier answers", check=web_address
    )
    jwks_url: str = setting(
        "JWKS_URL",
        "Where the public keys of sign-in tokens are read; the directory unless given",
        default="",
        check=web_address,
    )
    token_issuer: str = setting(
        "TOKEN_ISSUER", "The issuer that a token must name", default="samspil"
    )
    trusted_proxies: str = setting(
        "TRUSTED_PROXIES",
        "Networks whose X-Forwarded-For is believed: the load balancer and the portal",
        default=THIS_MACHINE,
        check=networks,
    )
    rate_limit: str = setting(
        "RATE_LIMIT",
        f"Requests that one address may make of one gateway process; `{NO_LIMIT}` for no limit",
        default="3000 per minute",
        check=rate_limit,
    )
    cache_seconds: int = setting(
        "CACHE_SECONDS",
        "How long public answers are kept, at most 5; 0 for never",
        default=2,
        check=between(0, int(MAX_SECONDS)),
    )
    upstream_seconds: int = setting(
        "UPSTREAM_SECONDS",
        "How long a service may be silent before the caller gets 504",
        default=5,
        check=between(1, 60),
    )
    upstream_concurrency: int = setting(
        "UPSTREAM_CONCURRENCY",
        "Requests to one service at a time; fewer than threads, so that one slow service leaves"
        " room for the others",
        default=8,
        check=between(1, 1000),
    )


def create_app(settings: GatewaySettings) -> Flask:
    """Make the WSGI application."""
    app = Flask("gateway", static_folder=None, template_folder="templates")
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    upstreams = {
        name: Upstream(
            name,
            getattr(settings, f"upstream_{name}"),
            timeout=settings.upstream_seconds,
            concurrency=settings.upstream_concurrency,
        )
        for name in routes.SERVICES
    }
    verifier = TokenVerifier(
        jwks_url=settings.jwks_url or settings.upstream_directory.rstrip("/") + routes.KEYS,
        issuer=settings.token_issuer,
    )
    cache = MicroCache(app.wsgi_app, seconds=settings.cache_seconds)
    observation.observe(app, "gateway", lambda: g.route.prefix if g.get("route") else "own")
    _add_hooks(app, networks(settings.trusted_proxies))
    _add_health(app, upstreams)
    openapi.add_routes(app)
    _add_forwarding(app, upstreams, verifier, cache)
    add_problem_renderer(app)
    add_limits(app, settings.rate_limit)
    app.wsgi_app = cache  # type: ignore[method-assign]
    return app


def _add_hooks(app: Flask, trusted: Networks) -> None:
    @app.before_request
    def enter() -> None:
        g.client_address = client_address(request.environ, trusted)

    @app.after_request
    def leave(response: Response) -> Response:
        for name, value in _ANSWER_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", _CONTENT_POLICY)
        return response


def _add_health(app: Flask, upstreams: Mapping[str, Upstream]) -> None:
    def judge() -> tuple[Mapping[str, str], bool]:
        checks = {name: "ok" if each.is_live() else "away" for name, each in upstreams.items()}
        # One service that is away takes its own resources along and no others.
        return checks, "ok" in checks.values()

    observation.add_health(app, "gateway", judge)


def _add_forwarding(
    app: Flask, upstreams: dict[str, Upstream], verifier: TokenVerifier, cache: MicroCache
) -> None:
    def forward(**_: str) -> Response:
        environ = request.environ
        target = routes.target_of(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        g.route = route = routes.find(request.path)
        if route is None:
            raise NotFound
        tokens.check(environ.get("HTTP_AUTHORIZATION"), verifier)
        answer = upstreams[route.service].forward(
            request.method, target, _onward_headers(environ), request_body(environ)
        )
        if request.method not in _SAFE and answer.status < 400:
            cache.forget(route.service)
        return _render(answer)

    # The table decides; what is not in it ends in the same 404 as any other address.
    app.add_url_rule("/", "forward", forward, methods=METHODS, provide_automatic_options=False)
    app.add_url_rule(
        "/<path:rest>", "forward", forward, methods=METHODS, provide_automatic_options=False
    )


def _onward_headers(environ: dict[str, Any]) -> dict[str, str]:
    """Return the headers for the service: the caller's known ones, and our own word."""
    headers = inbound_headers(environ)
    headers["X-Client-Address"] = g.client_address
    headers["X-Correlation-ID"] = g.correlation_id
    parent = telemetry.valid_traceparent(environ.get("HTTP_TRACEPARENT"))
    headers["traceparent"] = telemetry.child_traceparent(parent)
    state = environ.get("HTTP_TRACESTATE", "")
    if parent and state and len(state) <= 512 and state.isascii() and state.isprintable():
        headers["tracestate"] = state
    return headers


def _render(answer: Answer) -> Response:
    response = Response(answer.body, status=answer.status)
    response.headers.pop("Content-Type", None)
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response
