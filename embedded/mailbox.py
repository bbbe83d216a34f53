"""The mailbox of the embedded run: a mail server that delivers to nobody, and a page to read it.

Every accepted mail is a row in PostgreSQL, committed before the server says 250: killing the
process loses nothing that was taken. Like many mail stores it drops a second copy of a mail by its
Message-ID, and counts it, so that a copy too many is seen.
"""

import base64
import functools
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import flask
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, render_template, request
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import clock

TEMPLATES: Final = Path(__file__).with_name("templates")
DENMARK: Final = ZoneInfo("Europe/Copenhagen")
MAX_MAIL_BYTES: Final = 20 * 1024 * 1024

_metadata = sa.MetaData()
_mail = sa.Table(
    "mail",
    _metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipients", JSONB, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("copies", sa.Integer, nullable=False, server_default="1"),
)


class Mailbox:
    """The mail server and its store. ``create_app`` makes the pages."""

    def __init__(self, database_url: str) -> None:
        self._engine = sa.create_engine(database_url, pool_pre_ping=True)
        self._controller: Controller | None = None

    def start(self, host: str, port: int) -> int:
        """Make the table and listen; return the port (a free one for 0)."""
        with self._engine.begin() as connection:
            _metadata.create_all(connection)
        controller = _Server(self, hostname=host, port=port, data_size_limit=MAX_MAIL_BYTES)
        controller.start()
        self._controller = controller
        return controller.bound_port

    def stop(self) -> None:
        """Stop listening."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
        self._engine.dispose()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a mail: 250 only once it is stored."""
        del session
        content = cast("bytes", envelope.content)
        try:
            await server.loop.run_in_executor(None, self.store, content, list(envelope.rcpt_tos))
        except sa.exc.SQLAlchemyError:
            # A 5xx would be final, and the sender would give the mail up.
            return "451 4.3.0 Not stored; try again later"
        return "250 2.0.0 Stored"

    def store(self, raw: bytes, recipients: list[str]) -> None:
        """Store a mail, or count another copy of one that is here already."""
        message = _parse(raw)
        row = {
            "message_id": str(message["Message-ID"] or f"<{clock.now().timestamp()}@unknown>"),
            "sender": str(message["From"] or ""),
            "recipients": [address.lower() for address in recipients],
            "subject": str(message["Subject"] or ""),
            "received_at": clock.now(),
            "raw": raw,
        }
        statement = upsert(_mail).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[_mail.c.message_id], set_={"copies": _mail.c.copies + 1}
        )
        with self._engine.begin() as connection:
            connection.execute(statement)

    def mails(self, *, to: str = "", since: int = 0, limit: int = 10_000) -> list[dict[str, Any]]:
        """Return the mails, oldest first, that went to an address and have a higher id."""
        statement = sa.select(_mail).where(_mail.c.id > since).order_by(_mail.c.id).limit(limit)
        if to:
            statement = statement.where(_mail.c.recipients.contains([to.lower()]))
        with self._engine.connect() as connection:
            return [_described(row) for row in connection.execute(statement)]

    def headings(self, *, to: str, limit: int = 500) -> list[Mapping[str, Any]]:
        """Return what a list of mails shows, newest first."""
        columns = [column for column in _mail.c if column.name != "raw"]
        statement = sa.select(*columns).order_by(_mail.c.id.desc()).limit(limit)
        if to:
            statement = statement.where(_mail.c.recipients.contains([to.lower()]))
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def mail(self, id_: int) -> dict[str, Any] | None:
        """Return one mail."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_mail).where(_mail.c.id == id_)).one_or_none()
        return _described(row) if row is not None else None

    def recipients(self) -> list[str]:
        """Return every address that ever got a mail."""
        address = sa.func.jsonb_array_elements_text(_mail.c.recipients).label("address")
        with self._engine.connect() as connection:
            return list(connection.scalars(sa.select(address).distinct().order_by(address)))

    def create_app(self) -> Flask:
        """Make the pages ``/mailbox`` and ``/mailbox.json``."""
        app = Flask(__name__, template_folder=str(TEMPLATES), static_folder=None)

        @app.get("/mailbox")
        def index() -> str:
            to = request.args.get("to", "")
            return render_template(
                "mailbox.html", mails=self.headings(to=to), recipients=self.recipients(), to=to
            )

        @app.get("/mailbox.json")
        def as_json() -> Response:
            since = request.args.get("since", 0, type=int)
            items = self.mails(to=request.args.get("to", ""), since=since)
            return flask.jsonify(items=items)

        @app.get("/mailbox/samspil.css")
        def style() -> Response:
            return Response((TEMPLATES / "mailbox.css").read_text(), mimetype="text/css")

        @app.get("/mailbox/<int:id_>")
        def one(id_: int) -> str:
            return render_template("mail.html", mail=self.mail(id_) or abort(404))

        @app.get("/mailbox/<int:id_>/html")
        def page(id_: int) -> Response:
            mail = self.mail(id_) or abort(404)
            answer = Response(mail["html"] or "", mimetype="text/html")
            # The mail's own page: it may style itself, and can run nothing and fetch nothing.
            answer.headers["Content-Security-Policy"] = (
                "sandbox allow-popups allow-top-navigation-by-user-activation;"
                " default-src 'none'; style-src 'unsafe-inline'; img-src data:"
            )
            return answer

        @app.get("/mailbox/<int:id_>/attachments/<int:index>")
        def attachment(id_: int, index: int) -> Response:
            mail = self.mail(id_) or abort(404)
            if index >= len(mail["attachments"]):
                abort(404)
            part = mail["attachments"][index]
            answer = Response(base64.b64decode(part["content"]), mimetype=part["type"])
            answer.headers.set("Content-Disposition", "attachment", filename=part["name"])
            return answer

        @app.after_request
        def harden(answer: Response) -> Response:
            answer.headers.setdefault(
                "Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'"
            )
            answer.headers["X-Content-Type-Options"] = "nosniff"
            answer.headers["Cache-Control"] = "no-store"
            return answer

        app.jinja_env.filters["wall_time"] = _wall_time
        return app


class _Server(Controller):
    """aiosmtpd's controller, which tells what port it got."""

    @property
    def bound_port(self) -> int:
        """The port it listens on."""
        sockets = cast("Any", self.server).sockets
        return int(sockets[0].getsockname()[1])

    def _trigger_server(self) -> None:
        # The parent connects to the port it was given, which is 0 where any will do.
        if self.port == 0:
            self.port = self.bound_port
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.SMTP)


def _described(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "message_id": row.message_id,
        "from": row.sender,
        "to": list(row.recipients),
        "subject": row.subject,
        "received_at": row.received_at.isoformat(),
        "copies": row.copies,
        **_content(bytes(row.raw)),
    }


# Whoever waits for a mail asks again and again for all that somebody got.
@functools.lru_cache(maxsize=1000)
def _content(raw: bytes) -> Mapping[str, Any]:
    message = _parse(raw)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    bodies = {id(part) for part in (plain, html) if part is not None}
    parts = [part for part in message.walk() if not part.is_multipart() and id(part) not in bodies]
    return {
        "date": str(message["Date"] or ""),
        "text": _words(plain),
        "html": _words(html),
        "attachments": [_attached(part) for part in parts],
    }


def _words(part: Any) -> str:
    """Return a body's text, also where it names a character set that nobody knows."""
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:
        return str((part.get_payload(decode=True) or b"").decode("utf-8", "replace"))


def _attached(part: Any) -> dict[str, str]:
    payload = part.get_payload(decode=True) or b""
    return {
        "name": part.get_filename() or "vedhæftet",
        "type": part.get_content_type(),
        "content": base64.b64encode(payload).decode(),
    }


def _wall_time(at: datetime) -> str:
    local = at.astimezone(DENMARK)
    return f"{local.day}.{local.month}.{local.year} kl. {local:%H.%M}"
