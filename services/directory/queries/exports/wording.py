"""Times and prices of offers as people write them, in Danish."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

_DAYS: Final = {
    "MO": "mandag",
    "TU": "tirsdag",
    "WE": "onsdag",
    "TH": "torsdag",
    "FR": "fredag",
    "SA": "lørdag",
    "SU": "søndag",
}
_WHICH: Final = {"1": "første", "2": "anden", "3": "tredje", "4": "fjerde", "5": "femte"}
_MONTHS: Final = (
    *("januar", "februar", "marts", "april", "maj", "juni"),
    *("juli", "august", "september", "oktober", "november", "december"),
)


def day(value: date) -> str:
    """Write a day: "15. marts 2024"."""
    return f"{value.day}. {_MONTHS[value.month - 1]} {value.year}"


def times_of(times: Sequence[Mapping[str, str]]) -> str:
    """Write when something takes place: "hver tirsdag kl. 19.30-21.00; ..."."""
    return "; ".join(_time_of(each) for each in times)


def price_of(price_ore: int | None, price_text: str | None) -> str:
    """Write a price, and what is said of it."""
    if price_ore is None:
        return price_text or ""
    amount = "gratis" if price_ore == 0 else f"{_kroner(price_ore)} kr."
    return f"{amount} ({price_text})" if price_text else amount


def parts_of(rule: str) -> dict[str, str]:
    """Take a recurrence rule (RFC 5545) apart: ``{"FREQ": "WEEKLY", "BYDAY": "TU"}``."""
    pairs = (part.partition("=") for part in rule.upper().split(";") if part)
    return {name: value for name, _, value in pairs}


def _time_of(each: Mapping[str, str]) -> str:
    parts = parts_of(each["rrule"])
    clock = f"kl. {each['starts'].replace(':', '.')}-{each['ends'].replace(':', '.')}"
    text = f"{_how_often(parts)} {clock}"
    if "COUNT" in parts or "UNTIL" in parts:
        first = day(date.fromisoformat(each["starts_on"]))
        text += f" fra {first}"
    if until := parts.get("UNTIL"):
        text += f" til {day(date(int(until[:4]), int(until[4:6]), int(until[6:8])))}"
    if count := parts.get("COUNT"):
        text += f", {count} gange"
    return text


def _how_often(parts: Mapping[str, str]) -> str:
    interval = int(parts.get("INTERVAL", "1"))
    days = [_day_of(each) for each in parts.get("BYDAY", "").split(",") if each]
    frequency = parts.get("FREQ")
    if frequency == "DAILY":
        return "hver dag" if interval == 1 else f"hver {interval}. dag"
    if frequency == "WEEKLY":
        named = _listed(days) or "uge"
        return f"hver {named}" if interval == 1 else f"{named} hver {interval}. uge"
    month = "hver måned" if interval == 1 else f"hver {interval}. måned"
    if parts.get("BYMONTHDAY"):
        return f"den {_listed([f'{each}.' for each in parts['BYMONTHDAY'].split(',')])} {month}"
    return f"{_listed(days)} {month}".strip()


def _day_of(word: str) -> str:
    name = _DAYS[word[-2:]]
    which = word[:-2]
    return f"{'sidste' if which == '-1' else _WHICH[which]} {name}" if which else name


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} og {words[-1]}"


def _kroner(ore: int) -> str:
    kroner, rest = divmod(ore, 100)
    whole = f"{kroner:,}".replace(",", ".")
    return f"{whole},{rest:02}" if rest else whole
