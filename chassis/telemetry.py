"""Logs, metrics and the thread of correlation from a browser's request to the mail that left.

Every log line is one JSON object with the same keys. Facts go in as fields, never personal data as
prose; what looks like a CPR number, an e-mail address or a token is redacted all the same. The
words of an exception often quote what somebody sent, so only those of our own code's failures are
kept; of the others the type and the place. Every metric name of the system is in this module.
"""

import logging
import os
import re
import secrets
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# Where the processes of one ``serve`` keep their numbers, so that any of them can tell the sum.
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"

# A later version of the standard may add fields at the end; the first four stay (W3C, section 3.2).
_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})"
    r"-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_SENSITIVE = re.compile(
    r"\b\d{6}-?\d{4}\b"  # CPR number
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail address
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # token
    r"|\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,}\b"  # IBAN
    r"|\+\d{2}(?: ?\d){8,}\b"  # telephone number
)
_CORRELATION = re.compile(r"[A-Za-z0-9-]{1,64}")
_OWN_WORDS = (OSError, RuntimeError, AssertionError, AttributeError, ImportError, NameError)
_SECRET_KEYS = ("token", "password", "secret", "authorization", "cookie", "email", "phone", "code")


def _gauge(name: str, text: str, labels: list[str]) -> Gauge:
    """Make a gauge: of several processes the one that lives and spoke last is right."""
    return Gauge(name, text, labels, multiprocess_mode="livemostrecent")


requests_seconds = Histogram(
    "samspil_request_seconds",
    "Time to answer an HTTP request",
    ["service", "method", "route", "status"],
)
outbox_pending = _gauge(
    "samspil_outbox_pending", "Events committed and not yet confirmed by the broker", ["service"]
)
outbox_oldest_seconds = _gauge(
    "samspil_outbox_oldest_seconds", "Age of the oldest unpublished event", ["service"]
)
events_published = Counter(
    "samspil_events_published_total", "Events confirmed by the broker", ["service"]
)
publish_failures = Counter(
    "samspil_publish_failures_total", "Publishing attempts that failed", ["service", "reason"]
)
messages_settled = Counter(
    "samspil_messages_total", "Messages by what became of them", ["service", "type", "outcome"]
)
inbox_waiting = _gauge(
    "samspil_inbox_waiting", "Messages kept for later, by status", ["service", "status"]
)
consumer_brake = _gauge(
    "samspil_consumer_brake", "1 while a consumer stands still: too many messages died", ["service"]
)
inbox_oldest_seconds = _gauge(
    "samspil_inbox_oldest_seconds",
    "Age of the oldest message not handled yet, by status; 0 where there is none",
    ["service", "status"],
)
handler_seconds = Histogram(
    "samspil_handler_seconds", "Time in one event handler", ["service", "type"]
)
progress_timestamp = _gauge(
    "samspil_progress_timestamp_seconds", "When a loop of a role last turned", ["service", "loop"]
)
sequences_reused = Counter(
    "samspil_sequences_reused_total",
    "Events that bore a number another event had: their publisher's log was put back",
    ["service", "publisher"],
)
cases = _gauge(
    "samspil_cases",
    "Cases by kind and state, as their owner counts them: mails, deadlines that are near or missed",
    ["service", "kind", "state"],
)
schedule_runs = Counter(
    "samspil_schedule_total", "Due things done by the scheduler", ["service", "task", "outcome"]
)
gateway_cache = Counter(
    "samspil_gateway_cache_total", "Public reads at the gateway's door, by outcome", ["outcome"]
)


@dataclass(frozen=True)
class Trace:
    """Where we are: the user action, the event being handled, the trace context and who acts."""

    correlation_id: str = ""
    causation_id: str | None = None
    traceparent: str | None = None
    actor: str = ""


_trace: ContextVar[Trace] = ContextVar("trace", default=Trace())  # noqa: B039 - it is frozen


def trace() -> Trace:
    """Return the trace of the work in hand; empty outside a request, message or command."""
    return _trace.get()


@contextmanager
def tracing(**changes: Any) -> Iterator[Trace]:
    """Continue under a changed trace until the block ends; it always has a correlation id."""
    changed = replace(_trace.get(), **changes)
    if not changed.correlation_id:
        changed = replace(changed, correlation_id=secrets.token_hex(16))
    reset = _trace.set(changed)
    try:
        yield changed
    finally:
        _trace.reset(reset)


def correlation_id(value: str | None) -> str:
    """Return a correlation id somebody sent, or "" where it is not one (one is then made)."""
    return value if value and _CORRELATION.fullmatch(value) else ""


def valid_traceparent(value: str | None) -> str | None:
    """Return a well-formed W3C ``traceparent``, else None: the standard asks to ignore others."""
    match = _TRACEPARENT.fullmatch(value or "")
    if match is None or (match["version"] == "00" and match["more"]):
        return None
    return value


def child_traceparent(parent: str | None) -> str:
    """Make the ``traceparent`` of the next hop: the same trace with a new span, or a new trace."""
    match = _TRACEPARENT.fullmatch(valid_traceparent(parent) or "")
    if match:
        sampled = int(match["flags"], 16) & 1
        return f"00-{match['trace']}-{secrets.token_hex(8)}-{sampled:02x}"
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


# When each loop of this process last turned, by service and loop, in monotonic seconds.
_turned: dict[tuple[str, str], float] = {}


def turned(service: str, loop: str) -> None:
    """Note that a loop of a role goes round: it is not stuck, whether or not it has work."""
    _turned[service, loop] = time.monotonic()
    progress_timestamp.labels(service, loop).set_to_current_time()


def stillness(service: str) -> dict[str, float]:
    """Return for how many seconds each loop of a service, in this process, has not turned."""
    now = time.monotonic()
    return {loop: now - at for (name, loop), at in list(_turned.items()) if name == service}


def exposition() -> bytes:
    """Return the metrics in Prometheus' text form: of all processes of a ``serve`` together."""
    folder = os.environ.get(METRICS_FOLDER)
    if not folder:
        return generate_latest()
    for path in Path(folder).glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not _is_alive(pid):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def redact(value: Any) -> Any:
    """Replace what looks like a CPR number, an e-mail address, a token or an account number."""
    if isinstance(value, str):
        return _SENSITIVE.sub("[redacted]", value)
    if isinstance(value, Mapping):
        return {
            key: "[redacted]" if _is_secret(key) else redact(each) for key, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(each) for each in value]
    return value


def _is_secret(key: Any) -> bool:
    return any(word in str(key).lower() for word in _SECRET_KEYS)


def _describe_exception(
    _logger: Any, _name: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put type and place of an exception, and of its causes, in the words' stead."""
    given = entry.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        entry["exception"] = "\n".join(_describe(error))
    return entry


def _describe(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _describe(cause)
        yield "which led to"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    words = f": {error}" if isinstance(error, _OWN_WORDS) else ""
    sqlstate = getattr(error, "sqlstate", None)
    yield f"{type(error).__qualname__}{words}{f' ({sqlstate})' if sqlstate else ''}"


def _redact_entry(
    _logger: Any, _name: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in entry.items():
        entry[key] = "[redacted]" if _is_secret(key) else redact(value)
    return entry


def _add_trace(
    _logger: Any, _name: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    current = _trace.get()
    if current.correlation_id:
        entry.setdefault("correlation_id", current.correlation_id)
    if current.causation_id:
        entry.setdefault("causation_id", current.causation_id)
    return entry


def configure_logging(*, level: str = "INFO", stream: Any = None) -> None:
    """Send our own and the libraries' log lines as JSON to ``stream``, else standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        _describe_exception,
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
    for noisy in ("kombu", "amqp", "urllib3", "alembic", "waitress"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It tells of each fault some seven times and then raises it; relay and consumer tell it once.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def logger(name: str) -> Any:
    """Return the logger of a module; facts are fields: ``log.info("event handled", type=...)``."""
    return structlog.stdlib.get_logger(name)
