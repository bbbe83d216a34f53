"""Danish wall time and the Danish calendar.

Which year a moment falls in, closing minutes, holidays.

Moments are kept in UTC; deadlines, yearly duties and holidays follow the clock on the wall in
Denmark.
"""

import functools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import holidays

DENMARK: Final = ZoneInfo("Europe/Copenhagen")
CLOSING_TIME: Final = time(23, 59)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

_JULY: Final = 7
_SATURDAY: Final = 5
_MANY_HOLIDAYS: Final = 3
_MONTHS: Final = (
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
)


def local_date(moment: datetime) -> date:
    """The date on the wall in Denmark."""
    return moment.astimezone(DENMARK).date()


def local_year(moment: datetime) -> int:
    """The year on the wall in Denmark."""
    return local_date(moment).year


def end_of(day: date) -> datetime:
    """The closing minute of a day in Denmark, 23:59, as a moment in UTC."""
    return datetime.combine(day, CLOSING_TIME, tzinfo=DENMARK).astimezone(UTC)


def in_words(day: date) -> str:
    """Write a date as Danes do: ``12. juni 2024``."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"


def working_days(first: date, last: date) -> int:
    """Count Monday to Friday, first and last included, without Danish public holidays."""
    return sum(
        1 for day in _days(first, last) if day.weekday() < _SATURDAY and day not in _public(day)
    )


def crosses_holidays(first: date, last: date) -> bool:
    """Tell whether a period meets a time when associations cannot be expected to gather.

    That is July, the days from Christmas Eve to New Year's Day, or any three public holidays on
    weekdays (Easter).
    """
    taken = 0
    for day in _days(first, last):
        if day.month == _JULY or _is_christmas(day):
            return True
        taken += day.weekday() < _SATURDAY and day in _public(day)
    return taken >= _MANY_HOLIDAYS


def _is_christmas(day: date) -> bool:
    return (day.month == 12 and day.day >= 24) or (day.month == 1 and day.day == 1)


def _days(first: date, last: date) -> Iterator[date]:
    # A year says all there is to say; a deadline in the far future must not cost us its length.
    for offset in range(min((last - first).days + 1, 366)):
        yield first + timedelta(days=offset)


@functools.cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DK", years=year))


def _public(day: date) -> frozenset[date]:
    return _public_holidays(day.year)
