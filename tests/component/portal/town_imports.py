"""Imports of the town, one in each state, and the rows of one."""

from __future__ import annotations

from typing import Any


def imports(key: Any) -> list[dict[str, Any]]:
    """An import in each state."""
    states = ("reading", "unreadable", "read", "checking", "checked", "running", "stopped", "done")
    return [_import(key, status) for status in states]


def rows(key: Any) -> list[dict[str, Any]]:
    """A row of each kind."""
    return [
        _row(key, 2, "new", settled_at="2024-03-01T10:05:00Z", association_id=key("nattergalen")),
        _row(
            key,
            3,
            "changed",
            association_id=key("boblen"),
            settled_at="2024-03-01T10:05:00Z",
            changes=[
                {"field": "purpose", "before": "=1+1", "after": "Sang"},
                {"field": "target_groups", "before": [], "after": ["older"]},
                {"field": "volunteers_wanted", "before": False, "after": True},
            ],
        ),
        _row(
            key,
            4,
            "refused",
            reason="invalid",
            notes=[
                {"field": "cvr", "detail": "A CVR number has exactly eight digits.", "value": "1"},
                {"field": "area", "detail": "Is not one of the words in use here.", "value": "X"},
            ],
        ),
        _row(
            key,
            6,
            "refused",
            reason="not-delegated",
            notes=[
                {"field": "", "detail": "The association keeps its record itself.", "value": ""}
            ],
        ),
        _row(
            key,
            5,
            "asked",
            reason="similar",
            candidates=[
                {
                    "id": key("nattergalen"),
                    "name": "Nattergalen",
                    "cvr": None,
                    "postcode": "9600",
                    "city": "Aars",
                    "status": "published",
                }
            ],
        ),
    ]


def _row(key: Any, position: int, outcome: str, **values: Any) -> dict[str, Any]:
    return {
        "id": key(f"row-{position}"),
        "position": position,
        "name": f"Koret nummer {position}",
        "outcome": outcome,
        "reason": "",
        "notes": [],
        "changes": [],
        "candidates": [],
        "answer": None,
        "association_id": None,
        "settled_at": None,
        **values,
    }


def _import(key: Any, status: str) -> dict[str, Any]:
    return {
        "id": key(f"import-{status}"),
        "version": 2,
        "name": "Foreninger i Aars.csv",
        "size": 1200,
        "status": status,
        "fault": "broken" if status == "unreadable" else None,
        "uploaded_at": "2024-03-01T10:00:00Z",
        "ended_at": None,
        "encoding": "cp1252",
        "separator": ";",
        "sheet": "",
        "header_row": 1,
        "suggestions": [
            {"header": "Navn", "field": "name", "examples": ["Nattergalen", "Boblen"]},
            {"header": "", "field": "", "examples": []},
        ],
        "columns": ["name", ""],
        "defaults": {} if status == "read" else {"purpose": "Følger", "form": "group"},
        "words": {"area": {"Midtby": "aars"}},
        "existing": "fill",
        "publish": True,
        "introducing": False,
        "counts": {
            "rows": 4,
            "checked": 4,
            "settled": 2,
            "outcomes": {
                "new": 1,
                "changed": 1,
                "same": 0,
                "refused": 1,
                "asked": 1,
                "skipped": 0,
            },
            "to_ask": 1,
            "to_introduce": 1,
            "introduced": 0,
        },
        "unknown_words": [{"field": "area", "text": "Atlantis", "count": 3}],
    }
