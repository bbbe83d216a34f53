"""Asks ClamAV's daemon (clamd) about the files people send, where an installation has one.

Its protocol is two lines long; the clients there are for it are under the GPL, which our licence is
not (ADR 79).
"""

import socket
import struct
from typing import Final
from urllib.parse import urlsplit

from chassis import telemetry
from chassis.problems import Invalid, Unavailable

log = telemetry.logger(__name__)

# Sooner than the gateway and the portal give up, so that people are told what it was.
TIMEOUT_SECONDS: Final = 4.0
_LENGTH: Final = struct.Struct("!L")
_CLEAN: Final = "stream: OK"
_MOST_SAID: Final = 4096


class FileInfected(Invalid):
    """A virus was found in the file; ``found`` is what ClamAV calls it."""

    slug = "attachment-infected"
    title = "The file has a virus"


class ScannerAway(Unavailable):
    """Nobody could look into the file, so it was not taken."""

    slug = "scanner-away"
    title = "Files cannot be checked for viruses at the moment"


def scan(content: bytes, *, clamd: str) -> None:
    """Have a file looked into by the daemon at an address, ``tcp://host:3310`` or ``unix:///path``.

    Raises :class:`FileInfected`, or :class:`ScannerAway` where there is no clear answer: what
    nobody has looked into is not taken.
    """
    try:
        said = _ask(content, clamd)
    except OSError as error:
        log.error("virus scanner is away", reason=type(error).__name__)  # noqa: TRY400 - no trace
        raise ScannerAway(retry_after=60) from error
    if said.endswith(" FOUND"):
        found = said.removeprefix("stream: ").removesuffix(" FOUND")
        log.warning("file with a virus refused", found=found, size=len(content))
        raise FileInfected("Send another file: this one was not kept.", found=found)
    if said != _CLEAN:
        log.error("virus scanner gives no clear answer", said=said[:200])
        raise ScannerAway(retry_after=60)


def _ask(content: bytes, clamd: str) -> str:
    """Send a file in one piece; return the answer. Raises ``OSError``."""
    with _connected(clamd) as connection:
        connection.sendall(b"zINSTREAM\0" + _LENGTH.pack(len(content)))
        connection.sendall(content)
        connection.sendall(_LENGTH.pack(0))
        said = bytearray()
        while not said.endswith(b"\0") and len(said) < _MOST_SAID:
            piece = connection.recv(_MOST_SAID)
            if not piece:
                break
            said += piece
    return said.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connected(clamd: str) -> socket.socket:
    parts = urlsplit(clamd)
    if parts.scheme == "tcp":
        return socket.create_connection((parts.hostname, parts.port or 3310), TIMEOUT_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT_SECONDS)
    try:
        connection.connect(parts.path)
    except OSError:
        connection.close()
        raise
    return connection
