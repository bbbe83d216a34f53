"""Papers of the town's association, and what an application knows of them."""

from __future__ import annotations

from typing import Any


def papers(key: Any) -> list[dict[str, Any]]:
    """Statutes in two versions, a declaration, a renewal about to expire, and two gaps."""
    newer, older = (_paper(key, "statutes", name) for name in ("new", "old"))
    older |= {"is_current": False, "dated_on": "2019-03-03"}
    children = _paper(key, "child-protection", "children", statement="certificates-obtained")
    children |= {"file": None, "expires_on": "2024-12-31"}
    renewal = _paper(key, "cvr-registration", "cvr") | {"file": None, "expires_on": "2024-03-20"}
    return [
        _state("statutes", "valid", newer, older),
        _state("accounts", "missing"),
        _state("cvr-registration", "expiring", renewal),
        {**_state("nemkonto", "missing"), "is_needed": False},
        _state("child-protection", "valid", children),
    ]


def figures() -> dict[str, Any]:
    """How it stands with each kind."""
    counts = {"needed": 12, "valid": 5, "expiring": 2, "expired": 1, "missing": 4}
    kinds = ("statutes", "accounts", "cvr-registration", "nemkonto", "child-protection")
    return {"items": [{"kind": kind, **counts} for kind in kinds]}


def gaps(key: Any) -> list[dict[str, Any]]:
    """One association's gap of each state."""
    states = {"missing": None, "expiring": "2024-03-20", "expired": "2023-12-31"}
    return [
        {
            "association_id": key("nattergalen"),
            "association_name": "Nattergalen",
            "kind": "cvr-registration",
            "status": status,
            "expires_on": expires_on,
        }
        for status, expires_on in states.items()
    ]


def asked(key: Any) -> list[dict[str, Any]]:
    """What an application is asked for: known, attached, and missing."""
    nothing = {"paper_id": None, "dated_on": None, "expires_on": None, "statement": None}
    known = {**nothing, "answer": "known", "paper_id": key("new"), "dated_on": "2023-03-03"}
    return [
        {"kind": "statutes", **known},
        {"kind": "accounts", **nothing, "answer": "attached"},
        {"kind": "cvr-registration", **known},
        {"kind": "nemkonto", **nothing, "answer": "missing"},
        {"kind": "child-protection", **known, "statement": "certificates-obtained"},
    ]


def _state(kind: str, status: str, *versions: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "status": status, "is_needed": True, "versions": list(versions)}


def _paper(key: Any, kind: str, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key(name),
        "kind": kind,
        "statement": None,
        "dated_on": "2023-03-03",
        "expires_on": None,
        "filed_at": "2023-03-04T10:00:00Z",
        "filed_by": "Anna",
        "on_behalf": "association",
        "is_current": True,
        "file": {"name": "Vedtægter æøå.pdf", "media_type": "application/pdf", "size": 123456},
        **changes,
    }
