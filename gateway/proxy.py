"""Forwarding to one service: kept-alive connections, bounded in time, size and number.

::

    caller ─► semaphore ─► breaker ─► connection of this thread ─► service
                 │            │             │
                 503          503           504 when it is silent, 502 when it talks nonsense

What goes in and what comes out are lists of known headers: everything else stays outside,
whatever it is called.
"""

import contextlib
import http.client
import select
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest

from chassis import telemetry
from chassis.problems import Problem, Unavailable

log = telemetry.logger(__name__)

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
BLOCK_BYTES: Final = 64 * 1024
TRUSTED_FAILURES: Final = 5
OPEN_SECONDS: Final = 5.0
WAIT_FOR_TURN_SECONDS: Final = 1.0
ANSWER_HEADERS: Final = (
    "Allow",
    "Cache-Control",
    "Content-Disposition",
    "Content-Language",
    "Content-Security-Policy",
    "Content-Type",
    "ETag",
    "Last-Modified",
    "Link",
    "Location",
    "Retry-After",
    "Vary",
    "WWW-Authenticate",
)
# Where sending the same request again does no harm. A PUT carries its own id.
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_NOT_FORWARDED_STATUSES: Final = frozenset({301, 302, 303, 307, 308})


class BadGateway(Problem):
    """A service answered with something that is no answer of ours."""

    status = 502
    slug = "bad-gateway"
    title = "A part of the system gave no sensible answer"


class GatewayTimeout(Problem):
    """A service did not answer in time."""

    status = 504
    slug = "timeout"
    title = "A part of the system did not answer in time"


@dataclass(frozen=True)
class Answer:
    """What a service said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RequestBody:
    """A body to forward: its length, and where it is read, block by block.

    One of a single block is held, and can be read again.
    """

    def __init__(self, length: int, stream: BinaryIO) -> None:
        self.length = length
        self._stream = stream
        self._held = b""

    @property
    def is_short(self) -> bool:
        """Whether it can be read again."""
        return self.length <= BLOCK_BYTES

    def blocks(self) -> Iterator[bytes]:
        """Read it. Raises ``BadRequest`` where the caller stops before the end."""
        if self.is_short:
            self._held = self._held or b"".join(self._read())
            if self._held:
                yield self._held
        else:
            yield from self._read()

    def _read(self) -> Iterator[bytes]:
        missing = self.length
        while missing:
            block = self._stream.read(min(BLOCK_BYTES, missing))
            if not block:
                raise BadRequest("The body ended before its end.")
            missing -= len(block)
            yield block


class Breaker:
    """Spares a service that keeps failing: after five failures in a row, five seconds of rest.

    Then one request is let through to try; its outcome decides.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._resting_until = 0.0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Ask to pass. Raises :class:`Unavailable` while the service rests."""
        if self._failures < TRUSTED_FAILURES:
            return
        with self._lock:
            instant = time.monotonic()
            if instant < self._resting_until:
                raise Unavailable(retry_after=max(1, round(self._resting_until - instant)))
            self._resting_until = instant + OPEN_SECONDS

    def succeeded(self) -> None:
        """Note an answer, whatever it said."""
        if self._failures:
            self._failures = 0

    def failed(self) -> None:
        """Note that there was none."""
        with self._lock:
            self._failures += 1
            self._resting_until = time.monotonic() + OPEN_SECONDS


class Connection(http.client.HTTPConnection):
    """A connection that ends with the thread it belongs to."""

    def __del__(self) -> None:
        self.close()


class Upstream:
    """One service as the gateway sees it."""

    def __init__(self, name: str, url: str, *, timeout: float, concurrency: int) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            message = f"UPSTREAM_{name.upper()}: {url!r} is not of the form http://host:port"
            raise ValueError(message)
        self.name = name
        self._host = parts.hostname
        self._port = parts.port or 80
        self._timeout = timeout
        self._turns = threading.BoundedSemaphore(concurrency)
        self._breaker = Breaker()
        self._local = threading.local()

    def forward(
        self, method: str, target: str, headers: Mapping[str, str], body: RequestBody | None = None
    ) -> Answer:
        """Send a request and return the answer.

        Raises :class:`Unavailable` (503), :class:`GatewayTimeout` (504) or :class:`BadGateway`.
        """
        self._breaker.enter()
        if not self._turns.acquire(timeout=WAIT_FOR_TURN_SECONDS):
            log.warning("upstream busy", upstream=self.name)
            raise Unavailable(retry_after=1)
        try:
            answer = self._exchange(method, target, headers, body)
        except TimeoutError as error:
            self._give_up()
            raise GatewayTimeout from error
        except (http.client.HTTPException, ValueError, BadGateway) as error:
            self._give_up()
            log.warning("upstream talks nonsense", upstream=self.name, error=type(error).__name__)
            raise BadGateway from error
        except OSError as error:
            self._give_up()
            log.warning("upstream away", upstream=self.name, error=type(error).__name__)
            raise Unavailable from error
        except BaseException:
            # The caller's fault (a body that broke off): the connection is of no use any more.
            self._close()
            raise
        finally:
            self._turns.release()
        self._breaker.succeeded()
        return answer

    def is_live(self) -> bool:
        """Whether the service answers at all."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=1)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: RequestBody | None
    ) -> Answer:
        connection, is_used = self._connection()
        try:
            return self._send(connection, method, target, headers, body)
        except (http.client.RemoteDisconnected, ConnectionError):
            # A kept connection may have been closed at the other end while this was on its way, as
            # by a service that is being replaced.
            if not is_used or method not in _REPEATABLE or not (body is None or body.is_short):
                raise
        self._close()
        connection, _ = self._connection()
        return self._send(connection, method, target, headers, body)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: RequestBody | None,
    ) -> Answer:
        until = time.monotonic() + 3 * self._timeout
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(body.length))
        connection.endheaders()
        if body is not None:
            # A service that refuses a body early answers before it has read it all.
            with contextlib.suppress(ConnectionError):
                for block in body.blocks():
                    connection.send(block)
        response = connection.getresponse()
        answer = Answer(
            response.status,
            {name: value for name in ANSWER_HEADERS if (value := response.getheader(name, ""))},
            b"".join(_read(response, until)),
        )
        if method == "HEAD" and (length := response.getheader("Content-Length", "")):
            answer = Answer(answer.status, {**answer.headers, "Content-Length": length}, b"")
        _judge(answer, is_head=method == "HEAD")
        if response.will_close:
            self._close()
        return answer

    def _connection(self) -> tuple[Connection, bool]:
        """Return this thread's connection, and whether it has been used before."""
        kept: Connection | None = getattr(self._local, "connection", None)
        if kept is not None and kept.sock is not None:
            # Something to read on an idle connection is its end, or nonsense.
            if not select.select([kept.sock], [], [], 0)[0]:
                return kept, True
            self._close()
        made = Connection(self._host, self._port, timeout=self._timeout)
        self._local.connection = made
        return made, False

    def _close(self) -> None:
        kept = getattr(self._local, "connection", None)
        if kept is not None:
            with contextlib.suppress(OSError):
                kept.close()
            self._local.connection = None

    def _give_up(self) -> None:
        self._close()
        self._breaker.failed()


def _read(response: http.client.HTTPResponse, until: float) -> Iterable[bytes]:
    """Read an answer. Raises ``BadGateway`` for one without end, ``TimeoutError`` for a drip."""
    size = 0
    while block := response.read(BLOCK_BYTES):
        size += len(block)
        if size > MAX_ANSWER_BYTES:
            raise BadGateway
        if time.monotonic() > until:
            raise TimeoutError
        yield block
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)


def _judge(answer: Answer, *, is_head: bool) -> None:
    """Let only what a service of ours may say through. Raises ``BadGateway``."""
    kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
    is_html = kind in {"text/html", "application/xhtml+xml"}
    is_problem = kind == "application/problem+json"
    nameless = not kind and bool(answer.body)
    broken_problem = answer.status >= 400 and not is_problem and not is_head
    if is_html or nameless or broken_problem or answer.status in _NOT_FORWARDED_STATUSES:
        raise BadGateway


def inbound_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the caller's headers that go on: known ones, unless ``Connection`` names them."""
    hops = {each.strip().lower() for each in environ.get("HTTP_CONNECTION", "").split(",")}
    return {
        name: environ[key]
        for name, key in _FORWARDED.items()
        if key in environ and environ[key] and name.lower() not in hops
    }


_FORWARDED: Final[Mapping[str, str]] = {
    "Accept": "HTTP_ACCEPT",
    "Accept-Language": "HTTP_ACCEPT_LANGUAGE",
    "Authorization": "HTTP_AUTHORIZATION",
    "Content-Type": "CONTENT_TYPE",
    "If-Match": "HTTP_IF_MATCH",
    "If-None-Match": "HTTP_IF_NONE_MATCH",
    "X-File-Name": "HTTP_X_FILE_NAME",
}
