"""A stand-in for the gateway, and the people who sign in at it."""

from __future__ import annotations

import base64
import http.server
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.component.portal import town_personal
from tests.component.portal.town import key

NOON = datetime(2024, 3, 1, 11, tzinfo=UTC)
EXPIRES = NOON + timedelta(minutes=15)


def token(person: str, *roles: str, **associations: str) -> str:
    """A token as the portal reads it; nobody here checks its signature."""
    claims = {
        "sub": key(person),
        "name": person.title(),
        "roles": list(roles),
        "associations": {key(name): role for name, role in associations.items()},
        "exp": int(EXPIRES.timestamp()),
    }
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


PEOPLE: dict[str, str] = {
    "applicant": token("anna", nattergalen="administrator"),
    "editor": token("erik", nattergalen="editor"),
    "member": token("mona", nattergalen="member"),
    "council": token("rikke", "council"),
    "committee": token("uffe", "committee"),
    "torn": token("anna", "council", "committee", nattergalen="administrator"),
    "coordinator": token("karen", "coordinator"),
    "caseworker": token("sanne", "caseworker"),
    "centre": token("frida", "centre"),
}


def _meant(q: str) -> str | None:
    return "nattergal" if q == "natergal" else None


class Gateway:
    """Answers from ``town`` by the rules of the API; remembers what was sent; refuses on demand."""

    def __init__(self, town: dict[str, Any]) -> None:
        self.begin_again(town)
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = gateway.answer(self.command, self.path, body, dict(self.headers))
                problem = status >= 400
                if isinstance(answer, bytes):
                    content, kind = answer, "application/pdf"
                else:
                    content = b"" if answer is None else json.dumps(answer).encode()
                    kind = "application/problem+json" if problem else "application/json"
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                if isinstance(answer, bytes):
                    self.send_header("Content-Disposition", 'attachment; filename="a.pdf"')
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = do  # noqa: N815 - the server's names

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.daemon = True
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def begin_again(self, town: dict[str, Any]) -> None:
        """Take a town, and forget what was sent and refused."""
        self.town = town
        self.sent: list[dict[str, Any]] = []
        self._refusals: list[tuple[str, str, int, dict[str, Any]]] = []
        self._once: list[tuple[str, str, int, dict[str, Any]]] = []

    def refuse(self, method: str, path: str, status: int, slug: str, **members: Any) -> None:
        """Answer requests to the paths that match with a problem."""
        document = {"type": f"https://samspil.example.org/problems/{slug}", "title": slug}
        self._refusals.append((method, path, status, {**document, "status": status, **members}))

    def refuse_once(self, method: str, path: str, status: int, slug: str, **members: Any) -> None:
        """Answer the next request to the paths that match with a problem, and then as before."""
        self.refuse(method, path, status, slug, **members)
        self._once.append(self._refusals[-1])

    def sent_to(self, method: str, path: str) -> list[dict[str, Any]]:
        """What was sent to the paths that match."""
        return [
            each for each in self.sent if each["method"] == method and re.search(path, each["path"])
        ]

    def answer(
        self, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Any]:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/api/v1")
        sent = json.loads(body) if "json" in headers.get("Content-Type", "") and body else None
        headers = {name.lower(): value for name, value in headers.items()}
        self.sent.append(
            {
                "method": method,
                "path": path,
                "query": parts.query,
                "body": sent,
                "raw": body,
                "headers": headers,
            }
        )
        for refusal in self._refusals:
            refused_method, pattern, status, document = refusal
            if method == refused_method and re.search(pattern, path):
                if refusal in self._once:
                    self._refusals.remove(refusal)
                return status, document
        query = dict(parse_qsl(parts.query))
        steps = [unquote(step) for step in path.strip("/").split("/")]
        if method == "GET":
            return self._search(steps, query) or self._read(steps, query)
        if method == "DELETE" and steps[0] == "people":
            return 200, {"person_id": steps[1], "receipt": "good"}
        if method == "DELETE":
            return 204, None
        return self._write(steps, sent or {})

    def _search(self, steps: list[str], query: dict[str, str]) -> tuple[int, Any] | None:
        match steps:
            case ["search"]:
                return 200, {**self.town["search"], "did_you_mean": _meant(query.get("q", ""))}
            case ["address-suggestions"]:
                return 200, {"suggestions": [{"text": "Himmerlandsgade 59, 9600 Aars"}]}
            case [("documents" | "news-items" | "funding-opportunities" | "rooms") as name]:
                asked = {"status": "published", **query}
                rows = [
                    row
                    for row in self.town[name]
                    if all(
                        row[field] == asked[field]
                        for field in ("status", "kind", "topic")
                        if field in asked
                    )
                ]
                return 200, {"items": rows, "next": None, "total": len(rows)}
            case ["search", "suggestions"]:
                return 200, {"suggestions": [f"{query.get('q', '')}sang"]}
            case ["associations", association_id, "municipal-note"]:
                found = [each for each in self.town["notes"] if each["id"] == association_id]
                return (200, found[0]) if found else self._not_found()
        return None

    def _read(  # noqa: C901, PLR0911, PLR0912 - one answer a case
        self, steps: list[str], query: dict[str, str]
    ) -> tuple[int, Any]:
        match steps:
            case [
                (
                    "me"
                    | "vocabulary"
                    | "vejviser-figures"
                    | "paper-figures"
                    | "unmet-need-figures"
                    | "contact-office"
                    | "unmet-room-needs"
                ) as name
            ]:
                return 200, self.town[name]
            case ["awards"]:
                items = [
                    row
                    for row in self.town["awards"]
                    if query.get("round_id", row["round_id"]) == row["round_id"]
                ]
                total = sum(row["granted_ore"] for row in items)
                return 200, {
                    "items": items,
                    "next": None,
                    "count": len(items),
                    "total_ore": total,
                    "frame_ore": 72630700,
                }
            case [collection] if collection in self.town:
                ignored = {"limit", "cursor", "q", "topic", "upcoming", "current", "year"}
                if not any(name in row for row in self.town[collection] for name in query):
                    ignored |= set(query)
                items = [
                    row
                    for row in self.town[collection]
                    if all(
                        str(row.get(name)) == value or name in ignored
                        for name, value in query.items()
                    )
                ]
                answer = {"items": items, "next": None}
                if collection == "associations":
                    answer |= {
                        "total": len(items),
                        "facets": {"target_groups": {"older": 1}, "areas": {"aars": 1}},
                        "did_you_mean": _meant(query.get("q", "")),
                        "ranked": "exact",
                    }
                return 200, answer
            case ["associations", _, ("changes" | "duplicates") as name]:
                return 200, {"items": self.town[name], "next": None}
            case ["personal-data", service, person_id]:
                return 200, town_personal.data(service, person_id, withheld=False)
            case ["associations", _, "papers"]:
                return 200, {"items": self.town["papers"]}
            case ["preferences", person_id]:
                return 200, {"id": person_id, "version": 1, "person_id": person_id, "news": True}
            case ["imports", _, "rows"]:
                return 200, {"items": self.town["rows"], "next": None}
            case (
                ["exports", _]
                | ["associations", _, "export" | "export.csv"]
                | ["applications", _, "attachments", _]
                | ["associations", _, "papers", _, "document"]
                | ["matches", "card.pdf"]
                | ["documents", _, "editions", _, "file"]
                | ["rooms", _, "pictures", _]
            ):
                return 200, b"%PDF-1.4"
            case ["meetings", _, "calendar"] | ["funding-opportunities", "calendar"]:
                return 200, b"BEGIN:VCALENDAR"
            case [collection, thing_id]:
                found = [row for row in self.town.get(collection, ()) if row["id"] == thing_id]
                return (200, found[0]) if found else self._not_found()
        return self._not_found()

    def _write(  # noqa: PLR0911 - one answer a case
        self, steps: list[str], body: dict[str, Any]
    ) -> tuple[int, Any]:
        if steps == ["matches"]:
            return 200, self.town["matches"]
        match steps:
            case ["sign-in-links"]:
                return 202, {"id": key("link"), "expires_at": "2024-03-01T11:15:00Z"}
            case ["sessions"] | ["sessions", _, "renewal"]:
                return 201, {
                    "id": key("session"),
                    "access_token": PEOPLE["applicant"],
                    "refresh_token": "refreshed",
                    "expires_at": "2024-03-01T11:15:00Z",
                    "person": {"id": key("anna"), "name": "Anna", "language": "da"},
                }
            case ["erasure-receipts", "opening"]:
                found = self.town["erasures"][0]
                return (200, found) if body["receipt"] == "good" else self._not_found()
            case ["confirmation-links" | "invitation-links" as kind, step]:
                linked = self._linked(step, body)
                return linked if kind == "confirmation-links" else self._invited(body)
            case [collection, thing_id]:
                before = [row for row in self.town.get(collection, ()) if row["id"] == thing_id]
                made = {**(before[0] if before else {}), **body, "id": thing_id, "version": 2}
                return (200 if before else 201), made
            case [collection, thing_id, *_]:
                before = [row for row in self.town.get(collection, ()) if row["id"] == thing_id]
                return 200, {**(before[0] if before else {}), "id": thing_id}
        return 200, {}

    def _linked(self, step: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Answer for the secret of the yearly mail: "good", "used", or any other."""
        if body.get("token") not in {"good", "used"}:
            problem = "https://samspil.example.org/problems/link-not-valid"
            return 404, {"type": problem, "status": 404}
        association = {**self.town["associations"][0]}
        del association["contact"]
        if step != "opening":
            return 200, {**association, **body}
        used_at = "2024-02-20T10:00:00Z" if body["token"] == "used" else None
        return 200, {
            "association": association,
            "expires_at": "2024-05-20T10:00:00Z",
            "used_at": used_at,
        }

    @staticmethod
    def _invited(body: dict[str, Any]) -> tuple[int, Any]:
        """Answer for the secret of an invitation: its status, or any other."""
        token = body["token"]
        if token not in {"open", "accepted", "declined"}:
            return 404, {
                "type": "https://samspil.example.org/problems/link-not-valid",
                "status": 404,
            }
        return 200, {
            "association_id": key("nattergalen"),
            "association_name": "Nattergalen",
            "is_published": True,
            "role": "administrator",
            "leads": True,
            "is_contact": True,
            "hands_over": True,
            "status": token,
            "expires_at": "2024-03-15T10:00:00Z",
        }

    @staticmethod
    def _not_found() -> tuple[int, Any]:
        return 404, {"type": "https://samspil.example.org/problems/not-found", "status": 404}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
