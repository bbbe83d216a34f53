"""What the portal remembers of a visitor.

One cookie, encrypted, http-only, gone when the browser closes.

Nothing is kept on the server. Pages that need no memory set no cookie, so a citizen who only reads
gets none.

    nobody yet   →  browser and csrf secrets, made with the first form that is shown
    signed in    →  the directory's tokens besides; new secrets, so that nothing from before works
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Response

from chassis import clock

COOKIE: Final = "samspil"
RENEW_BEFORE_SECONDS: Final = 60


@dataclass
class Session:
    """The memory of one visitor. Change it through its methods, or say ``touch()``."""

    language: str = ""
    browser: str = ""
    csrf: str = ""
    after_sign_in: str = ""
    flow: str = ""
    access_token: str = ""
    refresh_token: str = ""
    session_id: str = ""
    expires_at: float = 0
    notices: list[list[str]] = field(default_factory=list)
    is_changed: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether the visitor holds tokens (which may have run out)."""
        return bool(self.access_token)

    @property
    def needs_renewal(self) -> bool:
        """Whether the access token is about to run out."""
        return (
            self.is_signed_in and self.expires_at - clock.now().timestamp() < RENEW_BEFORE_SECONDS
        )

    def touch(self) -> None:
        """Have the cookie written with the answer."""
        self.is_changed = True

    def csrf_token(self) -> str:
        """The secret that every form of this visitor carries."""
        if not self.csrf:
            self.csrf = secrets.token_urlsafe(24)
            self.touch()
        return self.csrf

    def browser_secret(self) -> str:
        """The secret that ties a mailed link, or a visit to MitID, to this browser."""
        if not self.browser:
            self.browser = secrets.token_urlsafe(32)
            self.touch()
        return self.browser

    def begin_flow(self, flow: str) -> None:
        """Remember a visit to MitID; one that was begun before is given up."""
        self.flow = flow
        self.touch()

    def take_flow(self) -> str:
        """Take off the visit to MitID that ends now; empty where there is none."""
        taken, self.flow = self.flow, ""
        if taken:
            self.touch()
        return taken

    def sign_in(self, granted: Mapping[str, Any]) -> None:
        """Take the directory's answer to a sign-in; secrets from before are dropped."""
        self.browser = self.csrf = self.flow = ""
        self.session_id = str(granted["id"])
        if preferred := (granted.get("person") or {}).get("language"):
            self.language = preferred
        self.take_tokens(granted)

    def take_tokens(self, granted: Mapping[str, Any]) -> None:
        """Take a new pair of tokens."""
        self.access_token = str(granted["access_token"])
        self.refresh_token = str(granted["refresh_token"])
        self.expires_at = _expiry(self.access_token, granted)
        self.touch()

    def sign_out(self) -> None:
        """Forget who the visitor was; the language stays."""
        self.access_token = self.refresh_token = self.session_id = ""
        self.browser = self.csrf = self.after_sign_in = self.flow = ""
        self.expires_at = 0
        self.touch()

    def notify(self, kind: str, text: str) -> None:
        """Show a notice on the next page; ``kind`` is success, info, warning or error."""
        self.notices.append([kind, text])
        self.touch()

    def take_notices(self) -> list[list[str]]:
        """Take the notices off, to show them now."""
        taken = self.notices
        if taken:
            self.notices = []
            self.touch()
        return taken


class Cookies:
    """Reads and writes the cookie. The key is derived from the portal's secret."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        key = HKDF(
            algorithm=hashes.SHA256(), length=32, salt=None, info=b"samspil portal cookie"
        ).derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._secure = secure
        self.name = f"__Host-{COOKIE}" if secure else COOKIE

    def read(self, raw: str | None) -> Session:
        """Read a cookie; one that is foreign, forged or of another version is as good as none."""
        if not raw:
            return Session()
        try:
            kept = json.loads(self._fernet.decrypt(raw.encode()))
        except (InvalidToken, ValueError):
            return Session()
        known = {item.name for item in fields(Session)}
        return Session(**{name: value for name, value in kept.items() if name in known})

    def write(self, response: Response, session: Session) -> None:
        """Write the cookie where the session changed."""
        if not session.is_changed:
            return
        kept = {name: value for name, value in asdict(session).items() if value}
        kept.pop("is_changed", None)
        if not kept:
            response.delete_cookie(
                self.name, path="/", secure=self._secure, httponly=True, samesite="Lax"
            )
            return
        sealed = self._fernet.encrypt(json.dumps(kept, separators=(",", ":")).encode()).decode()
        response.set_cookie(
            self.name, sealed, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )


def claims(access_token: str) -> Mapping[str, Any]:
    """Read the claims of our own access token, without verifying.

    It came from the directory and lay encrypted since; every service verifies it again. Here it
    only decides which links are shown.
    """
    try:
        payload = access_token.split(".")[1]
        decoded: Mapping[str, Any] = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
    except (IndexError, ValueError):
        return {}
    return decoded


def _expiry(access_token: str, granted: Mapping[str, Any]) -> float:
    """When the access token runs out: as the token itself says, else as the answer says."""
    stated = claims(access_token).get("exp")
    if isinstance(stated, int | float):
        return float(stated)
    return datetime.fromisoformat(str(granted["expires_at"])).timestamp()
