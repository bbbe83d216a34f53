"""The vejviser as tables for a spreadsheet. Whatever people wrote is text, never a formula.

The columns are called what the import knows them by, so a table that was taken along can be
brought back.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import xlsxwriter

from chassis.tables import csv_bytes
from services.directory.model import AssociationForm, Offer
from services.directory.queries.exports.wording import price_of, times_of
from services.directory.queries.public import Directory

FORMS: Final[Mapping[AssociationForm, str]] = {
    AssociationForm.ASSOCIATION: "Forening",
    AssociationForm.GROUP: "Gruppe uden vedtægter",
    AssociationForm.COMPANY: "Virksomhed",
    AssociationForm.PERSON: "Enkeltperson",
}
FILES: Final[Mapping[str, str]] = {"associations": "foreninger.csv", "offers": "tilbud.csv"}
Cells = Callable[[Directory, Any], Any]

_ASSOCIATION: Final[Mapping[str, Cells]] = {
    "Navn": lambda _, each: each.name,
    "CVR-nummer": lambda _, each: each.cvr,
    "Form": lambda _, each: FORMS[each.form],
    "Formål": lambda _, each: each.purpose,
    "Målgrupper": lambda found, each: _words(found, "target_groups", each.target_groups),
    "Område": lambda found, each: found.word("areas", each.area),
    "Adresse": lambda _, each: each.street,
    "Postnummer": lambda _, each: each.postcode,
    "By": lambda _, each: each.city,
    "Hjemmeside": lambda _, each: each.website,
    "Telefon": lambda _, each: each.phone,
    "Offentlig mail": lambda _, each: each.public_email,
    "Søger frivillige": lambda _, each: "ja" if each.volunteers_wanted else "nej",
    "Bekræftet": lambda _, each: _day(each.confirmed_at),
    "Id": lambda _, each: str(each.id),
}
_OFFER: Final[Mapping[str, Cells]] = {
    "Tilbud": lambda _, each: each.title,
    "Udbyder": lambda found, each: provider_of(found, each),  # noqa: PLW0108 - defined below
    "Beskrivelse": lambda _, each: each.description,
    "Målgrupper": lambda found, each: _words(found, "target_groups", each.target_groups),
    "Emner": lambda found, each: _words(found, "topics", each.topics),
    "Område": lambda found, each: found.word("areas", each.area),
    "Sted": lambda _, each: each.place,
    "Postnummer": lambda _, each: each.postcode,
    "Tider": lambda _, each: times_of(each.times),
    "Pris": lambda _, each: price_of(each.price_ore, each.price_text),
    "Kontakt": lambda _, each: each.contact_title,
    "Telefon": lambda _, each: each.contact_phone,
    "Mail": lambda _, each: each.contact_email,
    "Sprog": lambda _, each: ", ".join(each.languages),
    "Id": lambda _, each: str(each.id),
}


def csv_table(found: Directory, what: str, *, on: date) -> bytes:
    """Return the ``associations`` or ``offers`` as CSV, each row with its licence and the day."""
    columns = _COLUMNS[what]
    terms = (found.words["open_data"]["licence"], on.isoformat())
    rows = [[*_cells(columns, found, each), *terms] for each in _records(found, what)]
    return csv_bytes([*columns, "Licens", "Hentet"], rows)


def workbook(found: Directory, *, on: date) -> bytes:
    """Return the vejviser as a workbook: associations, offers, and the terms of using them."""
    buffer = io.BytesIO()
    options = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **options}) as book:
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for title, what in (("Foreninger", "associations"), ("Tilbud", "offers")):
            columns, sheet = _COLUMNS[what], book.add_worksheet(title)
            records = list(_records(found, what))
            sheet.write_row(0, 0, list(columns), heading)
            for number, each in enumerate(records, start=1):
                for place, value in enumerate(_cells(columns, found, each)):
                    sheet.write_string(number, place, "" if value is None else str(value))
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 0, 36)
            sheet.set_column(1, len(columns) - 1, 18)
            sheet.autofilter(0, 0, len(records), len(columns) - 1)
        about = book.add_worksheet("Om")
        about.set_column(0, 0, 24)
        for number, (term, text) in enumerate(terms_of(found, on=on)):
            about.write_string(number, 0, term, heading)
            about.write_string(number, 1, text)
    return buffer.getvalue()


def terms_of(found: Directory, *, on: date) -> list[tuple[str, str]]:
    """Return what must be said of where the data come from, and what one may do with them."""
    terms = found.words["open_data"]
    return [
        ("Vejviser", str(found.words["municipality"]["name"])),
        ("Hentet", on.isoformat()),
        ("Licens", str(terms["licence_name"])),
        ("Vilkår", str(terms["licence_url"])),
        ("Kilde, som skal nævnes", str(terms["attribution"])),
    ]


def provider_of(found: Directory, offer: Offer) -> str:
    """Return what an offer's provider is called."""
    if offer.department:
        return found.word("departments", offer.department)
    return next((each.name for each in found.associations if each.id == offer.association_id), "")


def _records(found: Directory, what: str) -> Iterator[Any]:
    if what == "associations":
        yield from found.associations
    else:
        for offers in found.offers.values():
            yield from offers


def _cells(columns: Mapping[str, Cells], found: Directory, each: Any) -> list[Any]:
    return [value(found, each) for value in columns.values()]


def _words(found: Directory, section: str, keys: Sequence[str]) -> str:
    return "; ".join(found.word(section, key) for key in keys)


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""


_COLUMNS: Final[Mapping[str, Mapping[str, Cells]]] = {
    "associations": _ASSOCIATION,
    "offers": _OFFER,
}
