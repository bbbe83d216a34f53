"""Fields for the shapes of every service: text that is safe to keep, money, addresses and moments.

Text is trimmed and brought to one Unicode form (a Danish ``å`` typed as ``a`` and a ring is one
letter). Control characters are refused, and so is anything that looks like a Danish CPR number:
Samspil keeps none, and the only sure way is to stop them at the door.

The messages are constants, so that a client can translate them.
"""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import email_validator
from marshmallow import ValidationError, fields, validate

from chassis.cpr import CPR, looks_like_cpr

BLANK: Final = "Must not be empty."
CONTROL: Final = "Contains control characters, which are not accepted."
ONE_LINE: Final = "Must be one line."
NOT_EMAIL: Final = "Not a valid e-mail address."
FAR_AWAY: Final = "Not a valid date here: the year must be from 1900 to 2199."
NOT_INSTANT: Final = "Not a moment that can be kept; give ISO 8601 with a time zone."

YEARS: Final = range(1900, 2200)
MAX_ORE: Final = 100_000_000_00
MAX_LINE: Final = 200
MAX_TEXT: Final = 10_000

# Controls, halves of surrogate pairs; and what turns the direction of writing, which can
# make a text look like another.
_REFUSED_CATEGORIES: Final = ("Cc", "Cs")
_TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAKS: Final = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")


class _Written(fields.String):
    """A string somebody wrote: trimmed, NFC, free of control characters and CPR numbers."""

    allowed = frozenset[str]()

    def __init__(self, *, min: int = 0, max: int, **kwargs: Any) -> None:  # noqa: A002
        required = bool(kwargs.get("required"))
        length = validate.Length(min=min or (1 if required else None), max=max)
        kwargs["validate"] = [length, *_as_list(kwargs.get("validate"))]
        super().__init__(**kwargs)
        self.refuses_empty = required or min > 0

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        text = self._unify(unicodedata.normalize("NFC", text)).strip()
        if self.refuses_empty and not text:
            raise ValidationError(BLANK)
        for letter in text:
            if letter not in self.allowed and (
                unicodedata.category(letter) in _REFUSED_CATEGORIES or letter in _TURNS
            ):
                raise ValidationError(CONTROL)
        if looks_like_cpr(text):
            raise ValidationError(CPR)
        return text

    def _unify(self, text: str) -> str:
        return text


class Line(_Written):
    """One line of text: a name, a title, a place."""

    def __init__(self, *, min: int = 0, max: int = MAX_LINE, **kwargs: Any) -> None:  # noqa: A002
        super().__init__(min=min, max=max, **kwargs)

    def _unify(self, text: str) -> str:
        if any(letter in _LINE_BREAKS for letter in text.strip()):
            raise ValidationError(ONE_LINE)
        return text


class Text(_Written):
    """Text of several lines: a purpose, reasons, minutes. Any line end becomes a newline."""

    allowed = frozenset("\n\t")

    def __init__(self, *, min: int = 0, max: int = MAX_TEXT, **kwargs: Any) -> None:  # noqa: A002
        super().__init__(min=min, max=max, **kwargs)

    def _unify(self, text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n")


class Ore(fields.Integer):
    """An amount of money in whole øre; never a decimal number, never text."""

    def __init__(self, *, min: int = 0, max: int = MAX_ORE, **kwargs: Any) -> None:  # noqa: A002
        kwargs["validate"] = [validate.Range(min=min, max=max), *_as_list(kwargs.get("validate"))]
        super().__init__(strict=True, **kwargs)


class Email(_Written):
    """An e-mail address with its domain in lower case. Nobody is asked whether it exists."""

    def __init__(self, *, max: int = 254, **kwargs: Any) -> None:  # noqa: A002 - as the others
        kwargs["metadata"] = {"format": "email", **(kwargs.get("metadata") or {})}
        super().__init__(max=max, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return text
        try:
            return email_validator.validate_email(text, check_deliverability=False).normalized
        except email_validator.EmailNotValidError as error:
            raise ValidationError(NOT_EMAIL) from error


class Url(fields.Url):
    """An ``http`` or ``https`` address, as a website's."""

    def __init__(self, *, max: int = 500, **kwargs: Any) -> None:  # noqa: A002 - as the others
        kwargs["validate"] = [validate.Length(max=max), *_as_list(kwargs.get("validate"))]
        super().__init__(schemes={"http", "https"}, require_tld=True, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if any(unicodedata.category(letter) in _REFUSED_CATEGORIES for letter in text):
            raise ValidationError(CONTROL)
        return text


class Instant(fields.AwareDateTime):
    """A moment: read with any time zone, kept and written in UTC (``2024-03-15T22:59:00Z``).

    From 1900 to 2199: to a moment at the end of what a calendar can hold nothing can be added.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        try:
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(NOT_INSTANT) from error
        if moment.year not in YEARS:
            raise ValidationError(FAR_AWAY)
        return moment

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002 - marshmallow names them
        if not isinstance(value, datetime):
            return None
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Day(fields.Date):
    """A day, ISO 8601 (``2024-03-15``), from 1900 to 2199 as a moment is."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        day: date = super()._deserialize(value, attr, data, **kwargs)
        if day.year not in YEARS:
            raise ValidationError(FAR_AWAY)
        return day


def _as_list(validators: Any) -> list[Any]:
    if validators is None:
        return []
    return list(validators) if isinstance(validators, list | tuple) else [validators]
