"""Settings, from the environment only.

A settings class is a frozen dataclass whose fields carry the variable's name and its meaning::

    smtp_url: str = setting(
        "SMTP_URL", "Where mail is handed over, smtp://user:password@host:port", secret=True
    )

``NAME_FILE`` may name a file that holds the value (for secrets). Everything wrong is told at once,
by name, at start.
"""

import dataclasses
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")


class Misconfigured(Exception):
    """One or more settings are missing or wrong; the text names each variable."""


def setting(
    name: str, text: str, *, default: Any = dataclasses.MISSING, secret: bool = False
) -> Any:
    """Declare a field of a settings class: its variable, what it means, whether it is a secret."""
    metadata = {"name": name, "text": text, "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service needs to know. Services add their own fields in a subclass."""

    database_url: str = setting(
        "DATABASE_URL",
        "The service's own PostgreSQL, postgresql+psycopg://user:password@host/name",
        secret=True,
    )
    amqp_url: str = setting(
        "AMQP_URL",
        "RabbitMQ, amqp://user:password@host:5672/vhost; memory:// in the embedded run only",
        secret=True,
    )
    profile_path: str = setting("PROFILE", "Path of the municipality profile, profiles/<name>.toml")
    public_url: str = setting(
        "PUBLIC_URL",
        "Address of the portal as users see it, without a slash at the end",
        default="http://127.0.0.1:8080",
    )
    jwks_url: str = setting(
        "JWKS_URL",
        "Where the public keys of sign-in tokens are read",
        default="http://127.0.0.1:8080/.well-known/jwks.json",
    )
    token_issuer: str = setting(
        "TOKEN_ISSUER", "The issuer that a token must name", default="samspil"
    )
    log_level: str = setting("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", default="INFO")
    retention_seconds: int = setting(
        "EVENT_RESEND_SECONDS",
        "At start the relay sends events younger than this again where the broker keeps nothing",
        default=7 * 24 * 3600,
    )
    crash_at: str = setting(
        "CRASH_AT", "Tests only: a named point at which the process kills itself", default=""
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
                values[item.name] = _convert(raw, hints[item.name])
        except (ValueError, OSError) as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise Misconfigured("; ".join(wrong))
    return cls(**values)


def _raw(environ: Mapping[str, str], name: str) -> str | None:
    if path := environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return environ.get(name)


def _convert(raw: str, hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if hint is bool:
        if raw.lower() not in {"1", "true", "yes", "0", "false", "no"}:
            message = f"{raw!r} is not true or false"
            raise ValueError(message)
        return raw.lower() in {"1", "true", "yes"}
    if hint is int:
        return int(raw)
    return raw
