"""Tables that people open in a spreadsheet: CSV in which no cell is a formula.

A spreadsheet takes a cell that begins with ``= + - @`` for a formula and runs it, whoever wrote
the text. Such a cell gets an apostrophe in front, which spreadsheets take for "this is text"
(OWASP: CSV injection). :func:`unguarded` takes it off again, so what was written here and is read
here is the same.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

GUARD: Final = "'"
LIVE: Final = ("=", "+", "-", "@", "\t", "\r")
# Danish spreadsheets part the cells there: the comma is their decimal mark.
SEPARATOR: Final = ";"


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write a table as CSV: UTF-8 with a byte order mark, semicolons, no live formula."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=SEPARATOR)
    writer.writerow([guarded(name) for name in header])
    writer.writerows([[guarded(value) for value in row] for row in rows])
    return buffer.getvalue().encode("utf-8-sig")


def guarded(value: Any) -> str:
    """Write a value so that no spreadsheet takes it for a formula; None is an empty cell."""
    text = "" if value is None else str(value)
    return f"{GUARD}{text}" if text.startswith(LIVE) else text


def unguarded(text: str) -> str:
    """Read a cell without the apostrophe that :func:`guarded` put there."""
    return text[1:] if text[:1] == GUARD and text[1:].startswith(LIVE) else text
