"""Dates, money and names as people write them, in Danish and English."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

LANGUAGES: Final = ("da", "en")
COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
_LOCALES: Final = {"da": "da_DK", "en": "en_GB"}
_DAY: Final = {"da": "EEEE 'den' d. MMMM y", "en": "EEEE d MMMM y"}
_CLOCK: Final = {"da": "HH.mm", "en": "HH:mm"}
_AT: Final = {"da": "kl.", "en": "at"}
_UNTIL: Final = {"da": "til", "en": "to"}


def day(value: date, language: str) -> str:
    """Write a day: "fredag den 15. marts 2024"."""
    return format_date(value, _DAY[language], locale=_LOCALES[language])


def moment(value: datetime, language: str) -> str:
    """Write a moment in Danish time: "fredag den 15. marts 2024 kl. 23.59"."""
    local = value.astimezone(COPENHAGEN)
    return f"{day(local.date(), language)} {_AT[language]} {clock(value, language)}"


def clock(value: datetime, language: str) -> str:
    """Write the time of day in Danish time: "23.59"."""
    return format_time(value.astimezone(COPENHAGEN), _CLOCK[language], locale=_LOCALES[language])


def span(starts_at: datetime, ends_at: datetime, language: str) -> str:
    """Write from when to when; the day stands once where it is the same."""
    same_day = starts_at.astimezone(COPENHAGEN).date() == ends_at.astimezone(COPENHAGEN).date()
    end = clock(ends_at, language) if same_day else moment(ends_at, language)
    return f"{moment(starts_at, language)} {_UNTIL[language]} {end}"


def money(ore: int, language: str) -> str:
    """Write an amount of øre: "12.500,00 kr."."""
    amount = format_decimal(Decimal(ore) / 100, "#,##0.00", locale=_LOCALES[language])
    return f"{amount} kr." if language == "da" else f"DKK {amount}"


def names(values: Sequence[str], language: str) -> str:
    """Write a list: "A, B og C"."""
    return format_list(list(values), locale=_LOCALES[language])


def named(words: Sequence[Mapping[str, str]], keys: Sequence[str], language: str) -> str:
    """Write what keys of the profile are called: "Ældre og børn". An unknown one stays a key."""
    known = {word["key"]: word.get(language) or word.get("da") or word["name"] for word in words}
    return names([known.get(key, key) for key in keys], language)


_SUBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "da": {
        "document:policy": "Politikker",
        "document:statutes": "Vedtægter",
        "document:form": "Skemaer og blanketter",
        "document:minutes": "Referater",
        "document:guidance": "Vejledninger",
        "document:report": "Rapporter",
        "document:other": "Andre dokumenter",
        "news:grants": "Nyheder om tilskud",
        "news:meetings": "Nyheder om møder",
        "news:volunteering": "Nyheder om frivillighed",
        "news:council": "Nyheder fra råd og høringer",
        "news:other": "Andre nyheder",
    },
    "en": {
        "document:policy": "Policies",
        "document:statutes": "Statutes",
        "document:form": "Forms",
        "document:minutes": "Minutes",
        "document:guidance": "Guides",
        "document:report": "Reports",
        "document:other": "Other documents",
        "news:grants": "News about grants",
        "news:meetings": "News about meetings",
        "news:volunteering": "News about volunteering",
        "news:council": "News of the council and hearings",
        "news:other": "Other news",
    },
}


def subject(key: str, language: str) -> str:
    """Write what can be subscribed to: "Referater"."""
    return _SUBJECTS[language][key]


def filters(language: str) -> dict[str, Callable[..., Any]]:
    """Return these as the filters of a language's templates."""
    return {
        "day": lambda value: day(value, language),
        "subject": lambda value: subject(value, language),
        "moment": lambda value: moment(value, language),
        "clock": lambda value: clock(value, language),
        "span": lambda starts_at, ends_at: span(starts_at, ends_at, language),
        "money": lambda value: money(value, language),
        "names": lambda values: names(values, language),
    }
