"""What is kept of a person, as people read it: words for kinds and fields, and a file of all of it.

The services say what they keep by the names of their tables and columns; here it becomes Danish.
What only computers need (ids, sizes) is in the file and not on the page.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from portal import formats, labels
from portal.client import Resource
from portal.i18n import N_, gettext

SERVICE: Final[Mapping[str, str]] = {
    "directory": N_("Vejviser, roller og login"),
    "grants": N_("Puljer og ansøgninger"),
    "meetings": N_("Møder og høringer"),
    "notifier": N_("Mails"),
}
KIND: Final[Mapping[str, str]] = {
    "answer": N_("Høringssvar, du har besvaret for kommunen"),
    "application": N_("Ansøgninger, du har sendt"),
    "assessment": N_("Dine vurderinger i rådet"),
    "association-contact": N_("Foreninger, du er kontakt for"),
    "attachment": N_("Bilag, du har lagt op"),
    "call": N_("Opkald til foreninger, du har noteret"),
    "contact-pair": N_("Team og foreninger, du er kontakt for"),
    "decision": N_("Afgørelser, du har skrevet"),
    "deed": N_("Det, du har gjort i systemet"),
    "delivery": N_("Mails til dig"),
    "disqualification": N_("Sager, du er inhabil i"),
    "document-edition": N_("Dokumenter, du har lagt op"),
    "file-entry": N_("Notater i sager om det, du har gjort"),
    "identity": N_("Login med MitID"),
    "import": N_("Lister, du har indlæst"),
    "import-row": N_("Din række i en indlæst liste"),
    "invitation": N_("Invitationer til roller, til dig eller fra dig"),
    "membership": N_("Dine roller i foreninger"),
    "office": N_("Dine hverv"),
    "paper": N_("Foreningspapirer, du har lagt ind"),
    "paper-file": N_("Filer, du har lagt ind for en forening"),
    "person": N_("Hvem du er"),
    "preference": N_("Dit valg om nyheder"),
    "record-change": N_("Ændringer, du har lavet i vejviseren"),
    "registration": N_("Møder, du er tilmeldt"),
    "response": N_("Høringssvar, du har sendt"),
    "retention": N_("Dit navn i sager, hvor regnskabet skal gemmes"),
    "room-picture": N_("Billeder af lokaler, du har lagt op"),
    "ruling": N_("Inhabilitet, du har afgjort"),
    "session": N_("Dine log ind"),
    "subscription": N_("Nyheder på mail til din adresse"),
    "subscription-delivery": N_("Nyhedsmails til din adresse"),
    "vote": N_("Dine stemmer i rådet"),
}
FIELD: Final[Mapping[str, str]] = {
    "amount_ore": N_("Beløb"),
    "answered_at": N_("Besvaret"),
    "asked_at": N_("Bedt om"),
    "at": N_("Tidspunkt"),
    "attendees": N_("Antal deltagere"),
    "authenticated_at": N_("Viste, hvem du er"),
    "body": N_("Hverv"),
    "case_number": N_("Sagsnummer"),
    "cells": N_("Det står i rækken"),
    "comment": N_("Bemærkning"),
    "confirmed_at": N_("Bekræftet"),
    "contact_bounced_at": N_("Mail kunne ikke leveres"),
    "contact_name": N_("Kontaktperson"),
    "content": N_("Indhold"),
    "created_at": N_("Oprettet"),
    "department": N_("Forvaltning"),
    "disqualifies": N_("Gør inhabil"),
    "email": N_("E-mail"),
    "ended": N_("Ophørt"),
    "ended_at": N_("Sluttede"),
    "ends_on": N_("Sidste dag"),
    "erased": N_("Slettet"),
    "erased_at": N_("Slettet"),
    "error": N_("Fejl"),
    "explanation": N_("Forklaring"),
    "field": N_("Felt"),
    "filed_at": N_("Lagt ind"),
    "found_at": N_("Noteret"),
    "granted_at": N_("Givet"),
    "ground": N_("Grund"),
    "invited_at": N_("Inviteret"),
    "is_contact": N_("Foreningens kontakt"),
    "is_deputy": N_("Er stedfortræder"),
    "issuer": N_("Udsteder"),
    "kind": N_("Hvad"),
    "known_as": N_("Navn i foreningen"),
    "language": N_("Sprog"),
    "leads": N_("Med i ledelsen"),
    "led_from": N_("Leder siden"),
    "led_until": N_("Leder indtil"),
    "linked_at": N_("Tilknyttet"),
    "made_at": N_("Tilmeldt"),
    "name": N_("Navn"),
    "news": N_("Vil have nyheder"),
    "note": N_("Besked"),
    "number": N_("Nummer i rækken"),
    "on_behalf": N_("På vegne af"),
    "outcome": N_("Udfald"),
    "person_name": N_("Navn"),
    "questions": N_("Spørgsmål, man kan komme med"),
    "recommend": N_("Anbefaling"),
    "registered_at": N_("Registreret"),
    "role": N_("Rolle"),
    "rotated_at": N_("Sidst brugt"),
    "ruled_at": N_("Afgjort"),
    "ruled_by_name": N_("Afgjort af"),
    "ruling": N_("Afgørelse om inhabilitet"),
    "ruling_reason": N_("Begrundelse"),
    "scores": N_("Point"),
    "sent_at": N_("Sendt"),
    "settled_at": N_("Behandlet"),
    "signatory_name": N_("Underskriver"),
    "started_at": N_("Begyndte"),
    "starts_on": N_("Første dag"),
    "status": N_("Status"),
    "stored_at": N_("Lagt op"),
    "subject": N_("Nummer hos udstederen"),
    "subjects": N_("Får besked om"),
    "submitted_at": N_("Sendt ind"),
    "team": N_("Team"),
    "template": N_("Slags mail"),
    "text": N_("Tekst"),
    "title": N_("Titel"),
    "until": N_("Gemmes til og med"),
    "uploaded_at": N_("Indlæst"),
    "vote": N_("Stemme"),
    "wanted": N_("Ønsket, men ikke bekræftet"),
    "withdrawn_at": N_("Trukket tilbage"),
}
FOR_COMPUTERS: Final = frozenset({"acr", "amr", "media_type", "on_behalf_of", "size", "stored_by"})
"""Fields that are in the file only, as those that end in ``id`` are."""
KEPT: Final[Mapping[str, str]] = {
    "case": N_("Ansøgninger, du har sendt for en forening"),
    "case-text": N_("Bilag i indsendte ansøgninger"),
    "signature": N_("Dit navn på ansøgninger, der fik penge"),
    "deliberation": N_("Vurderinger, stemmer og afgørelser i sager"),
    "record-history": N_("Hvad der er ændret i vejviseren"),
    "role": N_("Roller og hverv og deres datoer"),
    "participation": N_("Tilmeldinger til møder"),
    "response": N_("Høringssvar og svar på dem"),
    "mail-log": N_("At der er sendt en mail, og hvornår"),
}
FORM: Final[Mapping[str, str]] = {
    "pseudonym": N_("uden navn"),
    "as-written": N_("som det blev skrevet"),
}
RULE: Final[Mapping[str, str]] = {
    "public-record": N_(
        "Kommunen skal journalisere og må ikke kassere sager (offentlighedsloven § 15, "
        "arkivloven § 8)"
    ),
    "accounts": N_("Regnskabsbilag gemmes i fem år (bogføringsloven § 12)"),
}
ASKED_BY: Final[Mapping[str, str]] = {
    "person": N_("personen selv"),
    "coordinator": N_("kommunen på personens vegne"),
    "restore": N_("systemet, efter at en sikkerhedskopi var lagt tilbage"),
}
_WORDS: Final[Mapping[str, str]] = {
    "role": "role",
    "body": "body",
    "on_behalf": "on_behalf",
    "ground": "conflict_ground",
    "ruling": "ruling",
    "vote": "vote",
    "recommend": "recommend",
    "record-change.kind": "change_kind",
    "call.outcome": "call_outcome",
    "answer.outcome": "answer_outcome",
    "application.status": "application_status",
    "registration.status": "registration_status",
    "delivery.status": "delivery_status",
    "subscription-delivery.status": "delivery_status",
    "subscription.subjects": "subject",
    "subscription.wanted": "subject",
    "decision.status": "decision_status",
}
SHOWN: Final = 200
"""So many rows of a kind are shown on the page; the file holds all."""


@dataclass(frozen=True)
class Part:
    """Rows of one kind, each as terms and texts; ``count`` of them are kept."""

    heading: str
    rows: Sequence[Sequence[tuple[str, str]]]
    count: int


def sections(answers: Sequence[Resource]) -> list[tuple[str, list[Part]]]:
    """Arrange what the services answered: what each is called, and its parts."""
    return [
        (service_name(answer["service"]), [_part(part) for part in answer["parts"]])
        for answer in answers
    ]


def service_name(service: str) -> str:
    """What people call what a service does."""
    found = SERVICE[service]
    return gettext(found)


def archive(answers: Sequence[Resource], document: str) -> bytes:
    """Put everything into one file: for computers as JSON, for people as a page to print."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        whole = {answer["service"]: answer for answer in answers}
        text = json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True)
        packed.writestr("oplysninger.json", text)
        packed.writestr("oplysninger.html", document)
    return buffer.getvalue()


def _part(part: Resource) -> Part:
    kind = part["kind"]
    # What one has done is a long list of words for computers: the page says how long.
    shown = [] if kind == "deed" else part["rows"][:SHOWN]
    return Part(
        heading=gettext(KIND.get(kind, kind)),
        rows=[list(_facts(kind, row)) for row in shown],
        count=len(part["rows"]) + part["left_out"],
    )


def _facts(kind: str, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if name == "id" or name.endswith("_id") or name in FOR_COMPUTERS:
            continue
        text = _text(kind, name, value)
        if text:
            yield gettext(FIELD.get(name, name)), text


def _text(kind: str, name: str, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return gettext(N_("Ja")) if value else gettext(N_("Nej"))
    group = _WORDS.get(f"{kind}.{name}", _WORDS.get(name, ""))
    if isinstance(value, list):
        words = (labels.label(group, each) if group else each for each in value)
        return "; ".join(str(each) for each in words if each not in (None, ""))
    if isinstance(value, dict):
        flat = ((key, each) for key, each in value.items() if not isinstance(each, dict | list))
        return "; ".join(f"{key}: {each}" for key, each in flat if each not in (None, ""))
    if name.endswith("_ore"):
        return formats.kroner(value)
    return labels.label(group, value) if group else _moment(name, str(value))


def _moment(name: str, text: str) -> str:
    """Write a day or a moment as people do."""
    try:
        if name.endswith("_on") or name == "until":
            return formats.day(date.fromisoformat(text).isoformat())
        if name.endswith("_at") or name in {"at", "led_from", "led_until"}:
            return formats.moment(datetime.fromisoformat(text).isoformat())
    except ValueError:
        return text
    return text
