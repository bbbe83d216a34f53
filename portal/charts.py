"""Charts as shapes worked out on the server.

A chart never stands alone: the same figures are in a table beside it.

Lengths are in parts of 1000, so that the drawing stretches to any width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FULL = 1000


@dataclass(frozen=True)
class Bar:
    """One row: what it is called, the whole and the part of it, and their lengths."""

    label: str
    whole_ore: int
    part_ore: int
    whole_length: int
    part_length: int


def pairs(rows: Sequence[dict[str, Any]], *, label: str, whole: str, part: str) -> list[Bar]:
    """Bars of a part within a whole (granted within applied), to one common scale."""
    longest = max((row.get(whole) or 0 for row in rows), default=0)
    longest = max(longest, max((row.get(part) or 0 for row in rows), default=0))
    return [
        Bar(
            str(row[label]),
            row.get(whole) or 0,
            row.get(part) or 0,
            length(row.get(whole) or 0, longest),
            length(row.get(part) or 0, longest),
        )
        for row in rows
    ]


def length(amount: int, of: int) -> int:
    """How long an amount is when the whole is 1000 long; something is never drawn as nothing."""
    if amount <= 0 or of <= 0:
        return 0
    return max(4, min(FULL, round(amount * FULL / of)))
