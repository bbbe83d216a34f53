"""A small town as the API tells of it, with something to see on every page."""

from __future__ import annotations

import uuid
from typing import Any

from tests.component.portal import town_imports, town_papers, town_personal, town_reading


def key(name: str) -> str:
    """The id of a thing in the town."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"test:{name}"))


def _competence(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key(f"competence-{name}"),
        "version": 2,
        "association_id": key("nattergalen"),
        "association_name": "Nattergalen",
        "kind": "speaker",
        "title": f"Fællessang som medicin: {name}",
        "description": "En aften om sang.",
        "topics": ["culture"],
        "terms": "En time, gratis",
        "is_public": True,
        "contact_email": "kor@example.org",
        "offered_at": "2024-02-01T10:00:00Z",
        **changes,
    }


def _pair(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key(f"pair-{name}"),
        "version": 3,
        "association_id": key("nattergalen"),
        "association_name": "Nattergalen",
        "department": "social",
        "team": "Hjemmeplejen, team Aars",
        "staff_person_id": key("hanne"),
        "staff_name": "Hanne Hjemmepleje",
        "association_person_id": None,
        "association_contact_name": None,
        "shown_by_municipality": True,
        "shown_by_association": True,
        "starts_on": "2024-01-01",
        "ends_on": None,
        **changes,
    }


def _invitation(name: str, status: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key(f"invitation-{name}"),
        "version": 1,
        "association_id": key("nattergalen"),
        "name": name.title(),
        "email": f"{name}@example.org",
        "role": "editor",
        "leads": False,
        "is_contact": False,
        "hands_over": False,
        "status": status,
        "mail_count": 1,
        "invited_at": "2024-02-20T10:00:00Z",
        "mailed_at": "2024-02-20T10:00:00Z",
        "expires_at": "2024-03-05T10:00:00Z",
        "ended_at": None,
        **changes,
    }


def town() -> dict[str, Any]:
    """An association with its applications, a round in each state, meetings, hearings, mails."""
    nattergalen, boblen = key("nattergalen"), key("boblen")
    rounds = [
        _round(status, number)
        for number, status in enumerate(
            ("draft", "announced", "open", "closed", "recommended", "decided")
        )
    ]
    applications = [
        _application("kladde", "open", "draft", case_number=None, submitted_at=None),
        _application("spisning", "open", "submitted"),
        _application("café", "closed", "submitted"),
        _application("tur", "recommended", "submitted"),
        _application("haven", "decided", "decided"),
    ]
    return {
        "vocabulary": {"contact": {"title": "Frivilligkonsulent"}},
        "contact-office": {
            "title": "Frivilligkonsulent",
            "email": "frivillighed@example.org",
            "phone": "99 66 70 01",
            "holder": {
                "person_name": "Karen Kontakt",
                "title": "Frivilligkonsulent",
                "starts_on": "2023-01-01",
                "ends_on": None,
            },
            "deputy": {
                "person_name": "Steen Stedfortræder",
                "title": "Stedfortræder",
                "starts_on": "2023-01-01",
                "ends_on": "2025-12-31",
            },
            "vacant_on": None,
            "is_vacant": False,
        },
        "me": {
            "id": key("anna"),
            "name": "Anna",
            "email": "anna@example.org",
            "language": "da",
            "roles": [],
            "associations": [
                {
                    "id": nattergalen,
                    "name": "Nattergalen",
                    "role": "administrator",
                    "leads": True,
                    "status": "published",
                }
            ],
            "offices": [],
        },
        "associations": [
            _association("nattergalen", "Nattergalen"),
            _association("boblen", "Boblen", status="registered", published_at=None),
            _association(
                "gammelt",
                "Det Gamle Kor",
                confirmed_at="2022-01-01T10:00:00Z",
                confirmed_by="centre",
                freshness="unconfirmed",
                stale_at="2024-02-10T10:00:00Z",
                stale_reason="unanswered",
                website=None,
            ),
            _association(
                "lukket", "Det Lukkede Kor", status="closed", merged_into_id=nattergalen, phone=None
            ),
        ],
        "documents": town_reading.documents(),
        "news-items": town_reading.news(),
        "rooms": town_reading.rooms(),
        "unmet-room-needs": town_reading.missed(),
        "funding-opportunities": town_reading.funding(),
        "offers": [
            _offer("songs", "published"),
            _offer("songs-draft", "draft", price_ore=None, price_text="20 kr. om måneden"),
            _offer("songs-old", "withdrawn", price_ore=2500, times=[]),
            _offer("advice", "published", association_id=None, association_name=None)
            | {"department": "social"},
        ],
        "notes": [
            {
                "id": nattergalen,
                "association_id": nattergalen,
                "version": 4,
                "text": "Har aftale med jobcentret.",
                "written_at": "2024-02-01T10:00:00Z",
            }
        ],
        "search": {
            "items": [
                _listing("offer", "songs", "Fællessang", provider="Nattergalen", distance_km=4.25),
                _listing("offer", "advice", "Rådgivning", department="social", is_exact=True),
                _listing("association", "nattergalen", "Nattergalen", topics=[], weekdays=[]),
                _listing("association", "gammelt", "Det Gamle Kor", freshness="unconfirmed"),
            ],
            "next": "bmV4dA",
            "total": 4,
            "facets": {
                "kinds": {"offer": 2, "association": 1},
                "target_groups": {"older": 3},
                "topics": {"culture": 2},
                "areas": {"aars": 2, "whole": 1},
                "weekdays": {"tu": 2},
                "times_of_day": {"evening": 2},
                "traits": {"free": 2, "wheelchair": 1},
            },
            "did_you_mean": None,
            "ranked": "exact",
            "counted": "exact",
        },
        "people": [
            *town_personal.people(),
            *(
                {
                    "id": key(body),
                    "version": 1,
                    "name": "Rikke Rådsmedlem",
                    "email": "r@example.org",
                }
                for body in ("council", "bridge-builder", "coordinator", "hanne")
            ),
        ],
        "erasures": town_personal.erasures(),
        "changes": _changes(),
        "duplicates": [
            {
                "association": _association("nattergalen", "Nattergalen"),
                "reasons": ["name", "phone"],
                "similarity": 92,
            },
            {
                "association": _association("lukket", "Det Lukkede Kor", status="closed"),
                "reasons": ["cvr"],
                "similarity": 0,
            },
        ],
        "call-list": [
            {
                "association_id": key("gammelt"),
                "name": "Det Gamle Kor",
                "phone": "12 34 56 78",
                "public_email": None,
                "contact_name": "Grete Gammel",
                "contact_email": "grete@example.org",
                "confirmed_at": "2022-01-01T10:00:00Z",
                "stale_at": "2024-02-10T10:00:00Z",
                "stale_reason": "unanswered",
                "centre_may_edit": False,
                "call_count": 1,
                "last_call_at": "2024-02-20T10:00:00Z",
                "last_outcome": "closed",
            },
            {
                "association_id": nattergalen,
                "name": "Nattergalen",
                "phone": None,
                "public_email": None,
                "contact_name": None,
                "contact_email": None,
                "confirmed_at": None,
                "stale_at": "2024-02-11T10:00:00Z",
                "stale_reason": "bounced",
                "centre_may_edit": True,
                "call_count": 0,
                "last_call_at": None,
                "last_outcome": None,
            },
        ],
        "calls": [
            {
                "id": key("call"),
                "association_id": key("gammelt"),
                "outcome": "no-answer",
                "on_behalf": "centre",
                "note": "Prøv om aftenen.",
                "at": "2024-02-20T10:00:00Z",
            }
        ],
        "editing-agreements": [
            {
                "id": key("agreement"),
                "version": 1,
                "starts_on": "2023-01-01",
                "ends_on": None,
                "freshness_target": 90,
            },
            {
                "id": key("old-agreement"),
                "version": 1,
                "starts_on": "2020-01-01",
                "ends_on": "2022-12-31",
                "freshness_target": 80,
            },
        ],
        "vejviser-figures": {
            "total": 3,
            "fresh": 1,
            "ageing": 1,
            "unconfirmed": 1,
            "fresh_percent": 33,
            "freshness_target": 90,
            "complete_percent": 75,
            "completeness": [
                {"field": name, "filled": filled}
                for name, filled in (("cvr", 3), ("website", 2), ("phone", 2), ("public_email", 0))
            ],
            "areas": [{"area": "aars", "total": 3, "fresh": 1, "ageing": 1, "unconfirmed": 1}],
            "on_call_list": 1,
            "kept_by_themselves": 1,
        },
        "memberships": [
            {
                "id": key("membership"),
                "version": 1,
                "association_id": nattergalen,
                "person_id": key("anna"),
                "person_name": "Anna",
                "email": "anna@example.org",
                "role": "administrator",
                "leads": True,
                "is_contact": True,
                "granted_at": "2024-01-01T10:00:00Z",
            }
        ],
        "invitations": [
            _invitation("karla", "open"),
            _invitation("karlo", "open", mail_count=3, hands_over=True),
            _invitation("kaj", "declined", ended_at="2024-02-25T10:00:00Z"),
        ],
        "offices": [
            {
                "id": key(f"office-{body}"),
                "version": 1,
                "person_id": key(body),
                "person_name": name,
                "body": body,
                "title": title,
                "is_deputy": False,
                "department": "social" if body == "bridge-builder" else None,
                "questions": "Børn og unge." if body == "bridge-builder" else "",
                "starts_on": "2023-01-01",
                "ends_on": None,
                "email": None,
            }
            for body, name, title in (
                ("coordinator", "Karen Kontakt", "Frivilligkonsulent"),
                ("bridge-builder", "Bo Brobygger", "Brobygger"),
                ("council", "Rikke Rådsmedlem", "Formand"),
            )
        ],
        "competences": [
            _competence("talk"),
            _competence(
                "advice", kind="expertise", is_public=False, terms=None, contact_email=None
            ),
        ],
        "contact-pairs": [
            _pair("home-care", association_person_id=key("anna"), association_contact_name="Anna"),
            _pair("school", team="Skolen", shown_by_association=False, ends_on="2024-12-31"),
        ],
        "programmes": [
            {
                "id": key("programme"),
                "version": 1,
                "key": "paragraf-18",
                "title": "§ 18-puljen",
                "legal_basis": "Lov om social service § 18",
                "purpose": "Tilskud til frivilligt socialt arbejde.",
                "decided_by": "committee",
                "decided_by_name": "Kultur- og Fritidsudvalget",
                "recommended_by_name": "Frivilligrådet",
                "criteria": CRITERIA,
                "focus_areas": ["Ensomhed"],
                "minimum_ore": 100000,
                "maximum_ore": 15000000,
            }
        ],
        "rounds": rounds,
        "applications": applications,
        "assessments": [
            {
                "id": key("assessment"),
                "version": 1,
                "application_id": key("café"),
                "person_id": key("someone"),
                "person_name": "Rut Rådsmedlem",
                "scores": {"local": 4},
                "recommend": "partly",
                "amount_ore": 500000,
                "comment": "Godt, men dyrt.",
                "submitted_at": "2024-02-20T10:00:00Z",
            }
        ],
        "recommendations": [
            {
                "id": key(f"recommendation-{status}"),
                "version": 1,
                "round_id": key(f"round-{status}"),
                "status": "draft" if status == "closed" else "submitted",
                "comment": "",
                "submitted_at": None,
                "lines": [
                    {
                        "application_id": key(name),
                        "case_number": "2024-0001",
                        "association_name": "Nattergalen",
                        "title": name.title(),
                        "applied_ore": 1000000,
                        "amount_ore": 600000,
                        "reason": "Rammen rækker ikke til alt.",
                        "votes": {"for": 2, "against": 0, "abstain": 1},
                        "my_vote": None,
                    }
                ],
                "total_ore": 600000,
                "frame_ore": 72630700,
                "remaining_ore": 72030700,
            }
            for status, name in (("closed", "café"), ("recommended", "tur"))
        ],
        "decisions": [
            _decision("tur", "recommended", "draft"),
            _decision("haven", "decided", "sent"),
        ],
        "awards": [
            {
                "id": key("award"),
                "association_id": nattergalen,
                "association_name": "Nattergalen",
                "title": "Haven",
                "granted_ore": 600000,
                "applied_ore": 1000000,
                "round_id": key("round-decided"),
                "round_title": "§ 18-puljen",
                "decided_on": "2024-02-28",
                "outcome": "partly-granted",
            }
        ],
        "meetings": [
            _meeting("draft", "2024-06-01"),
            _meeting("called", "2024-04-10"),
            _meeting("ended", "2024-02-10", status="called"),
            _meeting("held", "2024-01-10", minutes_id=key("minutes"), confirmed_count=12),
            _meeting("cancelled", "2024-05-01", cancellation_reason="Salen er lukket."),
        ],
        "registrations": [
            {
                "id": key("registration"),
                "version": 1,
                "meeting_id": key("meeting-called"),
                "meeting_title": "Dialogmøde",
                "starts_at": "2024-04-10T16:00:00Z",
                "association_id": boblen,
                "association_name": "Boblen",
                "person_id": key("bo"),
                "person_name": "Bo",
                "attendees": 2,
                "note": "",
                "status": "waiting",
                "waiting_position": 1,
                "made_at": "2024-02-01T10:00:00Z",
            }
        ],
        "minutes": [
            {
                "id": key("minutes"),
                "version": 1,
                "meeting_id": key("meeting-held"),
                "text": "Vi talte sammen.\n\nDet var godt.",
                "attendance_count": 14,
                "written_at": "2024-01-11T10:00:00Z",
                "published_at": "2024-01-12T10:00:00Z",
            }
        ],
        "hearings": [
            _hearing("draft", warnings=["short-deadline", "holiday-period"]),
            _hearing("open"),
            _hearing("closed", response_count=1, answered_count=0),
            _hearing("concluded", conclusion="Vi ændrer planen.", response_count=1),
        ],
        "responses": [
            {
                "id": key(f"response-{status}"),
                "version": 1,
                "hearing_id": key(f"hearing-{status}"),
                "hearing_title": "Frivilligpolitik",
                "association_id": nattergalen,
                "association_name": "Nattergalen",
                "on_behalf_of": "association",
                "text": "Vi savner et mødested.",
                "person_id": key("anna"),
                "submitted_at": "2024-02-01T10:00:00Z",
                "answer": {
                    "outcome": "partly",
                    "text": "Der kommer et.",
                    "answered_at": "2024-02-20T10:00:00Z",
                }
                if status == "concluded"
                else None,
            }
            for status in ("closed", "concluded")
        ],
        "duties": [
            {
                "id": key(f"duty-{status}"),
                "version": 1,
                "code": "V19",
                "title_da": "Mindst ét årligt dialogmøde",
                "title_en": "At least one dialogue meeting a year",
                "text": "Der skal afholdes mindst ét årligt dialogmøde.",
                "text_en": "At least one dialogue meeting a year is held.",
                "kind": "meeting",
                "year": 2024,
                "status": status,
                "proof": {
                    "kind": "meeting",
                    "id": key("meeting-held"),
                    "title": "Dialogmøde",
                    "at": "2024-01-10T16:00:00Z",
                }
                if status == "kept"
                else None,
                "planned": None,
                "warn_on": "2024-10-01",
                "due_on": "2024-12-31",
            }
            for status in ("kept", "missing", "at-risk", "broken")
        ],
        "imports": town_imports.imports(key),
        "rows": town_imports.rows(key),
        "papers": town_papers.papers(key),
        "paper-figures": town_papers.figures(),
        "matches": {
            "items": [
                {
                    "offer": _offer(name, "published"),
                    "provider": "Nattergalen",
                    "capacity_said_at": "2024-02-20T10:00:00Z",
                    "is_fresh": name == "songs",
                    "is_elsewhere": name != "songs",
                }
                for name in ("songs", "songs-old")
            ],
            "more": 2,
        },
        "unmet-need-figures": {
            "year": 2024,
            "months": [
                {"month": "2024-01-01", "count": 7},
                {"month": "2024-02-01", "count": None},
            ],
            "needs": [
                {"section": "topics", "need": "company", "area": "aars", "count": 6},
                {"section": "target_groups", "need": "older", "area": None, "count": 4},
            ],
            "rest": 3,
            "total": 13,
        },
        "paper-gaps": town_papers.gaps(key),
        "deliveries": [
            {
                "id": key(f"delivery-{status}"),
                "version": 1,
                "template": "decision_letter",
                "person_id": key("anna"),
                "association_ids": [nattergalen],
                "association_id": nattergalen,
                "status": status,
                "attempts": 3,
                "created_at": "2024-02-28T10:00:00Z",
                "sent_at": None,
                "error": "550 no such user" if status == "failed" else None,
                "about": {"kind": "application", "id": key("haven")},
                "event_id": key("event"),
            }
            for status in ("sent", "failed", "uncertain")
        ],
    }


CRITERIA = [
    {"key": "local", "title": "Lokal forankring", "text": "Aktiviteten er i kommunen."},
    {"key": "social", "title": "Social betydning", "text": "Den gør en forskel."},
]


def _association(name: str, title: str, **values: Any) -> dict[str, Any]:
    return {
        "id": key(name),
        "version": 3,
        "name": title,
        "cvr": "13748136",
        "form": "association",
        "purpose": "Vi mødes og synger.\n\nAlle kan være med.",
        "target_groups": ["older"],
        "area": "aars",
        "website": "https://example.org",
        "phone": "12 34 56 78",
        "public_email": "sang@example.org",
        "volunteers_wanted": True,
        "status": "published",
        "registered_at": "2024-01-01T10:00:00Z",
        "published_at": "2024-01-02T10:00:00Z",
        "street": "Vestergade 1",
        "postcode": "9600",
        "city": "Aars",
        "source": "registration",
        "confirmed_at": "2024-01-01T10:00:00Z",
        "confirmed_by": "association",
        "freshness": "fresh",
        "asked_at": None,
        "stale_at": None,
        "stale_reason": None,
        "centre_may_edit": True,
        "merged_into_id": None,
        "rejection_reason": None,
        "contact_bounced_at": "2024-02-28T10:00:00Z",
        "contact": {"person_id": key("anna"), "name": "Anna", "email": "anna@example.org"},
        **values,
    }


def _offer(name: str, status: str, **values: Any) -> dict[str, Any]:
    return {
        "id": key(name),
        "version": 2,
        "association_id": key("nattergalen"),
        "association_name": "Nattergalen",
        "department": None,
        "title": "Fællessang",
        "description": "Vi synger sammen.\n\nAlle kan være med.",
        "target_groups": ["older"],
        "topics": ["culture"],
        "area": "aars",
        "place": "Kulturcentret",
        "postcode": "9600",
        "latitude": None,
        "longitude": None,
        "times": [
            {
                "rrule": "FREQ=WEEKLY;BYDAY=TU",
                "starts_on": "2024-01-02",
                "starts": "19:00",
                "ends": "21:00",
            },
            {
                "rrule": "FREQ=MONTHLY;BYMONTHDAY=1",
                "starts_on": "2024-01-01",
                "starts": "10:00",
                "ends": "11:00",
            },
        ],
        "contact_title": "Sangformidlingen",
        "contact_email": "sang@example.org",
        "contact_phone": "12 34 56 78",
        "languages": ["da", "en"],
        "price_ore": 0,
        "price_text": None,
        "wheelchair": True,
        "takes_new_users": True,
        "capacity_said_at": "2024-02-20T10:00:00Z",
        "needs_volunteers": False,
        "status": status,
        "created_at": "2024-01-02T10:00:00Z",
        "changed_at": "2024-01-02T10:00:00Z",
        "published_at": "2024-01-02T10:00:00Z" if status == "published" else None,
        "withdrawn_at": None,
        **values,
    }


def _listing(kind: str, name: str, title: str, **values: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": key(name),
        "association_id": key("nattergalen"),
        "department": None,
        "provider": None,
        "name": title,
        "summary": "Vi synger sammen.",
        "place": None,
        "postcode": "9600",
        "area": "aars",
        "latitude": 56.804,
        "longitude": 9.515,
        "is_exact": False,
        "distance_km": None,
        "target_groups": ["older"],
        "topics": ["culture"],
        "weekdays": ["tu"],
        "times_of_day": ["evening"],
        "free": True,
        "takes_new_users": False,
        "needs_volunteers": False,
        "wheelchair": True,
        "confirmed_at": "2024-02-01T10:00:00Z",
        "freshness": "fresh",
        **values,
    }


def _changes() -> list[dict[str, Any]]:
    """The history of a record: one change of each kind of field, by everybody who may."""
    differences = [
        {"field": "phone", "before": None, "after": "12 34 56 78"},
        {"field": "target_groups", "before": ["older"], "after": ["older", "lonely"]},
        {"field": "area", "before": "aars", "after": "farso"},
        {"field": "form", "before": "group", "after": "association"},
        {"field": "volunteers_wanted", "before": False, "after": True},
    ]
    steps: list[tuple[str, str, bool, str | None, str | None, list[Any]]] = [
        ("merged", "coordinator", False, "Karen Kontakt", "To blev til én", []),
        ("confirmed", "association", True, None, None, differences[:1]),
        ("described", "centre", False, "Frida Frivillig", None, differences),
        ("registered", "association", False, None, None, []),
    ]
    return [
        {
            "id": key(f"change-{kind}"),
            "at": "2024-02-20T10:00:00Z",
            "kind": kind,
            "on_behalf": on_behalf,
            "by_link": by_link,
            "actor": actor,
            "note": note,
            "differences": changed,
        }
        for kind, on_behalf, by_link, actor, note, changed in steps
    ]


def _round(status: str, number: int) -> dict[str, Any]:
    is_known = status in {"closed", "recommended", "decided"}
    return {
        "id": key(f"round-{status}"),
        "version": 1,
        "programme_id": key("programme"),
        "programme_title": "§ 18-puljen",
        "title": f"§ 18-puljen, runde {number}",
        "status": status,
        "frame_ore": 72630700,
        "opens_at": "2024-03-20T07:00:00Z" if status == "announced" else "2024-02-15T07:00:00Z",
        "closes_at": "2024-03-15T22:59:00Z" if not is_known else "2024-02-20T22:59:00Z",
        "council_on": "2024-04-03",
        "committee_on": "2024-04-08",
        "report_on": "2025-03-01",
        "decided_on": "2024-02-28" if status == "decided" else None,
        "criteria": CRITERIA,
        "focus_areas": ["Ensomhed"],
        "information": "Læs vejledningen.\n\nRing endelig.",
        "legal_basis": "Lov om social service § 18",
        "purpose": "Tilskud til frivilligt socialt arbejde.",
        "conditions": ["Pengene bruges til formålet."],
        "excluded": ["løn"],
        "decided_by": "Kultur- og Fritidsudvalget",
        "recommended_by": "Frivilligrådet",
        "appeal": "Afgørelsen kan ikke påklages.",
        "minimum_ore": 100000,
        "maximum_ore": 15000000,
        "application_count": 1 if is_known else None,
        "applied_ore": 1000000 if is_known else None,
        "allocated_ore": 600000 if is_known else None,
    }


def _application(name: str, in_round: str, status: str, **values: Any) -> dict[str, Any]:
    return {
        "id": key(name),
        "version": 4,
        "case_number": "2024-0001",
        "round_id": key(f"round-{in_round}"),
        "round_title": "§ 18-puljen",
        "association_id": key("nattergalen"),
        "association_name": "Nattergalen",
        "status": status,
        "title": name.title(),
        "activity": "Vi spiser sammen.\nHver tirsdag.",
        "target_group": "Enlige ældre",
        "volunteers_count": 8,
        "users_count": 30,
        "place": "Aars",
        "period": "2024",
        "cooperation": "Boblen",
        "amount_ore": 1000000,
        "budget": [
            {"kind": "cost", "text": "Mad", "amount_ore": 1200000},
            {"kind": "income", "text": "Egenbetaling", "amount_ore": 200000},
        ],
        "own_funding_ore": 200000,
        "contact_name": "Anna",
        "signatory_name": "Bo",
        "first_time": True,
        "attachments": [
            {
                "id": key(f"file-{name}"),
                "name": "Vedtægter æøå.pdf",
                "media_type": "application/pdf",
                "size": 123456,
            }
        ],
        "papers": town_papers.asked(key),
        "created_at": "2024-02-15T10:00:00Z",
        "submitted_at": "2024-02-18T10:00:00Z",
        "history": [
            {
                "at": "2024-02-18T10:00:00Z",
                "kind": "submitted",
                "text": "Ansøgningen er indsendt.",
                "actor": "Anna",
            }
        ],
        "disqualified": [
            {
                "person_id": key("rut"),
                "name": "Rut Rådsmedlem",
                "body": "council",
                "ground": "declared",
                "explanation": "Er gift med formanden.",
                "found_at": "2024-02-19T10:00:00Z",
                "ruling": "upheld",
                "ruling_reason": "Ægtefælle til formanden.",
                "ruled_at": "2024-02-20T10:00:00Z",
                "ruled_by_name": "Karen Kontakt",
            },
            {
                "person_id": key("per"),
                "name": "Per Politiker",
                "body": "committee",
                "ground": "leads",
                "explanation": "Sidder i ledelsen af den forening, der søger.",
                "found_at": "2024-02-19T10:00:00Z",
                "ruling": None,
                "ruling_reason": "",
                "ruled_at": None,
                "ruled_by_name": "",
            },
        ],
        **values,
    }


def _decision(name: str, in_round: str, status: str) -> dict[str, Any]:
    return {
        "id": key(f"decision-{name}"),
        "version": 5,
        "application_id": key(name),
        "case_number": "2024-0001",
        "round_id": key(f"round-{in_round}"),
        "association_id": key("nattergalen"),
        "association_name": "Nattergalen",
        "title": name.title(),
        "applied_ore": 1000000,
        "recommended_ore": 600000,
        "granted_ore": 600000,
        "outcome": "partly-granted",
        "reasons": {"rules": "Serviceloven § 18", "considerations": "Rammen.", "facts": ""},
        "conditions": ["Bruges i 2024."],
        "status": status,
        "sent_at": "2024-02-28T10:00:00Z" if status == "sent" else None,
    }


def _meeting(name: str, day: str, **values: Any) -> dict[str, Any]:
    return {
        "id": key(f"meeting-{name}"),
        "version": 2,
        "kind": "dialogue",
        "title": "Dialogmøde",
        "description": "Kom og tal med politikerne.",
        "starts_at": f"{day}T16:00:00Z",
        "ends_at": f"{day}T18:00:00Z",
        "place": "Aars Bibliotek",
        "capacity": 40,
        "audience": "associations",
        "agenda": ["Velkomst", "Årets gang"],
        "registration_closes_at": None,
        "status": name,
        "confirmed_count": 12,
        "waiting_count": 1,
        "revision": 0,
        "cancellation_reason": None,
        "minutes_id": None,
        **values,
    }


def _hearing(status: str, **values: Any) -> dict[str, Any]:
    is_over = status in {"closed", "concluded"}
    return {
        "id": key(f"hearing-{status}"),
        "version": 2,
        "title": "Ny frivilligpolitik",
        "question": "Hvad mangler der?",
        "background": "Politikken er fra 2007.",
        "closes_at": "2024-02-20T22:59:00Z" if is_over else "2024-03-29T22:59:00Z",
        "status": status,
        "opened_at": "2024-02-01T10:00:00Z",
        "to_council": True,
        "audience": {"all": True, "association_ids": [], "target_groups": []},
        "invited_count": 2,
        "response_count": 0,
        "answered_count": 1 if status == "concluded" else 0,
        "conclusion": None,
        "concluded_at": None,
        "warnings": [],
        "working_days_count": 20,
        **values,
    }
