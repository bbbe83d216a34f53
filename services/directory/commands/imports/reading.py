"""From the bytes of a CSV or XLSX file to rows of text, whatever wrote them.

Nothing is calculated: of a formula the value is taken that the program which saved it had shown.
Numbers and days become the text a person would have typed. Positions are those a spreadsheet
shows: the first row is 1. Rows without any text are left out.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from xml.etree.ElementTree import iterparse

import openpyxl

from chassis.tables import unguarded

MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 100
# As far as a spreadsheet goes; what claims to lie beyond is a trap.
LAST_ROW: Final = 1_048_576

SEPARATORS: Final = (";", ",", "\t", "|")
# Windows, the Mac's and DOS' ("CSV (Macintosh)" and "CSV (MS-DOS)" of Excel): where two fit alike,
# the first is taken.
CODE_PAGES: Final = ("cp1252", "mac_roman", "cp850")
_DANISH: Final = frozenset("æøåÆØÅéÉäöüÄÖÜ")
_LOOKED_AT: Final = 200
# A quoted text with more line breaks than this was never closed.
_MOST_BREAKS: Final = 60
_CELL_LIMIT: Final = 131_072
_MERGED: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}mergeCell"


class Unreadable(Exception):
    """The file holds no table; ``code`` says why: empty, broken, too-long, too-wide."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Table:
    """What stands in a file: rows by their position, and how it was written."""

    rows: Mapping[int, Sequence[str]]
    encoding: str = ""
    separator: str = ""
    sheet: str = ""


def read_table(content: bytes, *, media_type: str) -> Table:
    """Read a file that :func:`chassis.files.examine` admitted. Raises :class:`Unreadable`."""
    table = _read_csv(content) if media_type == "text/csv" else _read_workbook(content)
    if not table.rows:
        raise Unreadable("empty")
    return table


# --- text


def _read_csv(content: bytes) -> Table:
    text, encoding = decode(content)
    first, _, rest = text.partition("\n")
    declared = re.fullmatch(r"sep=(.)\s*", first)
    # Excel's own first line, which says what separates the cells.
    separator = declared[1] if declared else _separator(text)
    body = rest if declared else text
    rows = _rows(_parse(body, separator), start=2 if declared else 1)
    return Table(rows=rows, encoding=encoding, separator=separator)


def decode(content: bytes) -> tuple[str, str]:
    """Return a file's text and the name of its encoding.

    Unicode proves itself. Among the code pages the one wins that makes the most Danish letters of
    the bytes beyond ASCII; detection by general statistics takes Danish in DOS letters for Windows'
    (ADR 55). Raises :class:`Unreadable`.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(content, "utf-16"), "utf-16"
    if content.startswith(codecs.BOM_UTF8):
        return _strictly(content, "utf-8-sig"), "utf-8"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    beyond = Counter(byte for byte in content if byte >= 0x80)

    def danish(page: str) -> int:
        letters = {byte: bytes([byte]).decode(page, "replace") for byte in beyond}
        return sum(count for byte, count in beyond.items() if letters[byte] in _DANISH)

    page = max(CODE_PAGES, key=danish)
    return content.decode(page, "replace"), page


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("broken") from error


def _separator(text: str) -> str:
    """Find what separates the cells: the sign by which most rows fall into equally many."""
    sample = "".join(text.splitlines(keepends=True)[:_LOOKED_AT])

    def evenness(separator: str) -> tuple[float, int]:
        rows = _parse(sample, separator)
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            return 0.0, 0
        width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
        return count / widths.total(), width

    return max(SEPARATORS, key=evenness)


def _parse(text: str, separator: str) -> Iterator[list[str]]:
    """Split text into rows of cells.

    A quotation mark that is never closed swallows what follows, so where that happens the marks are
    taken for letters.
    """
    csv.field_size_limit(_CELL_LIMIT)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        rows = []
    swallowed = any(cell.count("\n") > _MOST_BREAKS for row in rows for cell in row)
    if rows and not swallowed:
        return iter(rows)
    lines = text.splitlines()
    return iter(
        list(csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)) if lines else []
    )


# --- workbooks


def _read_workbook(content: bytes) -> Table:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            # What a sheet says of its size may be wrong, and makes rows out of nothing.
            sheet.reset_dimensions()
            rows = _rows(_cells(sheet))
            if rows:
                return Table(rows=_filled_down(rows, sheet), sheet=sheet.title)
    except Unreadable:
        raise
    except Exception as error:
        # A broken workbook fails in the library in every way there is.
        raise Unreadable("broken") from error
    raise Unreadable("empty")


def _cells(sheet: Any) -> Iterator[list[str]]:
    for position, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), start=1):
        if position > LAST_ROW:
            raise Unreadable("too-long")
        # An error (#N/A, #REF!) is no text anybody wrote.
        yield ["" if cell.data_type == "e" else written(cell.value) for cell in row]


def written(value: Any) -> str:
    """Write a cell's value as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _filled_down(rows: dict[int, list[str]], sheet: Any) -> dict[int, list[str]]:
    """Let a text in a cell that reaches over several rows hold for each of them.

    One that reaches over several columns stays in the first: it is a heading.
    """
    with sheet._get_source() as source:  # noqa: SLF001 - the library reads no merged cells in read-only mode
        for _, element in iterparse(source):  # noqa: S314 - admitted without document type or entities
            if element.tag == _MERGED:
                left, top, _, bottom = openpyxl.utils.range_boundaries(element.get("ref"))
                value = _at(rows.get(top, []), left - 1)
                for position in range(top + 1, min(bottom, top + MAX_ROWS) + 1):
                    if value and position in rows and not _at(rows[position], left - 1):
                        row = rows[position]
                        row += [""] * (left - len(row))
                        row[left - 1] = value
            element.clear()
    return rows


def _at(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


# --- both


def _rows(cells: Iterable[Sequence[str]], *, start: int = 1) -> dict[int, list[str]]:
    """Number the rows and drop the empty ones. Raises :class:`Unreadable` for too many."""
    found: dict[int, list[str]] = {}
    for position, row in enumerate(cells, start=start):
        texts = [unguarded(tidy(cell)) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if len(texts) > MAX_COLUMNS:
            raise Unreadable("too-wide")
        found[position] = texts
        if len(found) > MAX_ROWS:
            raise Unreadable("too-long")
    return found


def tidy(text: str) -> str:
    """Bring a cell's text to one form: NFC, plain spaces, no invisible signs, trimmed."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u00a0", " ").replace("\u202f", " ")
    kept = (letter for letter in text if letter in "\n\t" or not _is_invisible(letter))
    return "".join(kept).strip()


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf"}
