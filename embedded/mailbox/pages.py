"""The pages of the mailbox: a list, a mail, its parts, and all of it as JSON. For the embedded run only."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import Flask, Response, abort, jsonify, render_template, request, send_file
from markupsafe import Markup, escape

from embedded.mailbox.store import MailStore, StoredMail

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
PER_PAGE: Final = 200
_LINK: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail is a stranger's HTML: it runs nothing and loads nothing; its links open in a new tab.
_MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self';"
    " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def create_app(store: MailStore) -> Flask:
    """Make the WSGI application that serves /mailbox and /mailbox.json."""
    app = Flask(__name__, static_folder=None, template_folder="templates")
    app.jinja_env.filters.update(moment=_moment, links=_links)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.get("/mailbox")
    def mails() -> str:
        to = request.args.get("to", "").strip()
        found = store.mails(to=to, limit=PER_PAGE)
        return render_template("list.html", mails=found, to=to, recipients=store.recipients())

    @app.get("/mailbox.json")
    def as_json() -> Response:
        found = store.mails(to=request.args.get("to", "").strip(), since=_since())
        return jsonify([each.as_json() for each in found])

    @app.get("/mailbox/<int:id_>")
    def one(id_: int) -> str:
        return render_template("mail.html", mail=_find(store, id_))

    @app.get("/mailbox/<int:id_>/html")
    def html(id_: int) -> Response:
        return _as_written(_find(store, id_))

    @app.get("/mailbox/<int:id_>/source")
    def source(id_: int) -> Response:
        return Response(_find(store, id_).content, content_type="text/plain; charset=utf-8")

    @app.get("/mailbox/<int:id_>/attachments/<int:place>")
    def attachment(id_: int, place: int) -> Response:
        parts = _find(store, id_).attachments
        if place >= len(parts):
            abort(HTTPStatus.NOT_FOUND)
        part = parts[place]
        response = Response(part.content, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = (
            f"attachment; filename*=UTF-8''{quote(part.name, safe='')}"
        )
        return response

    @app.get("/mailbox/style.css")
    def style() -> Response:
        return send_file(Path(__file__).with_name("mailbox.css"), mimetype="text/css")

    @app.errorhandler(HTTPStatus.NOT_FOUND)
    def missing(_error: Exception) -> tuple[str, int]:
        return render_template("missing.html"), HTTPStatus.NOT_FOUND

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        # A link to sign in must not be told to the page it leads to.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app


def _find(store: MailStore, id_: int) -> StoredMail:
    found = store.find(id_) if id_ < 2**63 else None
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _since() -> datetime | int | None:
    """Read ``since``: the id of a mail, or a moment (ISO 8601; a plus sign may have become a space)."""
    given = request.args.get("since", "").strip()
    if not given:
        return None
    if given.isdigit() and len(given) < 19:
        return int(given)
    try:
        moment = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_written(mail: StoredMail) -> Response:
    if not mail.html:
        abort(HTTPStatus.NOT_FOUND)
    # Links leave the frame they are read in.
    page = re.sub(r"(?i)<head>", '<head><base target="_blank">', mail.html, count=1)
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    return response


def _moment(value: datetime) -> str:
    local = value.astimezone(COPENHAGEN)
    return format_datetime(local, "d. MMM y 'kl.' HH.mm", tzinfo=COPENHAGEN, locale="da_DK")


def _links(text: str) -> Any:
    """Make the links of a plain text usable, and everything else harmless."""
    parts, last = [], 0
    for match in _LINK.finditer(text):
        link = match.group()
        parts += [escape(text[last : match.start()]), Markup('<a href="{0}">{0}</a>').format(link)]
        last = match.end()
    return Markup().join([*parts, escape(text[last:])])
