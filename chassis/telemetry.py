"""Logs, metrics and the thread of correlation that runs from a browser's request to the mail that left.

Every log line is one JSON object with the same keys. Facts go in as fields, never personal data as prose; what looks like a
CPR number, an e-mail address or a token is redacted all the same. Every metric name of the system is in this module.
"""

import logging
import re
import secrets
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_SENSITIVE = re.compile(
    r"\b\d{6}-?\d{4}\b|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\beyJ[\w-]+\.[\w-]+\.[\w-]+|\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,}\b"
)
_SECRET_KEYS = ("token", "password", "secret", "authorization", "cookie", "email", "phone", "code")

requests_seconds = Histogram(
    "samspil_request_seconds", "Time to answer an HTTP request", ["service", "method", "route", "status"]
)
outbox_pending = Gauge("samspil_outbox_pending", "Events committed and not yet confirmed by the broker", ["service"])
outbox_oldest_seconds = Gauge("samspil_outbox_oldest_seconds", "Age of the oldest unpublished event", ["service"])
events_published = Counter("samspil_events_published_total", "Events confirmed by the broker", ["service"])
publish_failures = Counter("samspil_publish_failures_total", "Publishing attempts that failed", ["service", "reason"])
messages_settled = Counter(
    "samspil_messages_total", "Messages by what became of them", ["service", "type", "outcome"]
)
inbox_waiting = Gauge("samspil_inbox_waiting", "Messages kept for later, by status", ["service", "status"])
handler_seconds = Histogram("samspil_handler_seconds", "Time in one event handler", ["service", "type"])
progress_timestamp = Gauge("samspil_progress_timestamp_seconds", "When a role last made progress", ["service", "role"])
schedule_runs = Counter("samspil_schedule_total", "Due things done by the scheduler", ["service", "task", "outcome"])


@dataclass(frozen=True)
class Trace:
    """Where in the story we are: the user action, the event being handled, the trace context and who acts."""

    correlation_id: str = ""
    causation_id: str | None = None
    traceparent: str | None = None
    actor: str = ""


_trace: ContextVar[Trace] = ContextVar("trace", default=Trace())  # noqa: B039 - Trace is frozen


def trace() -> Trace:
    """The trace of the work in hand; empty outside a request, message or command."""
    return _trace.get()


@contextmanager
def tracing(**changes: Any) -> Iterator[Trace]:  # noqa: ANN401 - the fields of Trace
    """Continue under a changed trace until the block ends. A correlation id is made where there is none."""
    changed = replace(_trace.get(), **changes)
    if not changed.correlation_id:
        changed = replace(changed, correlation_id=secrets.token_hex(16))
    reset = _trace.set(changed)
    try:
        yield changed
    finally:
        _trace.reset(reset)


def valid_traceparent(value: str | None) -> str | None:
    """Return a W3C ``traceparent`` when it is well formed, else None (it is then ignored, as the standard asks)."""
    return value if value and _TRACEPARENT.match(value) else None


def child_traceparent(parent: str | None) -> str:
    """Make the ``traceparent`` of the next hop: the same trace id with a new span id, or a new trace."""
    if parent and valid_traceparent(parent):
        version, trace_id, _, flags = parent.split("-")
        return f"{version}-{trace_id}-{secrets.token_hex(8)}-{flags}"
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def redact(value: Any) -> Any:  # noqa: ANN401 - any log value
    """Replace what looks like a CPR number, an e-mail address, a token or an account number."""
    return _SENSITIVE.sub("[redacted]", value) if isinstance(value, str) else value


def _redact_entry(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    for key, value in entry.items():
        if any(word in key.lower() for word in _SECRET_KEYS):
            entry[key] = "[redacted]"
        else:
            entry[key] = redact(value)
    return entry


def _add_trace(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    current = _trace.get()
    if current.correlation_id:
        entry.setdefault("correlation_id", current.correlation_id)
    if current.causation_id:
        entry.setdefault("causation_id", current.causation_id)
    return entry


def configure_logging(*, level: str = "INFO", stream: Any = None) -> None:  # noqa: ANN401 - a text stream
    """Send our own and the libraries' log lines as JSON to ``stream`` (standard error by default)."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
        _redact_entry,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("pika", "kombu", "amqp", "urllib3", "alembic", "waitress"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def logger(name: str) -> Any:  # noqa: ANN401 - structlog's bound logger has no useful static type
    """Return the logger of a module: ``log = logger(__name__)``; ``log.info("event handled", type=...)``."""
    return structlog.stdlib.get_logger(name)
