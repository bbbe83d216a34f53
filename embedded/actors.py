"""People who use Samspil as anybody would: through the public API and the links in their mail.

The demo, the demo municipality and the journeys in the tests share them. Nothing here knows a
service from the inside.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import UUID, uuid5

import urllib3

Json = Any
T = TypeVar("T")
NAMESPACE: Final = UUID("6f6c3a4e-6d0b-5b43-9f0a-3d2f6b1c7a11")
# Not now, says the gateway, or whatever stands before it.
AWAY: Final = frozenset({502, 503, 504})
_LINK: Final = re.compile(r"https?://\S*/log-ind/bekraeft\?\S+")


def stable_id(*words: str) -> str:
    """Make the id of a thing from its name: playing a step again names the same thing again."""
    return str(uuid5(NAMESPACE, ":".join(words)))


class Refused(Exception):
    """The API said no. ``status``, ``slug`` and the whole problem document tell why."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{method} {path}: {status} {problem}")
        self.status = status
        self.problem = problem
        self.slug = str(problem.get("type", "")).rsplit("/", 1)[-1]


class Unreachable(OSError):
    """Nobody answered; whether the request was carried out is not known."""


class Overdue(AssertionError):
    """Something that should have happened by now has not."""


def eventually(look: Callable[[], T], *, what: str, within: float = 30) -> T:
    """Return what ``look`` finds as soon as it is true.

    Raises :class:`Overdue` when it never becomes so.
    """
    end = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Overdue(what)
        time.sleep(0.05)


def pages(call: Callable[[str, str], Json], path: str, arguments: Mapping[str, str]) -> list[Json]:
    """Return every item of a list, page by page."""
    items: list[Json] = []
    cursor: str | None = None
    while True:
        query = {**arguments, "limit": "200", **({"cursor": cursor} if cursor else {})}
        page = call("GET", f"{path}?{urlencode(query)}")
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


@dataclass
class Town:
    """An instance as the outside sees it: its API, its mailbox and, in the demo, its clock.

    While it does not answer, or says that it cannot just now, a request is made again for
    ``patience`` seconds, as by a person who presses the button once more.
    """

    url: str
    patience: float = 0
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(
            maxsize=20, timeout=urllib3.Timeout(30), retries=False
        )
    )

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        token: str = "",
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Call the API and return its JSON.

        Raises :class:`Refused` for every answer of 400 and above.
        """
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        what = {"json": body} if raw is None else {"body": raw}
        answer = self.request(method, path, headers=sent, **what)
        if answer.status >= 400:
            is_json = "json" in answer.headers.get("Content-Type", "")
            raise Refused(
                method,
                path,
                answer.status,
                answer.json() if is_json else {"detail": answer.data[:500]},
            )
        if not answer.data or "json" not in answer.headers.get("Content-Type", ""):
            return answer.data
        return answer.json()

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request. Raises :class:`Unreachable` where nobody answers."""
        end = time.monotonic() + self.patience
        while True:
            is_last = time.monotonic() >= end
            try:
                answer = self.http.request(method, self.url + path, **options)
                if is_last or answer.status not in AWAY:
                    return answer
            except urllib3.exceptions.HTTPError as error:
                if is_last:
                    raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
            time.sleep(0.2)

    def pages(self, path: str, **arguments: str) -> list[Json]:
        """Return every item of a public list."""
        return pages(self.call, path, arguments)

    def mails(self, to: str = "") -> list[Json]:
        """Return the mails that left, oldest first, for one recipient or for all."""
        query = f"?to={quote(to)}" if to else ""
        answer = self.request("GET", f"/mailbox.json{query}").json()
        mails: list[Json] = answer["items"] if isinstance(answer, dict) else answer
        return sorted(
            mails,
            key=lambda mail: mail["id"] if isinstance(mail["id"], int) else mail["received_at"],
        )

    def now(self) -> datetime:
        """What time it is there, by the demo clock."""
        return datetime.fromisoformat(self.call("GET", "/demo/clock")["now"])

    def move_clock(self, to: datetime) -> None:
        """Move the demo clock forward; does nothing when it is already later there."""
        if self.now() < to:
            self.call("PUT", "/demo/clock", {"now": to.isoformat()})


@dataclass
class Actor:
    """A person with a mail address.

    And nothing else: roles follow from who the system knows them as.
    """

    town: Town
    email: str
    name: str = ""
    token: str = ""

    @property
    def browser(self) -> str:
        """The secret of the one browser this person uses."""
        return f"browser-of-{self.email}"

    def sign_in(self) -> None:
        """Ask for a link, wait for the mail, and sign in; ask for another where that fails.

        An answer may be lost on the way, and the link is used up all the same.
        """
        end = time.monotonic() + self.town.patience
        while True:
            try:
                self._sign_in_once()
            except (Overdue, Refused) as failure:
                is_used_up = isinstance(failure, Overdue) or failure.status == 401
                if not is_used_up or time.monotonic() >= end:
                    raise
            else:
                return

    def _sign_in_once(self) -> None:
        """Open the link as a mail scanner would, then sign in with it."""
        seen = {mail["id"] for mail in self.town.mails(self.email)}
        asked = self.town.call(
            "POST", "/api/v1/sign-in-links", {"email": self.email, "browser": self.browser}
        )

        def link() -> str:
            for mail in self.town.mails(self.email):
                found = _LINK.search(mail["text"])
                if mail["id"] not in seen and found and asked["id"] in found.group():
                    return found.group()
            return ""

        address = eventually(
            link, what=f"the mail with the link to sign in for {self.name or self.email}"
        )
        # Scanners in mail systems open every link; a GET must not use it up.
        self.town.request("GET", address.removeprefix(self.town.url))
        given = parse_qs(urlsplit(address).query)
        session = self.town.call(
            "POST",
            "/api/v1/sessions",
            {"link_id": given["link"][0], "token": given["token"][0], "browser": self.browser},
        )
        self.token = session["access_token"]

    def call(self, method: str, path: str, body: Json = None, **options: Any) -> Json:
        """Call the API as this person; signs in when needed. Raises :class:`Refused`."""
        if not self.token:
            self.sign_in()
        try:
            return self.town.call(method, path, body, token=self.token, **options)
        except Refused as refused:
            if refused.status != 401:
                raise
        self.sign_in()
        return self.town.call(method, path, body, token=self.token, **options)

    def get(self, path: str) -> Json:
        """Read a resource."""
        return self.call("GET", path)

    def put(self, path: str, body: Json) -> Json:
        """Create or replace a resource."""
        return self.call("PUT", path, body)

    def post(self, path: str, body: Json = None) -> Json:
        """Do a transition."""
        return self.call("POST", path, {} if body is None else body)

    def pages(self, path: str, **arguments: str) -> list[Json]:
        """Return every item of a list."""
        return pages(self.call, path, arguments)

    def is_refused(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        slugs: Sequence[str] = (),
        status: int = 0,
    ) -> bool:
        """Try something that must be refused; True when it was, for the right reason."""
        try:
            self.call(method, path, body)
        except Refused as refused:
            return (not slugs or refused.slug in slugs) and (not status or refused.status == status)
        return False
