"""How the portal speaks to the gateway.

Kept-alive connections, time limits, correlation, problems as exceptions.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypedDict
from urllib.parse import quote, urlencode

import urllib3

from chassis import telemetry

log = telemetry.logger(__name__)

Resource = dict[str, Any]

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 20.0
CONNECTIONS: Final = 32
MAX_PAGES: Final = 50
# Failures after which the same request may be sent once more: reads, and writes that carry their
# own id.
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
# It is away for this one thing, and surely nothing was stored: that is told where it was sent.
_TOLD_AT_THE_FORM: Final = frozenset({"scanner-away"})
_PLACE: Final = re.compile(r"\{(\w+)\}")


class Page(TypedDict, total=False):
    """A list answer."""

    items: list[Resource]
    next: str | None
    total: int | None
    facets: dict[str, dict[str, int]]
    did_you_mean: str | None


class GatewayAway(Exception):
    """The gateway, or the service behind it, does not answer.

    Nothing may be assumed about a write.
    """


@dataclass
class GatewayProblem(Exception):
    """The API refused; ``slug`` names the reason, ``members`` holds what it told besides."""

    status: int
    slug: str
    title: str = ""
    detail: str = ""
    errors: list[Mapping[str, str]] = field(default_factory=list)
    members: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.slug}"


@dataclass(frozen=True)
class Download:
    """A file or other text that the portal hands on to the browser."""

    content: bytes
    media_type: str
    disposition: str


class Transport:
    """One pool of connections to the gateway, shared by all threads."""

    def __init__(self, gateway_url: str) -> None:
        self._url = gateway_url.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=False,
        )

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Send one request. Raises :class:`GatewayAway` and :class:`GatewayProblem`."""
        trace = telemetry.trace()
        sent = {
            "X-Correlation-ID": trace.correlation_id,
            "traceparent": telemetry.child_traceparent(trace.traceparent),
            **headers,
        }
        attempts = 2 if method in _REPEATABLE else 1
        for attempt in range(1, attempts + 1):
            try:
                response = self._pool.request(
                    method, self._url + target, headers=sent, body=body, redirect=False
                )
                break
            except urllib3.exceptions.HTTPError as error:
                if attempt == attempts:
                    log.warning("gateway not reached", method=method, error=type(error).__name__)
                    raise GatewayAway from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise _problem(response)
        return response

    def is_reachable(self) -> bool:
        """Whether the gateway answers at all."""
        try:
            self._pool.request(
                "GET", f"{self._url}/health/live", timeout=urllib3.Timeout(total=2), redirect=False
            )
        except urllib3.exceptions.HTTPError:
            return False
        return True


class Resources:
    """What the parts of the client have in common: a token, and the five verbs."""

    def __init__(self, transport: Transport, token: str, client_address: str) -> None:
        self._transport = transport
        self._token = token
        self._client_address = client_address

    def _get(self, template: str, /, **values: Any) -> Resource:
        answer: Resource = json.loads(self._send("GET", template, values).data)
        return answer

    def _page(self, template: str, /, **values: Any) -> Page:
        answer: Page = json.loads(self._send("GET", template, values).data)
        return answer

    def _all(self, template: str, /, *, per_page: int = 200, **values: Any) -> list[Resource]:
        """Read a list to its end, page by page."""
        items: list[Resource] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = self._page(template, limit=per_page, cursor=cursor, **values)
            items += page["items"]
            cursor = page.get("next")
            if not cursor:
                break
        return items

    def _put(
        self, template: str, body: Any, /, *, version: str | int | None = None, **values: Any
    ) -> Resource:
        return self._write("PUT", template, body, version, values)

    def _patch(
        self, template: str, body: Any, /, *, version: str | int | None = None, **values: Any
    ) -> Resource:
        return self._write("PATCH", template, body, version, values)

    def _post(self, template: str, body: Any = None, /, **values: Any) -> Resource:
        return self._write("POST", template, body, None, values)

    def _delete(self, template: str, /, **values: Any) -> None:
        self._send("DELETE", template, values)

    def _download(self, template: str, /, **values: Any) -> Download:
        response = self._send("GET", template, values, accept="*/*")
        return Download(
            content=response.data,
            media_type=response.headers.get("Content-Type", "application/octet-stream"),
            disposition=response.headers.get("Content-Disposition", "attachment"),
        )

    def _upload(
        self, template: str, content: bytes, headers: Mapping[str, str], /, **values: Any
    ) -> Resource:
        response = self._send("PUT", template, values, body=content, headers=headers)
        answer: Resource = json.loads(response.data) if response.data else {}
        return answer

    def _write(
        self,
        method: str,
        template: str,
        body: Any,
        version: str | int | None,
        values: Mapping[str, Any],
    ) -> Resource:
        headers = {"Content-Type": "application/json"}
        if version not in {None, ""}:
            headers["If-Match"] = f'"{version}"'
        content = json.dumps({} if body is None else body).encode()
        response = self._send(method, template, values, body=content, headers=headers)
        answer: Resource = json.loads(response.data) if response.data else {}
        return answer

    def _send(
        self,
        method: str,
        template: str,
        values: Mapping[str, Any],
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
    ) -> urllib3.BaseHTTPResponse:
        sent = {"Accept": accept, **(headers or {})}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        if self._client_address:
            sent["X-Forwarded-For"] = self._client_address
        return self._transport.send(method, address(template, values), headers=sent, body=body)


def address(template: str, values: Mapping[str, Any]) -> str:
    """Fill the places of a path; what is left becomes the query.

    Values that are None are left out.
    """
    places = set(_PLACE.findall(template))
    path = _PLACE.sub(lambda found: quote(str(values[found[1]]), safe=""), template)
    query = [(name, value) for name, value in values.items() if name not in places]
    pairs = [(name, _text(value)) for name, value in query if value is not None and value != ""]
    return f"/api/v1{path}" + (f"?{urlencode(pairs)}" if pairs else "")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _problem(response: urllib3.BaseHTTPResponse) -> Exception:
    """Read a problem document. A gateway error without one is as good as no answer."""
    document: Any = None
    if "json" in response.headers.get("Content-Type", ""):
        try:
            document = json.loads(response.data)
        except ValueError:
            document = None
    is_problem = isinstance(document, dict)
    slug = str(document.get("type", "")).rsplit("/", 1)[-1] if is_problem else ""
    if response.status in {502, 503, 504} and slug not in _TOLD_AT_THE_FORM:
        return GatewayAway(f"status {response.status}")
    if not is_problem:
        return GatewayProblem(status=response.status, slug=f"status-{response.status}")
    return GatewayProblem(
        status=response.status,
        slug=slug or f"status-{response.status}",
        title=str(document.get("title", "")),
        detail=str(document.get("detail", "")),
        errors=list(document.get("errors") or ()),
        members=document,
    )
