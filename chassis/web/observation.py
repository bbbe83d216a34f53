"""What is seen of every web application of ours: the thread through a request, its time, its line.

Services, gateway and portal share it, so that one request looks the same in all their logs.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask, Response, g, request

from chassis import operations, telemetry

log = telemetry.logger(__name__)

# Measured like anything else, but no line each: probes and the files of a page.
_QUIET: Final = ("/health", "/metrics", "/static/")


def observe(app: Flask, service: str, route: Callable[[], str] | None = None) -> None:
    """Have each request traced, timed and logged; call it before any other hook is added.

    ``route`` names what was asked for, without what was filled in; the matched rule unless given.
    """

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        g.tracing = telemetry.tracing(
            correlation_id=telemetry.correlation_id(request.headers.get("X-Correlation-ID")),
            causation_id=None,
            traceparent=telemetry.valid_traceparent(request.headers.get("traceparent")),
            actor="",
        )
        g.correlation_id = g.tracing.__enter__().correlation_id

    @app.after_request
    def end(response: Response) -> Response:
        if "correlation_id" in g:
            response.headers["X-Correlation-ID"] = g.correlation_id
            record(
                service=service,
                method=request.method,
                path=request.path,
                route=(route or _rule)(),
                status=response.status_code,
                started=g.started,
            )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        if tracing := g.pop("tracing", None):
            tracing.__exit__(None, None, None)


def record(
    *, service: str, method: str, path: str, route: str, status: int, started: float, **facts: Any
) -> None:
    """Time a request, which began at ``started`` (``perf_counter``), and write its line."""
    elapsed = time.perf_counter() - started
    telemetry.requests_seconds.labels(service, method, route, str(status)).observe(elapsed)
    if not path.startswith(_QUIET):
        log.info(
            "request",
            service=service,
            method=method,
            route=route,
            status=status,
            ms=round(elapsed * 1000, 1),
            **facts,
        )


def add_health(
    app: Flask, service: str, judge: Callable[[], tuple[Mapping[str, str], bool]]
) -> None:
    """Add ``/health/live`` and ``/health/ready``; ``judge`` checks, and says whether it is fit."""

    def live() -> operations.Health:
        return operations.live(service)

    def ready() -> operations.Health:
        checks, fit = judge()
        return operations.ready(service, checks, fit=fit)

    for view in (live, ready):
        add_open(app, f"/health/{view.__name__}", view)


def add_metrics(app: Flask) -> None:
    """Add ``/metrics``: for what only the gateway reaches, never for a public door."""

    def metrics() -> Response:
        status, kind, body = operations.metrics()
        return Response(body, status, mimetype=kind)

    add_open(app, "/metrics", metrics)


def add_open(app: Flask, path: str, view: Callable[[], Any]) -> None:
    """Add a view that everybody may ask for."""
    view.__scope__ = None  # type: ignore[attr-defined]
    app.add_url_rule(path, view.__name__, view)


def _rule() -> str:
    return request.url_rule.rule if request.url_rule else "unmatched"
