"""From a delivery to the bytes of a mail: words, headers, calendar.

Every mail is one template per language, written once with a few building blocks (paragraph, facts,
button, ...), which exist in two forms: plain text and HTML. So the two can never say different
things.

Nothing that people have written reaches a header without losing its control characters first, and
``EmailMessage`` with ``policy.SMTP`` writes the headers: no name and no title can add a line of its
own.
"""

import re
import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import css_inline
import email_validator
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, Template

from services.notifier.commands import calendar, wording
from services.notifier.commands.smtp import is_deliverable
from services.notifier.model import Delivery, Person, Subscription

FOLDER: Final = Path(__file__).parents[1] / "templates"
_WIDTH: Final = 76
# Lists of mails show far less of it.
HEADING_LENGTH: Final = 200
_KEPT: Final = frozenset("\n\t")
_REFUSED: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
# Joins letters and emoji into one sign; harmless, and part of how some names are written.
_JOINERS: Final = frozenset("\u200c\u200d\u00ad")
_CALENDARS: Final[Mapping[str, calendar.Method]] = {
    "meeting_invitation": calendar.Method.PUBLISH,
    "meeting_changed": calendar.Method.PUBLISH,
    "meeting_cancelled": calendar.Method.CANCEL,
    "registration_confirmed": calendar.Method.PUBLISH,
    "registration_promoted": calendar.Method.PUBLISH,
}


class Undeliverable(Exception):
    """The person has no address that mail can go to."""


@dataclass(frozen=True)
class Contact:
    """The municipality's contact person: who a mail is from, and who gets the answer (V17)."""

    name: str
    title: str
    email: str
    phone: str


@dataclass(frozen=True)
class Mail:
    """A mail ready to be handed over."""

    sender: str
    recipient: str
    content: bytes


class Writer:
    """Writes the mails of one municipality."""

    def __init__(self, profile: Mapping[str, Any], *, public_url: str, mail_from: str = "") -> None:
        self._municipality = profile["municipality"]
        self._profile = profile
        self._public_url = public_url.rstrip("/")
        self.sender = mail_from or self._municipality["sender_email"]
        self.host = self.sender.rpartition("@")[2]

    def contact(self, name: str = "") -> Contact:
        """Return the contact person of the profile; ``name`` is who holds the office now."""
        given = self._profile.get("contact_person", {})
        return Contact(
            name=name or self._municipality["sender_name"],
            title=given.get("title", ""),
            email=given.get("email") or self._municipality["sender_email"],
            phone=given.get("phone") or self._municipality["phone"],
        )

    def write(
        self,
        delivery: Delivery,
        person: Person | Subscription,
        *,
        contact: Contact,
        token: str = "",
    ) -> Mail:
        """Write a delivery's mail. ``token`` is the person's secret for stopping news.

        Raises :class:`Undeliverable` where the person's address cannot be written to.
        """
        recipient = envelope_address(person.email)
        language = person.language if person.language in wording.LANGUAGES else "da"
        values = self._values(delivery, person, contact=contact, token=token)
        text = render(delivery.template, language, "text", values)
        html = render(delivery.template, language, "html", values)
        message = EmailMessage(policy=SMTP)
        message["From"] = _address(self._municipality["sender_name"], self.sender)
        message["To"] = _address(person.name, recipient)
        message["Reply-To"] = _address(contact.name, contact.email)
        message["Subject"] = render_subject(delivery.template, language, values)
        message["Date"] = format_datetime(delivery.created_at)
        message["Message-ID"] = f"<{delivery.id}@{self.host}>"
        message["Auto-Submitted"] = "auto-generated"
        if values["unsubscribe_link"]:
            # One click in the mail program stops the news (RFC 8058).
            message["List-Unsubscribe"] = f"<{values['unsubscribe_link']}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        self._add_calendar(message, delivery, values, language)
        message["Content-Language"] = language
        return Mail(self.sender, recipient, bytes(message))

    def _values(
        self, delivery: Delivery, person: Person | Subscription, *, contact: Contact, token: str
    ) -> dict[str, Any]:
        unsubscribe = f"{self._public_url}/afmeld/{quote(token)}" if delivery.news and token else ""
        return {
            **revive(delivery.content),
            "about_id": delivery.about_id,
            "person": person,
            "contact": contact,
            "municipality": self._municipality,
            "profile": self._profile,
            "url": self._public_url,
            "unsubscribe_link": unsubscribe,
        }

    def _add_calendar(
        self,
        message: EmailMessage,
        delivery: Delivery,
        values: Mapping[str, Any],
        language: str,
    ) -> None:
        method = _CALENDARS.get(delivery.template)
        if method is None:
            return
        written = calendar.calendar_of(
            calendar.Appointment(
                meeting_id=UUID(str(values["meeting_id"])),
                title=one_line(values["title"]),
                starts_at=values["starts_at"],
                ends_at=values["ends_at"],
                place=one_line(values["place"]),
                text=render("calendar", language, "text", values),
                link=f"{self._public_url}/moeder/{values['meeting_id']}",
                revision=values["revision"],
                stamped_at=delivery.created_at,
                organiser=(values["contact"].name, values["contact"].email),
            ),
            method,
        )
        # Twice, as mail programs differ: some read the alternative, some want a file to open.
        message.add_alternative(
            written.decode(), subtype="calendar", params={"method": method.value}
        )
        message.add_attachment(written, maintype="application", subtype="ics", filename="moede.ics")


def envelope_address(email: str) -> str:
    """Return an address as it stands in an envelope, its domain in IDNA.

    Raises :class:`Undeliverable`.
    """
    if is_deliverable(email):
        return email
    try:
        checked = email_validator.validate_email(
            email, check_deliverability=False, allow_smtputf8=True
        )
    except email_validator.EmailNotValidError as error:
        raise Undeliverable("the address is not valid") from error
    if not checked.ascii_email or not is_deliverable(checked.ascii_email):
        raise Undeliverable("the address needs a mail system with non-ASCII names")
    return checked.ascii_email


def render(template: str, language: str, form: str, values: Mapping[str, Any]) -> str:
    """Render a template in a language ("da", "en") and a form ("text", "html")."""
    written = _template(template, language, form).render(values)
    if form == "html":
        return _inliner().inline(written)
    return re.sub(r"\n{3,}", "\n\n", written).strip() + "\n"


def render_subject(template: str, language: str, values: Mapping[str, Any]) -> str:
    """Render a template's subject line; the end of a very long one is left to the mail itself."""
    found = _template(template, language, "text")
    return _heading("".join(found.blocks["subject"](found.new_context(dict(values)))))


def one_line(text: str) -> str:
    """Make one clean line of a text: no controls, no line breaks, no turned writing."""
    return " ".join(_clean(text, kept=frozenset()).split())


def revive(value: Any, name: str = "") -> Any:
    """Give what was kept as JSON its types again: ``*_at`` is a moment, ``*_on`` a day."""
    if isinstance(value, dict):
        return {key: revive(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [revive(each) for each in value]
    if isinstance(value, str) and name.endswith("_at"):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and name.endswith("_on"):
        return date.fromisoformat(value)
    if isinstance(value, str):
        return _clean(value, kept=_KEPT)
    return value


def _heading(text: str) -> str:
    """Make one line for the head of a mail, with "…" for the end of a very long one."""
    line = one_line(text)
    return line if len(line) <= HEADING_LENGTH else f"{line[: HEADING_LENGTH - 1]}…"


def _address(name: str, address: str) -> Address:
    return Address(_heading(name), addr_spec=address)


def _clean(text: str, *, kept: frozenset[str]) -> str:
    return "".join(
        letter
        if letter in kept or letter in _JOINERS or unicodedata.category(letter) not in _REFUSED
        else " "
        for letter in text
    )


def _fold(text: str) -> str:
    """Bring a paragraph to lines of a readable width; a link stays whole."""
    return textwrap.fill(
        " ".join(str(text).split()), _WIDTH, break_long_words=False, break_on_hyphens=False
    )


def _fold_text(text: str) -> str:
    """The same for a text of several paragraphs that somebody wrote; their line breaks stay."""
    return "\n".join(_fold(line) if line.strip() else "" for line in str(text).split("\n"))


def _paragraphs(text: str) -> list[list[str]]:
    """Split a text that somebody wrote into paragraphs of lines."""
    parts = re.split(r"\n\s*\n", str(text).strip())
    return [[line.strip() for line in part.split("\n")] for part in parts if part.strip()]


@cache
def _template(name: str, language: str, form: str) -> Template:
    return _environment(language, form).get_template(f"{name}.jinja")


@cache
def _environment(language: str, form: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(FOLDER / form), FileSystemLoader(FOLDER / language)]),
        # Plain text has nothing to escape: an "&" is to be read as one.
        autoescape=form == "html",  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        wording.filters(language), fold=_fold, fold_text=_fold_text, paragraphs=_paragraphs
    )
    environment.globals["language"] = language
    environment.globals["named"] = lambda words, keys: wording.named(words, keys, language)
    blocks = environment.get_template("blocks.jinja").module
    environment.globals.update(
        (name, block) for name, block in vars(blocks).items() if not name.startswith("_")
    )
    return environment


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)
