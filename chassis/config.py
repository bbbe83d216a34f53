"""Settings, from the environment only.

A settings class is a frozen dataclass whose fields carry the variable's name and its meaning::

    smtp_url: str = setting(
        "SMTP_URL", "Where mail is handed over, smtp://user:password@host:port", secret=True
    )

``NAME_FILE`` may name a file that holds the value (for secrets). An empty value is no value. What a
value must be is said by a *check*, which raises ``ValueError`` in words that fit behind the name
and never quote a secret. Everything wrong is told at once, by name, at start.
"""

import dataclasses
import os
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")
Check = Callable[[Any], object]

_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
_TRUE: Final = frozenset({"1", "true", "yes"})
_FALSE: Final = frozenset({"0", "false", "no"})
HIGHEST_PORT: Final = 65535


class Misconfigured(Exception):
    """One or more settings are missing or wrong; the text names each variable."""


def setting(
    name: str,
    text: str,
    *,
    default: Any = dataclasses.MISSING,
    secret: bool = False,
    check: Check | None = None,
) -> Any:
    """Declare a field: its variable, what it means, whether it is a secret, what it must be."""
    metadata = {"name": name, "text": text, "secret": secret, "check": check}
    return field(default=default, metadata=metadata, repr=not secret)


def between(lowest: int, highest: int) -> Check:
    """Make the check of a number, both ends allowed."""

    def check(value: int) -> None:
        if not lowest <= value <= highest:
            raise ValueError(f"{value} is not between {lowest} and {highest}")

    return check


def one_of(*words: str) -> Check:
    """Make the check of a word."""

    def check(value: str) -> None:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")

    return check


def postgres_address(value: str) -> None:
    """Check the address of a database, without quoting it: it may hold a password."""
    parts = _split(value)
    if parts.scheme != "postgresql+psycopg" or not parts.path.strip("/"):
        raise ValueError("is not of the form postgresql+psycopg://user:password@host/name")


def broker_address(value: str) -> None:
    """Check the address of a broker, without quoting it: it may hold a password."""
    parts = _split(value)
    if parts.scheme != "memory" and (parts.scheme not in {"amqp", "amqps"} or not parts.hostname):
        raise ValueError("is not of the form amqp://user:password@host:5672/vhost")


def web_address(value: str) -> None:
    """Check an address that is reached by HTTP."""
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{value!r} is not of the form http://host:port")


def clamd_address(value: str) -> None:
    """Check the address of ClamAV's daemon."""
    parts = _split(value)
    if not (parts.hostname if parts.scheme == "tcp" else parts.scheme == "unix" and parts.path):
        raise ValueError(f"{value!r} is not of the form tcp://host:3310 or unix:///path")


def _split(value: str) -> Any:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what judges it
    except ValueError:
        # Its own words may quote the address.
        raise ValueError("is no address") from None
    return parts


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """What every process of ours needs to know, whichever component it belongs to."""

    log_level: str = setting(
        "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", default="INFO", check=one_of(*_LEVELS)
    )
    operations_host: str = setting(
        "OPERATIONS_HOST",
        "Address at which metrics and, of a role, health are told; within the cluster only",
        default="127.0.0.1",
    )
    operations_port: int = setting(
        "OPERATIONS_PORT",
        "Port for `/metrics` and, of a role, `/health/live` and `/health/ready`; 0 for none",
        default=0,
        check=between(0, HIGHEST_PORT),
    )


@dataclass(frozen=True, kw_only=True)
class Settings(ProcessSettings):
    """What every service needs to know. Services add their own fields in a subclass."""

    database_url: str = setting(
        "DATABASE_URL",
        "The service's own PostgreSQL, postgresql+psycopg://user:password@host/name",
        secret=True,
        check=postgres_address,
    )
    amqp_url: str = setting(
        "AMQP_URL",
        "RabbitMQ, amqp://user:password@host:5672/vhost; memory:// in the embedded run only",
        secret=True,
        check=broker_address,
    )
    profile_path: str = setting("PROFILE", "Path of the municipality profile, profiles/<name>.toml")
    public_url: str = setting(
        "PUBLIC_URL",
        "Address of the portal as users see it, without a slash at the end",
        default="http://127.0.0.1:8080",
        check=web_address,
    )
    jwks_url: str = setting(
        "JWKS_URL",
        "Where the public keys of sign-in tokens are read",
        default="http://127.0.0.1:8080/.well-known/jwks.json",
        check=web_address,
    )
    token_issuer: str = setting(
        "TOKEN_ISSUER", "The issuer that a token must name", default="samspil"
    )
    retention_seconds: int = setting(
        "EVENT_RESEND_SECONDS",
        "At start the relay sends events younger than this again where the broker keeps nothing",
        default=7 * 24 * 3600,
        check=between(0, 366 * 24 * 3600),
    )
    live_seconds: int = setting(
        "LIVE_SECONDS",
        "A role of which a loop has not turned for this long is stuck, and not live",
        default=180,
        check=between(1, 3600),
    )
    clamd_url: str = setting(
        "CLAMD_URL",
        "ClamAV's daemon, which looks into each file that is sent, tcp://host:3310 or"
        " unix:///path/of/its/socket; none unless set",
        default="",
        check=clamd_address,
    )
    crash_at: str = setting(
        "CRASH_AT",
        "Tests only, never in production: the point of the code at which the process kills itself",
        default="",
    )

    @property
    def profile(self) -> Mapping[str, Any]:
        """The municipality profile, read from its file."""
        return read_profile(self.profile_path)


def read_profile(path: str) -> Mapping[str, Any]:
    """Read a municipality profile. Raises :class:`Misconfigured` where it cannot be read."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        message = f"PROFILE: {path} cannot be read: {error}"
        raise Misconfigured(message) from error


def load(cls: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Read a settings class from the environment.

    Raises :class:`Misconfigured`, which names every wrong variable.
    """
    environ = os.environ if environ is None else environ
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for item in dataclasses.fields(cls):
        name = item.metadata["name"]
        try:
            raw = _raw(environ, name)
            if raw is None and item.default is dataclasses.MISSING:
                wrong.append(f"{name} is not set ({item.metadata['text']})")
            elif raw is not None:
                values[item.name] = _checked(raw, hints[item.name], item.metadata["check"])
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise Misconfigured("; ".join(wrong))
    return cls(**values)


def _raw(environ: Mapping[str, str], name: str) -> str | None:
    """Return what is set, from the variable or the file it names; None for nothing or ""."""
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeError) as error:
            raise ValueError(f"the file of {name}_FILE cannot be read ({path})") from error
    return environ.get(name) or None


def _checked(raw: str, hint: Any, check: Check | None) -> Any:
    value = _convert(raw, hint)
    if check is not None:
        check(value)
    return value


def _convert(raw: str, hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if hint is bool:
        if raw.lower() not in _TRUE | _FALSE:
            raise ValueError(f"{raw!r} is not true or false")
        return raw.lower() in _TRUE
    if hint is int:
        try:
            return int(raw)
        except ValueError:
            raise ValueError(f"{raw!r} is not a whole number") from None
    return raw
