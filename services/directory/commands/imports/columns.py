"""Which column of a file holds what: a suggestion that a person confirms or corrects.

Headers are compared with what people call things, in Danish and English; then the content must bear
it out, and where there is no header it speaks alone: CVR numbers have a check digit, postcodes four
digits, addresses of mail an @.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz
from stdnum.dk import cvr as cvr_numbers

from services.directory.commands.imports.words import key_of

# What can be brought in, and what people call it. The first name of each is the field's own.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": (
        *("navn", "name", "forening", "foreningens navn", "foreningsnavn", "organisation"),
        *("organisationsnavn", "association", "organization", "gruppe", "klub", "aktør"),
    ),
    "cvr": ("cvr", "cvr nr", "cvr nummer", "cvr no", "cvr number", "company number", "se nr"),
    "purpose": (
        *("formål", "purpose", "beskrivelse", "description", "aktivitet", "aktiviteter", "om os"),
        *("kort beskrivelse", "hvad laver vi", "tilbud", "indhold", "om foreningen"),
    ),
    "target_groups": (
        *("målgruppe", "målgrupper", "target group", "target groups", "for hvem", "brugere"),
        "deltagere",
    ),
    "area": ("område", "area", "lokalområde", "geografi", "bydel", "sogn", "district"),
    "street": (
        *("adresse", "address", "vej", "gade", "street", "gadenavn", "vejnavn", "adresse 1"),
        *("postadresse", "street address"),
    ),
    "postcode": ("postnr", "postnummer", "post nr", "postal code", "postcode", "zip", "zip code"),
    "city": ("by", "city", "bynavn", "town", "postdistrikt"),
    "website": (
        *("hjemmeside", "website", "web", "www", "url", "link", "webside", "homepage"),
        *("internet", "internetadresse"),
    ),
    "phone": ("telefon", "phone", "tlf", "tlf nr", "telefonnummer", "telephone", "mobil", "tel"),
    "public_email": (
        *("offentlig mail", "public email", "foreningens mail", "foreningens email", "info mail"),
        *("foreningens e mail", "email foreningen", "mail til foreningen", "hovedmail"),
    ),
    "contact_name": (
        *("kontaktperson", "contact", "contact person", "kontakt", "formand", "kontaktnavn"),
        *("kontakt navn", "contact name", "ansvarlig", "kontaktpersonens navn", "chair"),
        *("kontaktperson navn", "forperson"),
    ),
    "contact_email": (
        *("email", "mail", "e mail", "mailadresse", "email adresse", "e mailadresse"),
        *("kontaktperson mail", "kontaktperson email", "kontaktperson e mail", "contact email"),
        *("kontakt mail", "kontakt email", "formand mail", "formandens mail", "kontaktmail"),
        *("kontaktpersonens mail", "kontaktpersons email", "kontaktpersonens e mail"),
    ),
    "volunteers_wanted": (
        *("søger frivillige", "volunteers wanted", "mangler frivillige", "frivillige søges"),
        "har brug for frivillige",
    ),
}
# From here on a header is called like a field, if the content does not speak against it; from
# there on whatever the content says.
ALIKE: Final = 86
EQUAL: Final = 97
HEADER_WITHIN: Final = 30
_EVIDENCE_FROM: Final = 200
# A check digit says more than eight digits; a person's address is kept private, which is safer.
_ALONE: Final[Mapping[str, float]] = {"cvr": 60, "contact_email": 55}
_TELLING: Final = 0.6
_POSTCODE: Final = re.compile(r"(?:DK-?)?\d{3,4}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEBSITE: Final = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)*\.(?:dk|com|org|net|eu)/?")
_PHONE: Final = re.compile(r"(?:\+45|0045)?[\d ]{8,14}")


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """One column: its header, what it seems to hold ("" for nothing we know), and three texts."""

    header: str
    field: str
    examples: Sequence[str]


def find_header(rows: Mapping[int, Sequence[str]]) -> int:
    """Return the position of the row that names the columns; 0 where none does.

    Titles and dates above it do not count: it is the row in which most cells are called something
    we know, at least two of them, or one that is called as a name is.
    """

    def known(row: Sequence[str]) -> int:
        called = [_called(cell) for cell in row if cell and len(cell) <= 60]
        alike = sum(1 for _, score in called if score >= ALIKE)
        return alike + any(field == "name" and score >= EQUAL for field, score in called)

    early = list(rows.items())[:HEADER_WITHIN]
    position, row = max(early, key=lambda item: known(item[1]), default=(0, ()))
    return position if known(row) >= 2 else 0


def suggest(rows: Mapping[int, Sequence[str]], header: int) -> list[Suggestion]:
    """Suggest what each column holds; no field is suggested twice."""
    names = rows.get(header, ())
    below = [row for position, row in rows.items() if position > header][:_EVIDENCE_FROM]
    width = _width(names, below)
    columns = [[row[place] for row in below if place < len(row)] for place in range(width)]
    scores = [
        (score, -place, field, place)
        for place in range(width)
        for field, score in _scores(names[place] if place < len(names) else "", columns[place])
    ]
    taken: dict[int, str] = {}
    for _, _, field, place in sorted(scores, reverse=True):
        if place not in taken and field not in taken.values():
            taken[place] = field
    return [
        Suggestion(
            header=names[place] if place < len(names) else "",
            field=taken.get(place, ""),
            examples=[each[:120] for each in dict.fromkeys(columns[place]) if each][:3],
        )
        for place in range(width)
    ]


def _width(names: Sequence[str], below: Sequence[Sequence[str]]) -> int:
    """Return how many columns there are; one long row makes none, many rows do without a name."""
    widths = sorted((len(row) for row in below), reverse=True)
    enough = max(1, len(widths) // 20)
    often = widths[enough] if enough < len(widths) else max(widths, default=0)
    return max(len(names), often)


def _called(header: str) -> tuple[str, float]:
    """Return the field that is called most like this, and how much."""
    name = key_of(header)
    alike = {
        field: max(fuzz.ratio(name, called) for called in names) for field, names in _NAMES.items()
    }
    field = max(alike, key=lambda each: alike[each])
    return field, alike[field]


_NAMES: Final = {field: tuple(key_of(name) for name in names) for field, names in FIELDS.items()}


def _scores(header: str, cells: Sequence[str]) -> list[tuple[str, float]]:
    """Say how well a column fits each field; only what is worth suggesting."""
    filled = [cell for cell in cells if cell]
    name = key_of(header)
    found = []
    for field, names in _NAMES.items():
        alike = max((fuzz.ratio(name, called) for called in names), default=0.0) if name else 0.0
        shown = _share(field, filled)
        borne_out = shown is None or shown >= 1 - _TELLING or not filled
        if alike >= EQUAL or (alike >= ALIKE and borne_out):
            found.append((field, alike + (shown or 0)))
        elif shown is not None and shown >= _TELLING and _speaks_alone(field, header):
            found.append((field, _ALONE.get(field, 50) * shown))
    return found


def _speaks_alone(field: str, header: str) -> bool:
    """Whether content is enough: a telephone number under "Kontakt" may be somebody's own."""
    return field != "phone" or not header


def _share(field: str, cells: Sequence[str]) -> float | None:
    """How much of a column looks like a field; None where any text may stand in it."""
    test = _LOOKS.get(field)
    if test is None:
        return None
    return sum(map(test, cells)) / len(cells) if cells else 0.0


def _is_cvr(text: str) -> bool:
    digits = cvr_numbers.compact(re.sub(r"[^\d]", "", text))
    return bool(cvr_numbers.is_valid(digits))


_LOOKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "cvr": _is_cvr,
    "postcode": lambda text: bool(_POSTCODE.match(text)) and len(text) <= 30,
    "website": lambda text: bool(_WEBSITE.fullmatch(text)),
    "public_email": lambda text: bool(_EMAIL.fullmatch(text)),
    "contact_email": lambda text: bool(_EMAIL.fullmatch(text)),
    "phone": lambda text: bool(_PHONE.fullmatch(text.replace("-", " "))),
}
