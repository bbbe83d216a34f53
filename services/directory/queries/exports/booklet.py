"""The printed vejviser as a PDF, whole or in part, also in large print (V24).

Set by typst and tagged for readers that speak (PDF/UA-1). What people wrote goes in as JSON, never
as markup. A booklet that was made is kept while the vejviser stays as it is, and one is made at a
time in each process, so nobody keeps the processors busy by asking.
"""

import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson
import typst

from chassis import telemetry
from chassis.problems import Invalid
from services.directory.model import Association, Offer
from services.directory.queries.exports.wording import day, price_of, times_of
from services.directory.queries.public import Directory

log = telemetry.logger(__name__)

TEMPLATES: Final = Path(__file__).parents[2] / "templates"
SOURCE: Final = TEMPLATES / "vejviser.typ"
MOST_ENTRIES: Final = 2_000
KEPT: Final = 12
# Latin, Greek and Cyrillic with their signs; arrows, figures. JSON's own signs are among them.
_IN_FONTS: Final = (
    *(range(0x20, 0x7F), range(0xA0, 0x483), range(0x48A, 0x500), range(0x1E00, 0x2000)),
    *(range(0x2010, 0x2028), range(0x2030, 0x2041), range(0x2070, 0x20C0), range(0x2190, 0x2300)),
    range(0x2500, 0x2600),
)
_LABELS: Final = {"website": "Hjemmeside", "email": "E-mail"}


class TooThick(Invalid):
    """Nobody prints so many associations."""

    slug = "booklet-too-thick"
    title = "The booklet would have too many entries: choose an area or a target group"


class Booklets:
    """Makes booklets, and keeps the last ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> bytes | None:
        """Return a booklet that was made for this key: its part, and the state of the vejviser."""
        return self._kept.get(key)

    def make(self, key: Any, found: Directory, *, part: str, large: bool, on: date) -> bytes:
        """Make a booklet. Raises :class:`TooThick`."""
        if len(found.associations) > MOST_ENTRIES:
            raise TooThick
        data = orjson.dumps(contents_of(found, part=part, large=large, on=on)).decode()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = typeset(data, SOURCE)
                self._kept[key] = kept
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return kept


def typeset(data: str, source: Path) -> bytes:
    """Have a template set; without the letters that no font has, which would fail all of it."""
    try:
        return _compile(data, source)
    except typst.TypstError:
        log.warning("set without the letters that no font has")
        return _compile("".join(map(_printable, data)), source)


def _compile(data: str, source: Path) -> bytes:
    # The fonts that come with typst only: the same booklet on every machine.
    return typst.compile(
        str(source),
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards="ua-1",
        ignore_system_fonts=True,
    )


def _printable(letter: str) -> str:
    """Return a letter that is surely in the fonts; a square for another, nothing for a picture."""
    if any(ord(letter) in letters for letters in _IN_FONTS):
        return letter
    return "\u25a1" if unicodedata.category(letter)[0] in "LN" else ""


def contents_of(found: Directory, *, part: str, large: bool, on: date) -> dict[str, Any]:
    """Return what a booklet says, in the order it says it: by area, and by name within."""
    terms, municipality = found.words["open_data"], found.words["municipality"]
    sections = [
        {"title": str(area["da"]), "entries": entries}
        for area in found.words["areas"]
        if (entries := _entries(found, str(area["key"])))
    ]
    other = [
        _entry(found, each)
        for each in found.associations
        if each.area not in {area["key"] for area in found.words["areas"]}
    ]
    if other:
        sections.append({"title": "Andre steder", "entries": other})
    if departments := _departments(found):
        sections.append({"title": "Kommunens egne tilbud", "entries": departments})
    offers = sum(len(each) for each in found.offers.values())
    return {
        "title": "Vejviser over foreninger",
        "municipality": str(municipality["name"]),
        "part": part,
        "large": large,
        "made": f"Trykt {day(on)}",
        "counts": f"{len(found.associations)} foreninger · {offers} tilbud",
        "contents": "Indhold",
        "newest": "Den nyeste vejviser er på",
        "website": str(municipality.get("website", "")),
        "attribution": str(terms["attribution"]),
        "licence": str(terms["licence_name"]),
        "licence_url": str(terms["licence_url"]),
        "labels": _LABELS,
        "sections": sections or [{"title": "Ingen foreninger", "entries": []}],
    }


def _entries(found: Directory, area: str) -> list[dict[str, Any]]:
    return [_entry(found, each) for each in found.associations if each.area == area]


def _entry(found: Directory, each: Association) -> dict[str, Any]:
    city = " ".join(filter(None, (each.postcode, each.city)))
    website = each.website or ""
    return {
        "name": each.name,
        "text": each.purpose,
        "website": website,
        "website_text": website.removeprefix("https://").removeprefix("http://").rstrip("/"),
        "email": each.public_email or "",
        "facts": [
            ("For", _words(found, "target_groups", each.target_groups)),
            ("Adresse", ", ".join(filter(None, (each.street, city)))),
            ("Telefon", each.phone or ""),
            ("Frivillige", "Søger frivillige" if each.volunteers_wanted else ""),
        ],
        "offers": [_offer(found, offer) for offer in found.offers.get(each.id, ())],
    }


def _departments(found: Directory) -> list[dict[str, Any]]:
    entries = []
    for department in found.words.get("departments", ()):
        offers = found.offers.get(str(department["key"]), ())
        if offers:
            entries.append(
                {
                    "name": str(department["name"]),
                    "text": "",
                    "website": "",
                    "website_text": "",
                    "email": "",
                    "facts": [],
                    "offers": [_offer(found, offer) for offer in offers],
                }
            )
    return entries


def _offer(found: Directory, offer: Offer) -> dict[str, Any]:
    place = ", ".join(filter(None, (offer.place, offer.postcode)))
    contact = filter(None, (offer.contact_title, offer.contact_phone, offer.contact_email))
    return {
        "name": offer.title,
        "text": offer.description,
        "facts": [
            ("Hvornår", times_of(offer.times)),
            ("Hvor", place or found.word("areas", offer.area)),
            ("Pris", price_of(offer.price_ore, offer.price_text)),
            ("Kontakt", ", ".join(contact)),
            ("Kørestol", "Der er adgang med kørestol" if offer.wheelchair else ""),
        ],
    }


def _words(found: Directory, section: str, keys: Sequence[str]) -> str:
    return ", ".join(found.word(section, key) for key in keys)
