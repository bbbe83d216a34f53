"""When an offer takes place: recurrence rules that are kept, and what can be filtered by.

Of RFC 5545 (3.3.10) as much as a weekly or monthly offer needs. What is left out are the parts of
which a library's work without an end could be made: a rule that never comes true is looked for up
to the year 9999.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from typing import Any, Final

from dateutil.rrule import rrulestr

from chassis.problems import FieldError, Invalid

WEEKDAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")
MORNING, AFTERNOON, EVENING = TIMES_OF_DAY = ("morning", "afternoon", "evening")
NOON: Final = "12:00"
EVENING_BEGINS: Final = "17:00"
MOST_TIMES: Final = 14
LONGEST_RULE: Final = 200

_PARTS: Final[Mapping[str, Mapping[str, re.Pattern[str]]]] = {
    frequency: {name: re.compile(pattern) for name, pattern in parts.items()}
    for frequency, parts in {
        "DAILY": {"INTERVAL": r"[1-6]"},
        "WEEKLY": {
            "INTERVAL": r"[1-9]|1[0-2]",
            "BYDAY": r"(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU)){0,6}",
            "WKST": r"MO",
        },
        "MONTHLY": {
            "INTERVAL": r"[1-9]|1[0-2]",
            "BYDAY": r"(-1|[1-5])?(MO|TU|WE|TH|FR|SA|SU)"
            r"(,(-1|[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,13}",
            "BYMONTHDAY": r"([1-9]|[12]\d|3[01])(,([1-9]|[12]\d|3[01])){0,9}",
        },
    }.items()
}
# The last day is a day, as the first one is (RFC 5545, 3.3.10: of the same value type).
_ANYWHERE: Final = {"UNTIL": re.compile(r"\d{8}"), "COUNT": re.compile(r"[1-9]\d{0,2}")}
_NOT_TOGETHER: Final = ({"UNTIL", "COUNT"}, {"BYDAY", "BYMONTHDAY"})
_EXAMPLE: Final = "Give a recurrence rule (RFC 5545) such as FREQ=WEEKLY;BYDAY=TU or"
NO_RULE: Final = (
    f"{_EXAMPLE} FREQ=MONTHLY;BYDAY=1WE. FREQ is DAILY, WEEKLY or MONTHLY, and not every part of"
    " the standard is taken."
)
NEVER: Final = "This rule never comes true after starts_on."
# A rule is looked at for so long: long enough for each of its weekdays to have come.
_YEARS_AHEAD: Final = 2
_OCCURRENCES: Final = 120


def occasions(times: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the weekdays, times of day and both together at which an offer takes place.

    ``["mo", "evening", "mo-evening"]``; each time has ``rrule``, ``starts_on`` (a date), ``starts``
    and ``ends`` ("HH:MM"). Raises :class:`Invalid` for a rule that is none, or never comes true.
    """
    found: dict[str, None] = {}
    errors = []
    for place, each in enumerate(times):
        try:
            days = weekdays(each["rrule"], each["starts_on"])
        except ValueError as error:
            errors.append(FieldError(f"/times/{place}/rrule", str(error)))
            continue
        parts = times_of_day(each["starts"], each["ends"])
        found |= dict.fromkeys(
            [*days, *parts, *(f"{day}-{part}" for day in days for part in parts)]
        )
    if errors:
        raise Invalid(errors=errors)
    return list(found)


def weekdays(rule: str, starts_on: date) -> list[str]:
    """Return the weekdays a rule comes true on, from Monday. Raises ``ValueError``."""
    _require_form(rule)
    begin = datetime(starts_on.year, starts_on.month, starts_on.day)  # noqa: DTZ001 - a day
    end = begin + timedelta(days=366 * _YEARS_AHEAD)
    try:
        series = takewhile(lambda moment: moment <= end, rrulestr(rule, dtstart=begin))
        days = {moment.weekday() for moment in islice(series, _OCCURRENCES)}
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(NO_RULE) from error
    if not days:
        raise ValueError(NEVER)
    return [WEEKDAYS[day] for day in sorted(days)]


def times_of_day(starts: str, ends: str) -> list[str]:
    """Return the times of day between two times on a clock; past midnight counts as evening."""
    last = "24:00" if ends <= starts else ends
    return [
        name
        for name, begin, end in (
            (MORNING, "00:00", NOON),
            (AFTERNOON, NOON, EVENING_BEGINS),
            (EVENING, EVENING_BEGINS, "24:00"),
        )
        if starts < end and last > begin
    ]


def _require_form(rule: str) -> None:
    parts = [part.partition("=") for part in rule.split(";")]
    named = {name: value for name, _, value in parts}
    allowed = _PARTS.get(named.pop("FREQ", ""))
    if (
        allowed is None
        or len(named) != len(parts) - 1
        or any(pair <= set(named) for pair in _NOT_TOGETHER)
    ):
        raise ValueError(NO_RULE)
    for name, value in named.items():
        pattern = allowed.get(name) or _ANYWHERE.get(name)
        if pattern is None or not pattern.fullmatch(value):
            raise ValueError(NO_RULE)
