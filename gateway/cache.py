"""A very short memory for what anybody may read, in front of everything else.

Only a GET by nobody in particular (no token, no cookie) of a route marked ``public`` is kept, only
when it was answered 200, and for at most five seconds from the moment it was asked for. A burst on
one address costs the service one request: while it is fetched, the others wait for it. Whatever is
changed through this gateway is forgotten at once.

The mark in the table is the permission to keep: services say ``no-store`` of everything, which is
meant for browsers. One that says ``private``, or varies by something that is not in our key, is
never kept; a shorter ``max-age`` than ours counts (docs/decisions/0071).
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import ResponseCacheControl
from werkzeug.http import parse_cache_control_header, parse_etags

from chassis import telemetry
from chassis.web import observation
from gateway import routes

MAX_ENTRIES: Final = 1000
MAX_ENTRY_BYTES: Final = 256 * 1024
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_KEY_CHARACTERS: Final = 1000
MAX_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 10.0
# Of the caller and the moment, not of the thing.
_NOT_KEPT: Final = frozenset(
    {"x-correlation-id", "cache-control", "content-length", "date", "vary", "etag"}
)
# What an answer may depend on; of these the last two are in the key, and the first two never kept.
VARY: Final = ("Authorization", "Cookie", "Accept", "Accept-Language")

_hit, _joined, _miss = map(telemetry.gateway_cache.labels, ("hit", "joined", "miss"))

Key = tuple[str, str, str, str]
StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


@dataclass(frozen=True)
class Entry:
    """An answer that is kept, until when, and in which generation of its service's data."""

    headers: tuple[tuple[str, str], ...]
    etag: str
    body: bytes
    until: float
    generation: int


class MicroCache:
    """WSGI middleware around the gateway."""

    def __init__(
        self, app: Application, *, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._seconds = seconds
        self._clock = clock
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._size = 0
        self._fetching: dict[Key, threading.Event] = {}
        self._generations = dict.fromkeys(routes.SERVICES, 0)
        self._lock = threading.Lock()

    def forget(self, service: str) -> None:
        """Forget what was kept of a service: something of it changed."""
        with self._lock:
            self._generations[service] += 1

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory where that is allowed and possible, else ask the application."""
        started = time.perf_counter()
        route = self._route(environ)
        if route is None:
            return self._app(environ, start_response)
        key = (
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_ACCEPT", ""),
            environ.get("HTTP_ACCEPT_LANGUAGE", ""),
        )
        entry = self._entries.get(key)
        if entry is not None and self._is_good(entry, route.service):
            _hit.inc()
            return _recall(entry, route, environ, start_response, started)
        waited = self._join(key)
        if waited:
            entry = self._entries.get(key)
            if entry is not None and self._is_good(entry, route.service):
                _joined.inc()
                return _recall(entry, route, environ, start_response, started)
            return self._app(environ, start_response)
        _miss.inc()
        try:
            return self._fetch(key, route.service, environ, start_response)
        finally:
            with self._lock:
                self._fetching.pop(key).set()

    def _route(self, environ: Mapping[str, Any]) -> routes.Route | None:
        """Return the route whose public answer this request may share; None where it may not."""
        if (
            environ["REQUEST_METHOD"] != "GET"
            or "HTTP_AUTHORIZATION" in environ
            or "HTTP_COOKIE" in environ
            or self._seconds <= 0
        ):
            return None
        path = environ.get("PATH_INFO", "")
        told = ("QUERY_STRING", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE")
        if len(path) + sum(len(environ.get(name, "")) for name in told) > MAX_KEY_CHARACTERS:
            return None
        route = routes.find(path)
        return route if route is not None and route.public else None

    def _is_good(self, entry: Entry, service: str) -> bool:
        current = entry.generation == self._generations[service]
        return current and entry.until > self._clock()

    def _join(self, key: Key) -> bool:
        """Wait for whoever fetches this already; return False where it is ours to fetch."""
        with self._lock:
            fetched = self._fetching.get(key)
            if fetched is None:
                self._fetching[key] = threading.Event()
                return False
        fetched.wait(WAIT_SECONDS)
        return True

    def _fetch(
        self, key: Key, service: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        told: list[Any] = []
        generation = self._generations[service]
        # As old as the moment it was asked for, however long the service took.
        asked_at = self._clock()

        def listen(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told[:] = [status, headers, exc_info]
            return lambda _: None

        # The caller's own condition is judged below, on the whole answer.
        condition = environ.pop("HTTP_IF_NONE_MATCH", None)
        answer = self._app(environ, listen)
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        if condition is not None:
            environ["HTTP_IF_NONE_MATCH"] = condition
        status, headers, exc_info = told
        found = {name.lower(): value for name, value in headers}
        seconds = min(self._seconds, _allowed_seconds(found))
        if not status.startswith("200 ") or len(body) > MAX_ENTRY_BYTES or seconds <= 0:
            start_response(status, headers, exc_info)
            return [body]
        etag = found.get("etag") or f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        kept = [(name, value) for name, value in headers if name.lower() not in _NOT_KEPT]
        entry = Entry(
            (*kept, ("Vary", ", ".join(VARY)), ("ETag", etag)),
            etag,
            body,
            asked_at + seconds,
            generation,
        )
        self._keep(key, entry)
        # The application has logged this one, under the id it told.
        return _tell(entry, environ, start_response, found["x-correlation-id"])

    def _keep(self, key: Key, entry: Entry) -> None:
        with self._lock:
            previous = self._entries.pop(key, None)
            self._size += len(entry.body) - (len(previous.body) if previous else 0)
            self._entries[key] = entry
            while len(self._entries) > MAX_ENTRIES or self._size > MAX_BYTES:
                _, oldest = self._entries.popitem(last=False)
                self._size -= len(oldest.body)


def _allowed_seconds(headers: Mapping[str, str]) -> float:
    """How long a service lets its answer be kept; 0 for never."""
    varies = {name.strip().lower() for name in headers.get("vary", "").split(",")} - {""}
    if not varies <= {name.lower() for name in VARY}:
        return 0.0
    told = parse_cache_control_header(headers.get("cache-control"), cls=ResponseCacheControl)
    if told.private:
        return 0.0
    age = told.s_maxage if told.s_maxage is not None else told.max_age
    return MAX_SECONDS if age is None else float(age)


def _recall(
    entry: Entry,
    route: routes.Route,
    environ: Mapping[str, Any],
    start_response: StartResponse,
    started: float,
) -> Iterable[bytes]:
    """Answer from memory, traced and logged as any other answer."""
    sent = telemetry.correlation_id(environ.get("HTTP_X_CORRELATION_ID"))
    with telemetry.tracing(
        correlation_id=sent, causation_id=None, traceparent=None, actor=""
    ) as trace:
        status = 304 if _is_held(entry, environ) else 200
        observation.record(
            service="gateway",
            method="GET",
            path=environ["PATH_INFO"],
            route=route.prefix,
            status=status,
            started=started,
            from_memory=True,
        )
        return _tell(entry, environ, start_response, trace.correlation_id)


def _tell(
    entry: Entry, environ: Mapping[str, Any], start_response: StartResponse, correlation_id: str
) -> Iterable[bytes]:
    headers = [
        *entry.headers,
        # A browser may keep it too, if it asks each time whether it still holds.
        ("Cache-Control", "no-cache"),
        ("X-Correlation-ID", correlation_id),
    ]
    if _is_held(entry, environ):
        start_response("304 Not Modified", [each for each in headers if each[0] != "Content-Type"])
        return [b""]
    start_response("200 OK", [*headers, ("Content-Length", str(len(entry.body)))])
    return [entry.body]


def _is_held(entry: Entry, environ: Mapping[str, Any]) -> bool:
    """Whether the caller has this very answer already."""
    condition = environ.get("HTTP_IF_NONE_MATCH")
    etag = entry.etag.removeprefix("W/").strip('"')
    return bool(condition) and parse_etags(condition).contains_weak(etag)
