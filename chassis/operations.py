"""What operators and their machines ask a process: does it live, can it work, how is it doing.

Web applications answer health on their own port. A role (consume, relay, schedule) has no port,
so :func:`listening` gives it one, and the ``serve`` of every component one for its metrics, away
from the public door. Live is judged by progress: a process of which a loop no longer turns is not
live, however well it answers here.
"""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import orjson
from prometheus_client import CONTENT_TYPE_LATEST

from chassis import telemetry
from chassis.config import Misconfigured, ProcessSettings, Settings

if TYPE_CHECKING:
    from chassis.database import Database
    from chassis.service import Service

# What a role cannot do anything without; the scheduler writes to its database only.
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "consume": ("database", "broker"),
    "relay": ("database", "broker"),
    "schedule": ("database",),
}

# What the broker is while an alarm of its own makes it hold publishers up. It is reached, and goes
# on by itself: a role that waits for that is degraded, not unready.
BLOCKED: Final = "blocked"

Answer = tuple[int, str, bytes]
Answers = Mapping[str, Callable[[], Answer]]
Health = tuple[dict[str, Any], int]


def live(service: str, *, limit: float = 0.0) -> Health:
    """Tell whether each loop has turned within ``limit`` seconds, as a document and a status.

    A web application has no loops of ours; that it answers is its progress.
    """
    loops = telemetry.stillness(service) if limit else {}
    stuck = sorted(loop for loop, seconds in loops.items() if seconds > limit)
    document: dict[str, Any] = {"status": "stuck" if stuck else "live", "service": service}
    if stuck:
        document["stuck"] = stuck
    return document, 503 if stuck else 200


def ready(service: str, checks: Mapping[str, str], *, fit: bool) -> Health:
    """Tell whether it can work (``fit``), and whether all it depends on is well."""
    degraded = any(value != "ok" for value in checks.values())
    status = "unready" if not fit else "degraded" if degraded else "ready"
    return {"status": status, "service": service, "checks": dict(checks)}, 200 if fit else 503


def metrics() -> Answer:
    """Tell the metrics of this process, or of all processes of a ``serve``."""
    return 200, CONTENT_TYPE_LATEST, telemetry.exposition()


def of_role(service: "Service", role: str, settings: Settings, database: "Database") -> Answers:
    """Return what a role answers: metrics, live by progress, ready by what it needs."""

    def role_ready() -> Answer:
        checks = service.readiness(settings, database)
        fit = all(checks[each] in {"ok", BLOCKED} for each in NEEDS[role])
        return _json(ready(service.name, checks, fit=fit))

    return {
        "/metrics": metrics,
        "/health/live": lambda: _json(live(service.name, limit=settings.live_seconds)),
        "/health/ready": role_ready,
    }


@contextlib.contextmanager
def listening(settings: ProcessSettings, answers: Answers) -> Iterator[None]:
    """Answer on the operations port while the block runs; on none where the port is 0.

    Raises :class:`~chassis.config.Misconfigured` where the port cannot be had.
    """
    if not settings.operations_port:
        yield
        return
    handler = type("Handler", (_Handler,), {"answers": answers})
    address = (settings.operations_host, settings.operations_port)
    try:
        server = http.server.ThreadingHTTPServer(address, handler)
    except OSError as error:
        raise Misconfigured(f"OPERATIONS_PORT: cannot listen on {address}: {error}") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="operations", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET of the few known addresses; whoever is slow to ask is hung up on."""

    timeout = 5
    answers: ClassVar[Answers] = {}

    def do_GET(self) -> None:
        """Answer one question."""
        answer = self.answers.get(self.path.partition("?")[0])
        status, kind, body = answer() if answer else (404, "text/plain", b"not here\n")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: a probe comes every few seconds."""


def _json(health: Health) -> Answer:
    document, status = health
    return status, "application/json", orjson.dumps(document)
