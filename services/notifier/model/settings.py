"""What an operator sets for the notifier, beyond what every service needs."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from urllib.parse import unquote, urlsplit

from chassis.config import Misconfigured, Settings, setting

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class UncertainMail(StrEnum):
    """The operator's word on mail of which nobody knows whether it was taken."""

    BY_TEMPLATE = "by-template"
    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True)
class ServerAddress:
    """Where mail is handed over, and how.

    ``smtp`` is in the clear; ``smtp+starttls`` and ``smtps`` are encrypted or not at all.
    """

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> "ServerAddress":
        """Read an address. Raises ``ValueError`` for anything but a mail server's."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must be smtp://, smtp+starttls:// or smtps:// and name a host")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


@dataclass(frozen=True, kw_only=True)
class NotifierSettings(Settings):
    """The notifier's settings. Raises :class:`Misconfigured` that names every wrong variable."""

    smtp_url: str = setting(
        "SMTP_URL",
        "Where mail is handed over: smtp://, smtp+starttls:// or smtps://user:password@host:port",
        secret=True,
    )
    mail_from: str = setting(
        "MAIL_FROM", "The sender's address; the municipality profile's unless set", default=""
    )
    smtp_connections: int = setting(
        "SMTP_CONNECTIONS", "How many mails are handed over at a time, 1 to 10", default=3
    )
    mails_per_hour: int = setting(
        "MAILS_PER_HOUR",
        "How many mails one person may be sent in an hour; the rest waits",
        default=60,
    )
    uncertain_mail: str = setting(
        "UNCERTAIN_MAIL",
        "When nobody knows whether a mail was taken: by-template, hold (a human decides)"
        " or resend (it may go twice)",
        default=UncertainMail.BY_TEMPLATE.value,
    )

    def __post_init__(self) -> None:
        wrong = []
        try:
            ServerAddress.of(self.smtp_url)
        except ValueError as error:
            wrong.append(f"SMTP_URL: {error}")
        if self.mail_from and not _is_address(self.mail_from):
            wrong.append("MAIL_FROM: is no mail address")
        if not 1 <= self.smtp_connections <= 10:
            wrong.append("SMTP_CONNECTIONS: must be 1 to 10")
        if self.mails_per_hour < 1:
            wrong.append("MAILS_PER_HOUR: must be at least 1")
        if self.uncertain_mail not in set(UncertainMail):
            wrong.append("UNCERTAIN_MAIL: must be by-template, hold or resend")
        if wrong:
            raise Misconfigured("; ".join(wrong))

    @cached_property
    def server(self) -> ServerAddress:
        """The mail server."""
        return ServerAddress.of(self.smtp_url)


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return (
        bool(at and local and domain) and text.isascii() and text.isprintable() and " " not in text
    )
