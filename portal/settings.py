"""What the portal needs to know, from the environment."""

import re
from dataclasses import dataclass

from chassis.config import Misconfigured, ProcessSettings, setting, web_address
from chassis.web.callers import THIS_MACHINE, networks

SECRET_LENGTH = 32
_SOURCE = re.compile(r"\*|'self'|'none'|https?:|(https?://)?[\w.*-]+(:\d+)?")


def sources(text: str) -> None:
    """See that a text is a list of sources for a content security policy, and nothing more."""
    found = text.split()
    if not found or not all(_SOURCE.fullmatch(each) for each in found):
        raise ValueError("is no list of sites")


@dataclass(frozen=True, kw_only=True)
class PortalSettings(ProcessSettings):
    """The settings of the portal.

    Raises :class:`Misconfigured` when the secret is too short to be one.
    """

    gateway_url: str = setting(
        "GATEWAY_URL", "The gateway, without a slash at the end", check=web_address
    )
    secret: str = setting(
        "PORTAL_SECRET",
        "What the cookies are encrypted with, 32 characters or more; the same in all processes",
        secret=True,
    )
    profile_path: str = setting("PROFILE", "Path of the municipality profile, profiles/<name>.toml")
    public_url: str = setting(
        "PUBLIC_URL",
        "Address of the portal as users see it, without a slash at the end",
        default="http://127.0.0.1:8080",
        check=web_address,
    )
    cookie_secure: bool = setting(
        "COOKIE_SECURE",
        "Whether the portal is reached by https; the cookie is then sent by https only",
        default=False,
    )
    trusted_proxies: str = setting(
        "TRUSTED_PROXIES",
        "Networks whose X-Forwarded-For is believed: the load balancer",
        default=THIS_MACHINE,
        check=networks,
    )

    embed_ancestors: str = setting(
        "EMBED_ANCESTORS",
        "Sites that may show the small search (/indlejr) in a frame, as a content security policy"
        " names them: https://www.example.org; every site unless set",
        default="*",
        check=sources,
    )

    def __post_init__(self) -> None:
        """Refuse a secret that could be guessed."""
        if len(self.secret) < SECRET_LENGTH:
            raise Misconfigured(f"PORTAL_SECRET has fewer than {SECRET_LENGTH} characters")
