"""The mail server: takes every mail, and says so only when it is kept."""

import asyncio
import logging
import socket

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from chassis import telemetry
from embedded.mailbox.store import MailStore

log = telemetry.logger(__name__)

MAX_BYTES = 40 * 1024 * 1024


class _Taker:
    """What aiosmtpd asks when a mail has come."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail, then take it."""
        content = envelope.content or b""
        try:
            await asyncio.to_thread(
                self._store.keep,
                envelope.mail_from or "",
                list(envelope.rcpt_tos),
                content if isinstance(content, bytes) else content.encode(),
            )
        except SQLAlchemyError as error:
            log.warning("mail not kept, the sender is asked to try again", error=str(error)[:200])
            return "451 4.3.0 Not kept; try again later"
        return "250 2.0.0 Kept"


class MailServer:
    """The server, in a thread of its own."""

    def __init__(self, store: MailStore) -> None:
        """Describe the server; ``start`` makes it listen."""
        # aiosmtpd tells of every line of every conversation.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._store = store
        self._controller: Controller | None = None

    def start(self, host: str, port: int) -> int:
        """Listen; return the port, a free one for ``port=0``."""
        self._controller = Controller(
            _Taker(self._store),
            hostname=host,
            port=port or _free_port(host),
            decode_data=False,
            enable_SMTPUTF8=True,
            data_size_limit=MAX_BYTES,
        )
        self._controller.start()
        return self._controller.port

    def stop(self) -> None:
        """Stop listening; harmless when it does not listen."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
