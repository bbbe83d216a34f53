"""Reading forms.

What people typed is kept as they typed it, what is wrong is said at the field, in plain Danish.

A field is named after its place in the API's request body, with dashes for the slashes of a JSON
pointer: ``/budget/0/amount_ore`` is ``budget-0-amount_ore``. So what a service refuses finds its
field by itself.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from flask import request

from portal import explanations, formats
from portal.client import GatewayProblem
from portal.i18n import gettext as _

MAX_LINE: Final = 200
MAX_TEXT: Final = 10_000
_EMAIL: Final = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
_CVR_WEIGHTS: Final = (2, 7, 6, 5, 4, 3, 2, 1)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Difference:
    """One field that somebody else has changed meanwhile: mine beside theirs."""

    name: str
    label: str
    mine: str
    theirs: str


@dataclass
class Form:
    """The values and errors of one form, whether just opened or sent."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    # What the fields are called; filled while the page is written, read by the summary of errors.
    labels: dict[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls) -> "Form":
        """The form of this request, as it was sent."""
        values: dict[str, Any] = {}
        for name, given in request.form.lists():
            values[name] = given if name.endswith("[]") else given[-1]
        return cls(values)

    @classmethod
    def new(cls, **values: Any) -> "Form":
        """An empty form with an id of its own, so that sending it twice makes one thing."""
        return cls({"id": str(uuid.uuid4()), **values})

    @property
    def is_valid(self) -> bool:
        """Whether nothing was refused so far."""
        return not self.errors and not self.general

    def value(self, name: str) -> str:
        """What stands in a field."""
        found = self.values.get(name)
        return "" if found is None else str(found)

    def values_of(self, name: str) -> list[str]:
        """What is ticked in a group; the group's fields are named with [] at the end."""
        return list(self.values.get(f"{name}[]", ()))

    def refuse(self, name: str, text: str) -> None:
        """Say what is wrong with a field; the first word on it stands."""
        self.errors.setdefault(name, text)

    # --- reading ---------------------------------------------------------------------------------

    def line(self, name: str, *, required: bool = True, longest: int = MAX_LINE) -> str | None:
        """Read a one-line text."""
        return self._text(name, required=required, longest=longest, multiline=False)

    def text(self, name: str, *, required: bool = True, longest: int = MAX_TEXT) -> str | None:
        """Read a text of several lines."""
        return self._text(name, required=required, longest=longest, multiline=True)

    def _text(self, name: str, *, required: bool, longest: int, multiline: bool) -> str | None:
        text = self.value(name).replace("\r\n", "\n").strip()
        if not text:
            if required:
                self.refuse(name, _("Udfyld feltet."))
            return None
        if _CONTROL.search(text) or (not multiline and "\n" in text):
            self.refuse(name, _("Teksten indeholder tegn, der ikke kan bruges her."))
        if len(text) > longest:
            self.refuse(
                name,
                _(
                    "Teksten er for lang: %(length)s tegn. Der er plads til %(longest)s.",
                    length=len(text),
                    longest=longest,
                ),
            )
        return text

    def email(self, name: str, *, required: bool = True) -> str | None:
        """Read an e-mail address."""
        text = self.line(name, required=required, longest=254)
        if text and not _EMAIL.match(text):
            self.refuse(name, _("Skriv en e-mailadresse som navn@eksempel.dk."))
        return text

    def cvr(self, name: str) -> str | None:
        """Read a CVR number and check its digits; none is fine."""
        text = re.sub(r"[\s.-]", "", self.value(name)).upper().removeprefix("DK")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) == 8):
            self.refuse(
                name, _("Et CVR-nummer har otte cifre. Har I ikke et, så lad feltet stå tomt.")
            )
        elif (
            sum(int(digit) * weight for digit, weight in zip(text, _CVR_WEIGHTS, strict=True)) % 11
        ):
            self.refuse(name, _("CVR-nummeret findes ikke. Se efter, om et ciffer er byttet om."))
        return text

    def choice(self, name: str, allowed: Sequence[str], *, required: bool = True) -> str | None:
        """Read one of several possibilities."""
        text = self.value(name)
        if not text:
            if required:
                self.refuse(name, _("Vælg en mulighed."))
            return None
        if text not in allowed:
            self.refuse(name, _("Vælg en af mulighederne."))
        return text

    def choices(self, name: str, allowed: Sequence[str], *, required: bool = True) -> list[str]:
        """Read what is ticked in a group."""
        ticked = [text for text in self.values_of(name) if text in allowed]
        if required and not ticked:
            self.refuse(name, _("Vælg mindst én mulighed."))
        return ticked

    def flag(self, name: str) -> bool:
        """Read a single tick."""
        return bool(self.value(name))

    def amount(self, name: str, *, required: bool = True) -> int | None:
        """Read an amount in kroner as øre."""
        if not self.value(name).strip():
            if required:
                self.refuse(name, _("Skriv et beløb."))
            return None
        try:
            return formats.parse_amount(self.value(name))
        except ValueError:
            self.refuse(name, _("Skriv beløbet med tal, for eksempel 12.500 eller 12.500,50."))
            return None

    def count(
        self, name: str, *, required: bool = True, least: int = 0, most: int = 1_000_000
    ) -> int | None:
        """Read a whole number."""
        text = self.value(name).strip().replace(".", "")
        if not text:
            if required:
                self.refuse(name, _("Skriv et tal."))
            return None
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            self.refuse(
                name,
                _(
                    "Skriv et helt tal fra %(least)s til %(most)s.",
                    least=least,
                    most=formats.number(most),
                ),
            )
            return None
        return int(text)

    def day(self, name: str, *, required: bool = True) -> str | None:
        """Read a date, as ISO text for the API."""
        found = self._date(name, required=required)
        return found.isoformat() if found else None

    def moment(self, name: str, *, required: bool = True) -> str | None:
        """Read a date and a time of day (the field ``<name>-clock``), as UTC text for the API."""
        found = self._date(name, required=required)
        clock_text = self.value(f"{name}-clock").strip()
        if not found:
            return None
        try:
            moment = formats.local_moment(found, formats.parse_clock(clock_text))
        except ValueError:
            self.refuse(name, _("Skriv et klokkeslæt, for eksempel 23.59."))
            return None
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _date(self, name: str, *, required: bool) -> date | None:
        text = self.value(name).strip()
        if not text:
            if required:
                self.refuse(name, _("Skriv en dato."))
            return None
        try:
            return formats.parse_date(text)
        except ValueError:
            self.refuse(name, _("Skriv datoen som dag.måned.år, for eksempel 15.03.2024."))
            return None

    def identifier(self, name: str = "id") -> str:
        """Read a hidden id; a mangled one is replaced, for it names nothing yet."""
        try:
            return str(uuid.UUID(self.value(name)))
        except ValueError:
            self.values[name] = str(uuid.uuid4())
            return str(self.values[name])

    def rows(self, name: str) -> Iterator[int]:
        """The numbers of the rows that were sent of a repeated group, in order."""
        pattern = re.compile(rf"^{re.escape(name)}-(\d{{1,3}})-")
        yield from sorted({int(found[1]) for key in self.values if (found := pattern.match(key))})

    # --- what the API says -----------------------------------------------------------------------

    def take(self, problem: GatewayProblem, *, known: Sequence[str] = ()) -> None:
        """Put the API's refusal at its fields.

        Raises the problem again when it is not about what was typed.
        """
        if problem.status in {401, 404} or (problem.status == 403 and problem.slug == "forbidden"):
            raise problem
        for error in problem.errors:
            name = error.get("pointer", "").strip("/").replace("/", "-")
            text = explanations.field_error(error.get("detail", ""))
            if name and (not known or name in known or name in self.values):
                self.refuse(name, text)
            else:
                self.general.append(text)
        if self.is_valid:
            self.general.append(explanations.problem(problem))

    def compare(
        self, mine: Mapping[str, str], theirs: Mapping[str, str], labels: Mapping[str, str]
    ) -> None:
        """Show mine beside theirs after a stale save; the next save is then made knowingly."""
        self.differences = [
            Difference(name, label, mine.get(name, ""), theirs.get(name, ""))
            for name, label in labels.items()
            if mine.get(name, "").replace("\r\n", "\n").strip() != theirs.get(name, "").strip()
        ]


def fill_moment(values: dict[str, Any], name: str, moment: str | datetime | None) -> None:
    """Put a moment of the API into the two fields it is typed in."""
    values[name] = formats.iso_day(moment)
    values[f"{name}-clock"] = formats.iso_clock(moment)
