"""How amounts, dates and times are shown and typed.

Times arrive in UTC and are shown as in Denmark.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from portal import i18n

TIMEZONE: Final = ZoneInfo("Europe/Copenhagen")
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
MAX_ORE: Final = 100_000_000_00
_AMOUNT: Final = re.compile(r"^(\d{1,3}(?:[. ]\d{3})+|\d+)(?:,(\d{1,2}))?$")
_DANISH_DATE: Final = re.compile(r"^(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})$")
_CLOCK: Final = re.compile(r"^(\d{1,2})(?:[.:](\d{2}))?$")


def kroner(ore: int | None) -> str:
    """Show øre as kroner.

    1250050 → ``12.500,50 kr.``; whole kroner without decimals, nothing as a dash.
    """
    if ore is None:
        return "–"
    whole = ore % 100 == 0
    pattern = "#,##0" if whole else "#,##0.00"
    number = format_decimal(
        ore // 100 if whole else ore / 100, format=pattern, locale=i18n.language()
    )
    return f"{number}{NO_BREAK}kr." if i18n.language() == "da" else f"DKK{NO_BREAK}{number}"


def signed_kroner(ore: int) -> str:
    """Show an amount that may be below zero."""
    return f"−{kroner(-ore)}" if ore < 0 else kroner(ore)


def typed_amount(ore: int | None) -> str:
    """Show øre as one types them in a field: ``12.500,50``, always in the Danish way."""
    if ore is None:
        return ""
    kroner_part, rest = divmod(ore, 100)
    text = f"{kroner_part:,}".replace(",", ".")
    return f"{text},{rest:02}" if rest else text


def parse_amount(text: str) -> int:
    """Read a typed amount, ``12.500,00`` or ``12500``, as øre.

    Raises ``ValueError`` for anything else.
    """
    bare = text.strip().lower().replace(NO_BREAK, " ").removesuffix("kr.").removesuffix("kr")
    # "12.500,-" is how amounts are written on posters.
    found = _AMOUNT.match(bare.strip().removesuffix(",-").strip())
    if not found:
        raise ValueError(text)
    ore = int(re.sub(r"[. ]", "", found[1])) * 100 + int((found[2] or "0").ljust(2, "0"))
    if ore > MAX_ORE:
        raise ValueError(text)
    return ore


def parse_date(text: str) -> date:
    """Read ``15.3.2024``, ``15-03-2024`` or what a date field sends, ``2024-03-15``.

    Raises ``ValueError``.
    """
    found = _DANISH_DATE.match(text.strip())
    if found:
        return date(int(found[3]), int(found[2]), int(found[1]))
    return date.fromisoformat(text.strip())


def parse_clock(text: str) -> time:
    """Read ``23.59``, ``23:59`` or ``9``. Raises ``ValueError``."""
    found = _CLOCK.match(text.strip().lower().removeprefix("kl.").strip())
    if not found:
        raise ValueError(text)
    return time(int(found[1]), int(found[2] or "0"))


def local_moment(day: date, clock: time) -> datetime:
    """Join a day and a time on the clock in Denmark to an aware UTC moment.

    Raises ``ValueError`` for the hour that does not exist on the last Sunday in March.
    """
    local = datetime.combine(day, clock, TIMEZONE)
    moment = local.astimezone(UTC)
    if moment.astimezone(TIMEZONE).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError("this time does not exist")
    return moment


def moment_of(value: str | datetime | None) -> datetime | None:
    """Read a time as the API writes it."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value)


def local(value: str | datetime) -> datetime:
    """The same moment on a Danish clock."""
    moment = moment_of(value)
    if moment is None:
        raise ValueError(value)
    return moment.astimezone(TIMEZONE)


def month(value: str | date) -> str:
    """Write a month, given by one of its days: "marts 2024"."""
    return format_date(_date_of(value), "LLLL y", i18n.language())


def day(value: str | date | datetime | None) -> str:
    """Show a date: ``15. marts 2024``."""
    if not value:
        return "–"
    shown = _date_of(value)
    return format_date(
        shown, "d. MMMM y" if i18n.language() == "da" else "d MMMM y", i18n.language()
    )


def weekday(value: str | date | datetime) -> str:
    """Show a date with its weekday: ``fredag den 15. marts 2024``."""
    shown = _date_of(value)
    if i18n.language() == "da":
        return format_date(shown, "EEEE 'den' d. MMMM y", "da")
    return format_date(shown, "EEEE d MMMM y", "en")


def short_day(value: str | date | datetime | None) -> str:
    """Show a date in a table: ``15.03.2024``."""
    return _date_of(value).strftime("%d.%m.%Y") if value else "–"


def clock(value: str | datetime) -> str:
    """Show the time of day: ``23.59``."""
    return format_time(local(value), "HH.mm" if i18n.language() == "da" else "HH:mm", locale="da")


def moment(value: str | datetime | None) -> str:
    """Show a date and time: ``15. marts 2024 kl. 23.59``."""
    if not value:
        return "–"
    between = f" kl.{NO_BREAK}" if i18n.language() == "da" else " at "
    return f"{day(value)}{between}{clock(value)}"


def unbroken(words: str) -> str:
    """Words that stay on one line, as the parts of a telephone number do."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def iso_day(value: str | date | datetime | None) -> str:
    """A date as a date field wants it: ``2024-03-15``, in Danish time."""
    return _date_of(value).isoformat() if value else ""


def iso_clock(value: str | datetime | None) -> str:
    """A time as a time field wants it: ``23:59``, in Danish time."""
    return local(value).strftime("%H:%M") if value else ""


def language_name(code: str) -> str:
    """What a language is called: ``da`` is dansk."""
    return str(Locale(i18n.language()).languages.get(code, code))


def number(value: int | None) -> str:
    """Show a count."""
    return "–" if value is None else format_decimal(value, locale=i18n.language())


def decimal(value: float) -> str:
    """Show a number with a decimal: ``4,2``."""
    return str(format_decimal(value, format="#,##0.0", locale=i18n.language()))


def size(count: int) -> str:
    """Show the size of a file."""
    if count < 1024 * 1024:
        return f"{max(1, round(count / 1024))}{NO_BREAK}kB"
    text = f"{count / 1024 / 1024:.1f}"
    return f"{text.replace('.', ',') if i18n.language() == 'da' else text}{NO_BREAK}MB"


def _date_of(value: str | date | datetime | None) -> date:
    if isinstance(value, datetime):
        return local(value).date()
    if isinstance(value, date):
        return value
    if value and "T" in value:
        return local(value).date()
    return date.fromisoformat(str(value))
