"""A card to hand to a citizen: up to three offers, and whom to ask. Nothing of the citizen."""

import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.problems import NotFound
from services.directory.model import DENMARK, Association, Offer, PublicationStatus
from services.directory.queries.exports.booklet import TEMPLATES, typeset
from services.directory.queries.exports.wording import day, price_of, times_of
from services.directory.queries.offers import CAPACITY_SAID_AT
from services.directory.queries.public import Directory
from services.directory.queries.vocabulary import vocabulary

SOURCE: Final = TEMPLATES / "card.typ"
# One is set at a time in each process, so that nobody keeps the processors busy by asking.
_setting = threading.Lock()


def card_contents(session: Session, ids: Sequence[UUID], *, on: date) -> dict[str, Any]:
    """Return what a card says of published offers, in the order they were asked for.

    Raises :class:`NotFound` where none of them is published.
    """
    rows = session.execute(
        select(Offer, Association, CAPACITY_SAID_AT)
        .outerjoin(Association, Association.id == Offer.association_id)
        .where(Offer.id.in_(ids), Offer.status == PublicationStatus.PUBLISHED)
    ).all()
    if not rows:
        raise NotFound(kind="offer")
    words = Directory(words=vocabulary(session), associations=())
    found = {row[0].id: _entry(words, *row) for row in rows}
    return {
        "title": "Måske er det noget for dig",
        "municipality": str(words.words["municipality"]["name"]),
        "made": f"Fra {words.words['municipality']['name']}, {day(on)}",
        "entries": [found[each] for each in dict.fromkeys(ids) if each in found],
    }


def card(contents: Mapping[str, Any]) -> bytes:
    """Set a card as a PDF, tagged for readers that speak."""
    with _setting:
        return typeset(orjson.dumps(contents).decode(), SOURCE)


def _entry(
    words: Directory, offer: Offer, association: Association | None, said_at: datetime
) -> dict[str, Any]:
    provider = (
        association.name if association else words.word("departments", offer.department or "")
    )
    place = ", ".join(filter(None, (offer.place, offer.postcode)))
    return {
        "name": offer.title,
        "facts": [
            ("Hvem", provider),
            ("Hvornår", times_of(offer.times)),
            ("Hvor", place or words.word("areas", offer.area)),
            ("Pris", price_of(offer.price_ore, offer.price_text)),
            ("Kørestol", "Der er adgang med kørestol" if offer.wheelchair else ""),
            ("Plads til nye", _capacity(offer, said_at)),
            ("Spørg", offer.contact_title or ""),
            ("Telefon", offer.contact_phone or (association and association.phone) or ""),
            ("E-mail", offer.contact_email or (association and association.public_email) or ""),
            ("Hjemmeside", (association and association.website) or ""),
        ],
    }


def _capacity(offer: Offer, said_at: datetime) -> str:
    answer = "Ja" if offer.takes_new_users else "Nej, ikke lige nu"
    return f"{answer} (sagt {day(said_at.astimezone(DENMARK).date())})"
