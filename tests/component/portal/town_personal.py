"""What the services of the town keep of people, and two erasures: one done, one on its way."""

from __future__ import annotations

import uuid
from typing import Any

ANNA = str(uuid.uuid5(uuid.NAMESPACE_URL, "test:anna"))
DONE = str(uuid.uuid5(uuid.NAMESPACE_URL, "test:erased"))
WAITING = str(uuid.uuid5(uuid.NAMESPACE_URL, "test:being-erased"))
KEPT = {"what": "role", "form": "pseudonym", "rule": "public-record", "count": 2, "until": None}
SIGNED = {
    "what": "signature",
    "form": "as-written",
    "rule": "accounts",
    "count": 1,
    "until": "2029-12-31",
}
PARTS: dict[str, list[dict[str, Any]]] = {
    "directory": [
        {
            "kind": "person",
            "rows": [{"id": ANNA, "name": "Anna <b>Andersen</b>", "email": "anna@example.org"}],
            "left_out": 0,
        },
        {
            "kind": "membership",
            "rows": [
                {
                    "id": ANNA,
                    "association_id": ANNA,
                    "role": "administrator",
                    "leads": True,
                    "granted_at": "2024-02-01T10:00:00Z",
                    "ended_at": None,
                }
            ],
            "left_out": 0,
        },
        {
            "kind": "deed",
            "rows": [{"type": "directory.a.b.v1", "subject": "a/1", "at": "2024-02-01T10:00:00Z"}],
            "left_out": 0,
        },
    ],
    "grants": [
        {
            "kind": "assessment",
            "rows": [{"amount_ore": 3_000_000, "recommend": "yes", "scores": {"formål": 4}}],
            "left_out": 0,
        }
    ],
    "meetings": [],
    "notifier": [
        {"kind": "office", "rows": [{"id": ANNA}], "left_out": 7},
        {
            "kind": "subscription",
            "rows": [
                {
                    "id": ANNA,
                    "email": "anna@example.org",
                    "language": "da",
                    "subjects": ["news:grants", "document:minutes"],
                    "wanted": ["news:council"],
                    "asked_at": "2024-02-01T10:00:00Z",
                    "confirmed_at": "2024-02-01T11:00:00Z",
                }
            ],
            "left_out": 0,
        },
    ],
}


def people() -> list[dict[str, Any]]:
    """One person."""
    return [{"id": ANNA, "version": 1, "name": "Anna Andersen", "email": "anna@example.org"}]


def erasures() -> list[dict[str, Any]]:
    """One that all have answered, and one that waits."""
    return [_erasure(DONE, "person", done=True), _erasure(WAITING, "coordinator", done=False)]


def data(service: str, person_id: str, *, withheld: bool) -> dict[str, Any]:
    """What a service keeps of whoever it is."""
    return {
        "service": service,
        "person_id": person_id,
        "taken_at": "2024-03-01T10:00:00Z",
        "parts": PARTS[service],
        "withheld": ["assessment"] if withheld else [],
    }


def _erasure(person_id: str, asked_by: str, *, done: bool) -> dict[str, Any]:
    at = "2024-03-01T10:00:00Z"
    answers = [
        {"service": "directory", "answered_at": at, "kept": [KEPT]},
        {"service": "grants", "answered_at": at, "kept": [SIGNED]},
        {"service": "meetings", "answered_at": at, "kept": []},
        {"service": "notifier", "answered_at": at if done else None, "kept": []},
    ]
    return {
        "id": person_id,
        "person_id": person_id,
        "asked_at": at,
        "asked_by": asked_by,
        "is_complete": done,
        "answers": answers,
    }
