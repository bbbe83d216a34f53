"""Where hostile texts came out again: pages, mails and files, read as their formats say.

A reader of a format returns the texts of a file and what is wrong with it: whatever is more than
text there.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import icalendar
import lxml.html
import openpyxl
import pypdf

from tests.support.hostile import squeezed


@dataclass
class Seen:
    """Where the texts came out again, and what is wrong there.

    ``texts`` are squeezed, by where they were read.
    """

    texts: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, where: str, texts: Iterable[str], faults: Iterable[str] = ()) -> None:
        """Keep what was read somewhere."""
        self.texts[where] = self.texts.get(where, "") + squeezed("".join(texts))
        self.faults += [f"{where}: {each}" for each in faults]

    def shows(self, texts: Iterable[str]) -> bool:
        """Whether one of these texts came out whole, letter by letter, in some place."""
        wanted = [squeezed(text) for text in texts]
        return any(text in shown for text in wanted for shown in self.texts.values())


# Looks at what a browser made of a page: the texts on it, and whatever can run.
LOOK: Final = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
CALENDAR_NAMES: Final = frozenset(
    (
        *("BEGIN", "END", "VERSION", "PRODID", "METHOD", "CALSCALE", "NAME", "X-WR-CALNAME"),
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "LAST-MODIFIED", "CREATED", "SUMMARY"),
        *("LOCATION", "DESCRIPTION", "URL", "STATUS", "ORGANIZER", "TRANSP", "CATEGORIES"),
        *("TZID", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "REFRESH-INTERVAL"),
    )
)
CALENDAR_PARTS: Final = frozenset(("VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT"))
ATOM: Final = "{http://www.w3.org/2005/Atom}"
ATOM_NAMES: Final = frozenset(
    (
        *("feed", "entry", "id", "title", "updated", "published", "link", "author", "name"),
        *("category", "summary"),
    )
)
Read = tuple[list[str], list[str]]
"""The texts of a file, and what is wrong with it."""


def read_calendar(content: bytes) -> Read:
    """Read an iCalendar object (RFC 5545): every line must be one that we write."""
    unfolded = re.sub("\r?\n[ \t]", "", content.decode())
    lines = re.split("\r\n|\n|\r", unfolded)
    faults = [
        line
        for line in lines
        if line
        and (
            re.split("[;:]", line)[0] not in CALENDAR_NAMES
            or (line.startswith(("BEGIN:", "END:")) and line.split(":")[1] not in CALENDAR_PARTS)
        )
    ]
    found = icalendar.Calendar.from_ical(content)
    texts = [str(value) for part in found.walk() for value in part.values()]
    return texts, faults


def read_atom(content: bytes) -> Read:
    """Read a feed (RFC 4287): well-formed, of its elements only, all of it plain text."""
    elements = list(ET.fromstring(content).iter())
    faults = [
        str(each.tag)
        for each in elements
        if each.tag not in {ATOM + name for name in ATOM_NAMES}
        or each.get("type", "text") not in {"text", "text/html", "application/atom+xml"}
        or not each.get("href", "http").startswith("http")
    ]
    return [each.text or "" for each in elements], faults


def read_csv(content: bytes) -> Read:
    """Read a table: no cell may be a formula."""
    text = content.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    cells = [cell for row in rows for cell in row]
    return cells, [cell for cell in cells if cell[:1] in set("=+-@\t\r") and cell[:1]]


def read_xlsx(content: bytes) -> Read:
    """Read a workbook: every cell is a text or a number, and none leads anywhere."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book.worksheets for row in sheet.rows for cell in row]
    faults = [str(cell.value) for cell in cells if cell.data_type not in "sn" or cell.hyperlink]
    return [str(cell.value) for cell in cells], faults


def read_pdf(content: bytes) -> Read:
    """Read a PDF: its words; no file's content among them, nothing in it that runs."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    text = "".join(page.extract_text() for page in pages)
    faults = ["a file was read"] if "root:" in text else []
    for page in pages:
        for each in page.get("/Annots") or ():
            action = each.get_object().get("/A", pypdf.generic.DictionaryObject()).get_object()
            address = str(action.get("/URI", "https:"))
            if action.get("/S", "/URI") not in {"/URI", "/GoTo"} or not address.startswith(
                ("http:", "https:", "mailto:")
            ):
                faults.append(str(action))
    faults += [name for name in ("/JavaScript", "/Launch") if name.encode() in content]
    return [text], faults


def read_json(content: bytes) -> Read:
    """Read JSON."""
    return list(_said(json.loads(content))), []


def read_archive(content: bytes) -> Read:
    """Read what is handed out of a person: JSON, and a page of its own."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    texts, faults = [], []
    for name, text in files.items():
        if name.endswith(".json"):
            texts += _said(json.loads(text))
            continue
        root = lxml.html.document_fromstring(text)
        texts.append(str(root.text_content()))
        for element in root.iter():
            names = [str(each) for each in element.attrib]
            if element.tag == "script" or any(each.startswith(("on", "xss")) for each in names):
                faults.append(str(element.tag))
    return texts, faults


def read_nothing(_: bytes) -> Read:
    """Leave a file that somebody sent as it is: what it is called is looked at elsewhere."""
    return [], []


def _said(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _said(each)
    else:
        yield str(value)
