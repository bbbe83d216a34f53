"""What keeps a page safe in the browser.

Headers, and the check of every request that changes something.
"""

import hmac
from typing import Final
from urllib.parse import urlsplit

from flask import Response, request
from werkzeug.exceptions import Forbidden

from portal.session import Session

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
EMBEDDED: Final = "search.embedded"
DOWNLOAD_POLICY: Final = "default-src 'none'; sandbox"


class ForeignRequest(Forbidden):
    """A form that was not sent from a page of ours, or from one that is too old."""


def require_own_form(session: Session, public_url: str) -> None:
    """Check a request that changes something.

    It comes from our own page and carries this visitor's secret.

    Raises :class:`ForeignRequest`. The pages send no referrer, and browsers then send ``Origin:
    null``; that is taken as no statement, and ``Sec-Fetch-Site``, or the secret alone in a browser
    that sends neither, decides.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is None and origin is None:
        raise ForeignRequest
    if site is not None and site not in {"same-origin", "none"}:
        raise ForeignRequest
    if origin not in {None, "null"} and _origin(str(origin)) not in {
        _origin(public_url),
        _origin(request.host_url),
    }:
        raise ForeignRequest
    sent = request.form.get("csrf", "")
    if not session.csrf or not hmac.compare_digest(sent.encode(), session.csrf.encode()):
        raise ForeignRequest


def add_headers(response: Response, *, secure: bool, embed_ancestors: str) -> None:
    """Set the headers that every answer carries.

    One page alone may be shown in a frame, by the sites that are named: the small search.
    """
    if request.endpoint == EMBEDDED and response.status_code < 400:
        policy = HEADERS["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = policy.replace(
            "frame-ancestors 'none'", f"frame-ancestors {embed_ancestors}"
        )
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "frame-ancestors 'none'" not in response.headers["Content-Security-Policy"]:
        # It knows only "nobody" and "the same site", and some browsers put it first.
        del response.headers["X-Frame-Options"]
    if secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()
