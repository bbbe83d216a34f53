"""What there is to read in the small town: documents with their editions, and news."""

from __future__ import annotations

import uuid
from typing import Any


def key(name: str) -> str:
    """The id of a thing in the town."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"test:{name}"))


def documents() -> list[dict[str, Any]]:
    """A policy in three editions, statutes being written, and a form that was withdrawn."""
    policy = [
        edition("policy", 3, published_at=None, note="Udkast til 2026"),
        edition("policy", 2, note="Revideret", is_cut=True),
        edition("policy", 1, dated_on="2007-12-11"),
    ]
    return [
        document("policy", "Frivilligpolitik", "policy", "published", policy),
        document("statutes", "Vedtægter", "statutes", "draft", []),
        document("form", "Ansøgningsskema", "form", "withdrawn", [edition("form", 1)]),
    ]


def document(
    name: str, title: str, kind: str, status: str, editions: list[dict[str, Any]]
) -> dict[str, Any]:
    """A document as the API shows it."""
    return {
        "id": key(name),
        "version": 2,
        "kind": kind,
        "title": title,
        "summary": "Hvad vi har aftalt.\n\nOg hvorfor.",
        "owner": "Kultur og Fritid",
        "language": "da",
        "status": status,
        "created_at": "2024-01-01T10:00:00Z",
        "published_at": "2024-02-01T10:00:00Z" if status != "draft" else None,
        "editions": editions,
        "excerpt": [
            {"text": "de ", "is_match": False},
            {"text": "frivillige", "is_match": True},
        ],
    }


def edition(of: str, number: int, **values: Any) -> dict[str, Any]:
    """An edition of a document."""
    return {
        "id": key(f"{of}-{number}"),
        "number": number,
        "dated_on": "2024-01-15",
        "note": "",
        "published_at": "2024-02-01T10:00:00Z",
        "name": "Politik.pdf",
        "media_type": "application/pdf",
        "size": 123_456,
        "sha256": "0" * 64,
        "read_at": "2024-02-01T10:00:01Z",
        "is_cut": False,
        **values,
    }


def news() -> list[dict[str, Any]]:
    """News in each state, by staff and by what happened."""
    return [
        item("friday", "Frivillig fredag", "published", link="https://example.org/fredag"),
        item(
            "announced",
            "I kan snart søge",
            "published",
            topic="grants",
            text="",
            about_kind="round",
            about_id=key("round-open"),
        ),
        item("draft", "Kladden", "draft", published_at=None),
        item(
            "later",
            "Kommer senere",
            "scheduled",
            published_at=None,
            publish_at="2024-03-05T08:00:00Z",
        ),
        item("wrong", "En fejl", "withdrawn"),
    ]


def item(name: str, title: str, status: str, **values: Any) -> dict[str, Any]:
    """A piece of news as the API shows it."""
    return {
        "id": key(f"news-{name}"),
        "version": 2,
        "topic": "volunteering",
        "title": title,
        "summary": "Vi fejrer de frivillige & hinanden.",
        "text": "Kom til kaffe.\n\nPå torvet.",
        "link": None,
        "status": status,
        "about_kind": None,
        "about_id": None,
        "created_at": "2024-02-01T10:00:00Z",
        "changed_at": "2024-02-02T10:00:00Z",
        "publish_at": None,
        "published_at": "2024-02-01T10:00:00Z",
        **values,
    }


def funding() -> list[dict[str, Any]]:
    """A round, pools with each kind of deadline and amount, and one being written."""
    questions = [
        {"question": "Har I et CVR-nummer?", "needed": True, "reason": "Fonden kræver det."},
        {"question": "Er I en virksomhed?", "needed": False, "reason": "Kun foreninger."},
    ]
    return [
        opportunity("asked", "Små midler", "published", questions=questions),
        opportunity(
            "round",
            "§ 18-puljen",
            "published",
            source="round",
            id=key("round-open"),
            summary="",
            link=None,
            frame_ore=72_630_700,
            amount_min_ore=None,
            amount_max_ore=None,
            provider_kind="municipality",
        ),
        opportunity(
            "yearly",
            "Hvert år",
            "published",
            deadline_kind="yearly",
            deadlines=["2000-03-15", "2000-10-01"],
            amount_min_ore=None,
            provider_kind="state",
            target_groups=["older"],
        ),
        opportunity(
            "rolling",
            "Når som helst",
            "published",
            deadline_kind="rolling",
            deadlines=[],
            next_deadline=None,
            amount_max_ore=None,
        ),
        opportunity(
            "over",
            "For sent",
            "published",
            next_deadline=None,
            is_open=False,
            amount_min_ore=None,
            amount_max_ore=None,
        ),
        opportunity("draft", "Kladden", "draft", published_at=None),
        opportunity("off", "Nedlagt", "withdrawn"),
    ]


def opportunity(name: str, title: str, status: str, **values: Any) -> dict[str, Any]:
    """A funding opportunity as the API shows it."""
    return {
        "id": key(f"funding-{name}"),
        "version": 2,
        "source": "staff",
        "provider_kind": "foundation",
        "provider": "Nordfonden",
        "title": title,
        "summary": "Til madklubber og udflugter.",
        "applicants": ["association", "group"],
        "target_groups": [],
        "amount_min_ore": 500_000,
        "amount_max_ore": 5_000_000,
        "frame_ore": None,
        "deadline_kind": "once",
        "deadlines": ["2024-05-01"],
        "next_deadline": "2024-05-01",
        "opens_on": None,
        "is_open": True,
        "link": "https://nordfonden.example.org/soeg",
        "questions": [],
        "status": status,
        "created_at": "2024-01-01T10:00:00Z",
        "changed_at": "2024-01-02T10:00:00Z",
        "published_at": "2024-01-02T10:00:00Z",
        **values,
    }


def rooms() -> list[dict[str, Any]]:
    """A room with a picture, a house without anything, and one being written."""
    pictures = [
        {"id": key("picture"), "alt": "Rummet set fra døren", "media_type": "image/jpeg", "size": 9}
    ]
    return [
        room("meeting", "Mødelokalet", "published", pictures=pictures),
        room(
            "house",
            "Frivillighuset",
            "published",
            is_house=True,
            description="",
            postcode=None,
            square_metres=None,
            equipment=[],
            access=[],
            opening="",
            contact_email=None,
            contact_phone=None,
            price_ore=None,
            price_text="Efter aftale",
        ),
        room("new", "Kladden", "draft", price_ore=25_000, published_at=None),
        room("off", "Nedlagt", "withdrawn"),
    ]


def room(name: str, title: str, status: str, **values: Any) -> dict[str, Any]:
    """A room as the API shows it."""
    return {
        "id": key(f"room-{name}"),
        "version": 2,
        "name": title,
        "description": "Et lyst rum.",
        "area": "aars",
        "place": "Himmerlandsgade 59",
        "postcode": "9600",
        "persons": 20,
        "square_metres": 45,
        "equipment": ["projector"],
        "access": ["step-free", "hearing-loop"],
        "opening": "Hverdage 8-22",
        "contact_title": "Kontoret",
        "contact_email": "kontor@example.org",
        "contact_phone": "99 66 70 00",
        "price_ore": 0,
        "price_text": None,
        "is_house": False,
        "status": status,
        "created_at": "2024-01-01T10:00:00Z",
        "changed_at": "2024-01-02T10:00:00Z",
        "published_at": "2024-01-02T10:00:00Z",
        "pictures": [],
        **values,
    }


def missed() -> dict[str, Any]:
    """What was looked for in vain."""
    return {
        "total": 5,
        "items": [
            {"month": "2024-02-01", "area": "aars", "size": "11-25", "count": 4},
            {"month": "2024-01-01", "area": "farso", "size": "over-50", "count": 1},
        ],
    }
