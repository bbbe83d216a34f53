"""When an offer takes place: as it is kept (a recurrence rule), typed in a form, and said.

A form knows the rules people use: every week or every second on a weekday, every day, the first to
fourth or last weekday of a month. Whatever else a rule says is shown as it is and kept as it is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from portal import formats
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _

DAYS: Final[Mapping[str, str]] = {
    "mo": N_("mandag"),
    "tu": N_("tirsdag"),
    "we": N_("onsdag"),
    "th": N_("torsdag"),
    "fr": N_("fredag"),
    "sa": N_("lørdag"),
    "su": N_("søndag"),
}
OFTEN: Final[Mapping[str, str]] = {
    "weekly": N_("hver uge"),
    "second": N_("hver anden uge"),
    "1": N_("den første i måneden"),
    "2": N_("den anden i måneden"),
    "3": N_("den tredje i måneden"),
    "4": N_("den fjerde i måneden"),
    "-1": N_("den sidste i måneden"),
}
DAILY: Final = "daily"
TIMES_OF_DAY: Final[Mapping[str, str]] = {
    "morning": N_("Formiddag (før kl. 12)"),
    "afternoon": N_("Eftermiddag (kl. 12-17)"),
    "evening": N_("Aften (efter kl. 17)"),
}
_WEEKLY: Final = re.compile(r"FREQ=WEEKLY(?P<second>;INTERVAL=2)?;BYDAY=(?P<day>[A-Z]{2})")
_MONTHLY: Final = re.compile(r"FREQ=MONTHLY;BYDAY=(?P<often>-1|[1-4])(?P<day>[A-Z]{2})")
_SENTENCES: Final[Mapping[str, str]] = {
    "weekly": N_("Hver %(day)s"),
    "second": N_("Hver anden %(day)s"),
    "1": N_("Første %(day)s i måneden"),
    "2": N_("Anden %(day)s i måneden"),
    "3": N_("Tredje %(day)s i måneden"),
    "4": N_("Fjerde %(day)s i måneden"),
    "-1": N_("Sidste %(day)s i måneden"),
}
EMPTY_ROWS: Final = 2
MOST_ROWS: Final = 14


def day_options() -> list[tuple[str, str]]:
    """The weekdays, for a choice."""
    return [(key, _(text).capitalize()) for key, text in DAYS.items()]


def often_options() -> list[tuple[str, str]]:
    """How often, for a choice."""
    return [(key, _(text).capitalize()) for key, text in OFTEN.items()]


def part_options() -> list[tuple[str, str]]:
    """The times of day, for a choice."""
    return [(key, _(text)) for key, text in TIMES_OF_DAY.items()]


def said(time: Mapping[str, Any]) -> str:
    """Say when: ``Hver tirsdag kl. 19.00-21.00``."""
    often, day = _taken_apart(time["rrule"])
    clock = _(
        "kl. %(starts)s-%(ends)s",
        starts=_clock(time["starts"]),
        ends=_clock(time["ends"]),
    )
    if day == DAILY:
        return f"{_('Hver dag')} {clock}"
    if often:
        return f"{_(_SENTENCES[often], day=_(DAYS[day]))} {clock}"
    return f"{time['rrule']} {clock}"


def fill(values: dict[str, Any], times: Sequence[Mapping[str, Any]]) -> None:
    """Put the times of an offer into the fields they are typed in."""
    for place, time in enumerate(times):
        often, day = _taken_apart(time["rrule"])
        values[f"times-{place}-often"] = often or "weekly"
        values[f"times-{place}-rrule"] = day
        values[f"times-{place}-starts_on"] = time["starts_on"]
        values[f"times-{place}-starts"] = time["starts"]
        values[f"times-{place}-ends"] = time["ends"]


def rows(form: Form) -> list[int]:
    """The numbers of the rows to show: those that are filled in, and some empty ones."""
    filled = [place for place in form.rows("times") if form.value(f"times-{place}-rrule")]
    after = max(filled, default=-1) + 1
    return [*filled, *range(after, min(after + EMPTY_ROWS, MOST_ROWS))]


def read(form: Form, today: str) -> list[dict[str, Any]]:
    """Read the times that were typed; what is wrong is said at its field.

    Rows close up, so a service that refuses the second time means the second row: it is shown so.
    """
    filled = [place for place in form.rows("times") if form.value(f"times-{place}-rrule")]
    typed = [
        {
            name: form.value(f"times-{place}-{name}").strip()
            for name in ("rrule", "often", "starts_on", "starts", "ends")
        }
        for place in filled
    ]
    for name in [name for name in form.values if name.startswith("times-")]:
        del form.values[name]
    times = []
    for place, row in enumerate(typed):
        form.values.update({f"times-{place}-{name}": value for name, value in row.items()})
        clocks = {name: _read_clock(form, f"times-{place}-{name}") for name in ("starts", "ends")}
        first = form.day(f"times-{place}-starts_on", required=False)
        times.append(
            {
                "rrule": _rule(form, place, row["rrule"], row["often"]),
                "starts_on": first or today,
                **clocks,
            }
        )
    return times


def _rule(form: Form, place: int, day: str, often: str) -> str:
    if day.startswith("FREQ="):
        return day
    if day == DAILY:
        return "FREQ=DAILY"
    if day not in DAYS or often not in OFTEN:
        form.refuse(f"times-{place}-rrule", _("Vælg en af mulighederne."))
        return ""
    if often in {"weekly", "second"}:
        interval = ";INTERVAL=2" if often == "second" else ""
        return f"FREQ=WEEKLY{interval};BYDAY={day.upper()}"
    return f"FREQ=MONTHLY;BYDAY={often}{day.upper()}"


def _taken_apart(rule: str) -> tuple[str, str]:
    """How often and on which day; a rule that people do not use has no first part."""
    if rule == "FREQ=DAILY":
        return "weekly", DAILY
    if found := _WEEKLY.fullmatch(rule):
        return "second" if found["second"] else "weekly", found["day"].lower()
    if found := _MONTHLY.fullmatch(rule):
        return found["often"], found["day"].lower()
    return "", rule


def _read_clock(form: Form, name: str) -> str:
    try:
        return formats.parse_clock(form.value(name)).strftime("%H:%M")
    except ValueError:
        form.refuse(name, _("Skriv et klokkeslæt, for eksempel 23.59."))
        return ""


def _clock(text: str) -> str:
    return text.replace(":", ".")
