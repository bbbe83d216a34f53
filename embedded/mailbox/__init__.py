"""The mailbox of the embedded run: a mail server that keeps every mail, and pages on which to read them.

::

    notifier ──SMTP──► server ──► table "mail" in PostgreSQL ──► /mailbox, /mailbox.json

A mail is answered with 250 only when it is committed. A second copy (the same Message-ID) is counted and not kept: a sender
that cannot know whether a mail was taken may send it again, and its reader sees one mail.
"""

from flask import Flask

from embedded.mailbox.pages import create_app
from embedded.mailbox.server import MailServer
from embedded.mailbox.store import MailStore

__all__ = ["MailServer", "MailStore", "Mailbox"]


class Mailbox:
    """The mail server and its pages, on one database."""

    def __init__(self, database_url: str) -> None:
        """Describe a mailbox; nothing is touched before ``start`` or ``create_app``."""
        self._store = MailStore(database_url)
        self._server = MailServer(self._store)

    def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Make the table and take mail; return the port, a free one for ``port=0``."""
        self._store.prepare()
        return self._server.start(host, port)

    def stop(self) -> None:
        """Take no more mail, and give the database back."""
        self._server.stop()
        self._store.close()

    def create_app(self) -> Flask:
        """Make the WSGI application that serves /mailbox and /mailbox.json."""
        return create_app(self._store)
