"""What looks like a Danish CPR number: no text that is kept here may hold one.

Whatever somebody types is judged by :mod:`chassis.fields`, and whatever is published once more by
:meth:`chassis.database.UnitOfWork.emit`: events are kept for ever, and copied.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

CPR: Final = (
    "Looks like it contains a CPR number (six digits of a date and four more)."
    " Personal identification numbers are not kept here: take it out."
)

# Neither part of a longer number, nor a stretch of a UUID or another hexadecimal string.
_CPR = re.compile(
    r"(?<![0-9A-Fa-f])(?<![0-9A-Fa-f]-)"
    r"(?P<day>\d{2})(?P<month>\d{2})\d{2}(?: ?[-\u2010\u2011\u2013] ?| )?\d{4}"
    r"(?!\d|-[0-9A-Fa-f]{4}\b)"
)
_LONGEST_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def looks_like_cpr(text: str) -> bool:
    """Tell whether a text contains what looks like a CPR number: ``ddmmyy-nnnn``.

    The day and month must exist; a telephone number, a CVR number or an amount is none. The check
    digit does not count: numbers given since 2007 need not have one.
    """
    for match in _CPR.finditer(text):
        day, month = int(match["day"]), int(match["month"])
        if 1 <= month <= len(_LONGEST_MONTHS) and 1 <= day <= _LONGEST_MONTHS[month - 1]:
            return True
    return False


def places(value: Any, path: str = "") -> Iterator[str]:
    """Name, as JSON pointers, the texts within a value that look as if they held one."""
    if isinstance(value, str):
        if looks_like_cpr(value):
            yield path
    elif dataclasses.is_dataclass(value):
        for item in dataclasses.fields(value):
            yield from places(getattr(value, item.name), f"{path}/{item.name}")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from places(each, f"{path}/{key}")
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from places(each, f"{path}/{index}")
