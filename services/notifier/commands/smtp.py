"""The conversation with a mail server: one connection, many mails, and no avoidable doubt.

``smtplib`` greets, encrypts and signs in. The transaction itself is spelled out here, because two
things matter that it does not tell: the moment just before the final dot, from which on the server
may have taken the mail, and what broke before it and what after. Each mail has a deadline for
everything together, which a server that answers a byte a second cannot stretch.

::

    MAIL RCPT DATA ──► 354 ──► the message ──► (about to end) ──► final dot ──► 250
        │                │          │                               │
        Refused     Disturbed   Disturbed                        Unknown        (no answer any more)
"""

import contextlib
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

from services.notifier.model import ServerAddress

DEADLINE_SECONDS: Final = 60.0
CONNECT_SECONDS: Final = 20.0
QUIT_SECONDS: Final = 2.0
_ADDRESS: Final = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_REASON_LENGTH: Final = 200
_NAME_LENGTH: Final = 255
_REASONS: Final[Mapping[type[Exception], str]] = {
    smtplib.SMTPServerDisconnected: "the mail server closed the connection",
    TimeoutError: "the mail server took too long",
    ConnectionRefusedError: "the mail server refused the connection",
    socket.gaierror: "the mail server's name was not found",
}


class Disturbed(Exception):
    """The mail was surely not taken; it may be tried again.

    ``connection_broken`` says that the connection is of no use.
    """

    def __init__(self, reason: str, *, connection_broken: bool = False) -> None:
        super().__init__(reason)
        self.connection_broken = connection_broken


class Refused(Exception):
    """The server will never take this mail for this recipient."""


class Unknown(Exception):
    """The connection was lost after the final dot: nobody knows whether the mail was taken."""


class _Deadline:
    """The time by which the mail in hand must be done. Shared by a connection and its sockets."""

    def __init__(self) -> None:
        self.set(CONNECT_SECONDS)

    def set(self, seconds: float) -> None:
        """Allow this much from now on."""
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """How much is left. Raises ``TimeoutError`` when nothing is."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left


class _Socket(socket.socket):
    """A socket whose every wait ends at the deadline: a byte now and then buys no time."""

    deadline: _Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive, until the deadline."""
        self.settimeout(self.deadline.remaining())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """Send, until the deadline."""
        self.settimeout(self.deadline.remaining())
        super().sendall(*args, **kwargs)


class _TlsSocket(ssl.SSLSocket):
    """The same for an encrypted connection."""

    deadline: _Deadline

    def read(self, *args: Any, **kwargs: Any) -> Any:
        """Receive, until the deadline."""
        self.settimeout(self.deadline.remaining())
        # Deprecated for callers; it is what recv and the file object are made of.
        return super().read(*args, **kwargs)  # type: ignore[deprecated]

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Send, until the deadline."""
        self.settimeout(self.deadline.remaining())
        return super().send(*args, **kwargs)


class _Smtp(smtplib.SMTP):
    """smtplib's client on sockets that know a deadline; encrypted from the start with ``tls``."""

    def __init__(self, deadline: _Deadline, *, tls: ssl.SSLContext | None, name: str) -> None:
        self._deadline = deadline
        self._tls = tls
        super().__init__(local_hostname=name, timeout=CONNECT_SECONDS)

    def _get_socket(self, host: str, port: int, _timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), self._deadline.remaining())
        made = _Socket(fileno=plain.detach())
        made.deadline = self._deadline
        made.settimeout(self._deadline.remaining())
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None:
            return made
        # The wrapper takes its time limit from the socket, and applies it to the whole handshake.
        encrypted = self._tls.wrap_socket(made, server_hostname=host, do_handshake_on_connect=False)
        return _shaken(encrypted, self._deadline)

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Encrypt the connection, as STARTTLS asks.

        Raises :class:`Disturbed` where the server does not offer it.
        """
        if not self.has_extn("starttls"):
            raise Disturbed("the mail server does not offer encryption", connection_broken=True)
        code, answer = self.docmd("STARTTLS")
        if code != 220:
            raise Disturbed(_told(code, answer), connection_broken=True)
        assert self.sock is not None  # noqa: S101 - docmd has just used it
        encrypted = context.wrap_socket(
            self.sock, server_hostname=host, do_handshake_on_connect=False
        )
        self.sock = _shaken(encrypted, self._deadline)
        # What the server said before is not to be believed (RFC 3207).
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False


def _shaken(encrypted: ssl.SSLSocket, deadline: _Deadline) -> ssl.SSLSocket:
    assert isinstance(encrypted, _TlsSocket)  # noqa: S101 - the context makes these
    encrypted.deadline = deadline
    encrypted.settimeout(deadline.remaining())
    try:
        encrypted.do_handshake()
    except BaseException:
        encrypted.close()
        raise
    return encrypted


def tls_context() -> ssl.SSLContext:
    """Make the context of encrypted connections: certificates are checked, TLS 1.2 is the least."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TlsSocket
    return context


class Connection:
    """A connection to the mail server, for one mail after the other.

    Raises :class:`Disturbed` when the server cannot be reached, is not ready or does not let us in.
    """

    def __init__(
        self, address: ServerAddress, *, name: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self._deadline = _Deadline()
        self.is_open = False
        self.mails = 0
        context = tls or tls_context()
        self._smtp = _Smtp(
            self._deadline, tls=context if address.scheme == "smtps" else None, name=name
        )
        try:
            self._open(address, context)
        except Disturbed:
            self.abandon()
            raise
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.abandon()
            raise Disturbed(_why(error), connection_broken=True) from error
        self.is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start_clock(self, seconds: float = DEADLINE_SECONDS) -> None:
        """Begin the time of the next mail."""
        self._deadline.set(seconds)

    def send(
        self, *, sender: str, recipient: str, content: bytes, about_to_end: Callable[[], None]
    ) -> None:
        """Hand a mail over.

        ``about_to_end`` is called just before the final dot, and what it raises stops the mail.
        Raises :class:`Refused`, :class:`Disturbed` or :class:`Unknown`. Returns when the server has
        taken the mail.
        """
        try:
            self._envelope(sender, recipient, len(content))
            self._smtp.send(_quoted(content))
        except (OSError, smtplib.SMTPException) as error:
            self.abandon()
            raise Disturbed(_why(error), connection_broken=True) from error
        try:
            about_to_end()
        except BaseException:
            # Without its final dot the mail does not count: leaving now takes it back.
            self.abandon()
            raise
        self._end()
        self.mails += 1

    def close(self) -> None:
        """Take leave of the server, shortly."""
        if self.is_open:
            self._deadline.set(QUIT_SECONDS)
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._smtp.docmd("QUIT")
        self.abandon()

    def abandon(self) -> None:
        """Drop the connection without a word."""
        self.is_open = False
        self._smtp.close()

    def _open(self, address: ServerAddress, context: ssl.SSLContext) -> None:
        code, answer = self._smtp.connect(address.host, address.port)
        _require_ready(code, answer)
        self._hello()
        if address.scheme == "smtp+starttls":
            self._smtp.encrypt(context, address.host)
            self._hello()
        if address.user:
            self._smtp.login(address.user, address.password)

    def _hello(self) -> None:
        code, answer = self._smtp.ehlo()
        if not 200 <= code <= 299:
            code, answer = self._smtp.helo()
        _require_ready(code, answer)

    def _envelope(self, sender: str, recipient: str, size: int) -> None:
        """Say from whom and to whom, and ask to send; in one write where possible (RFC 2920)."""
        limit = f" SIZE={size}" if self._smtp.has_extn("size") else ""
        lines = [f"MAIL FROM:<{sender}>{limit}", f"RCPT TO:<{recipient}>", "DATA"]
        if self._smtp.has_extn("pipelining"):
            self._smtp.send("".join(f"{line}\r\n" for line in lines))
            answers = [self._smtp.getreply() for _ in lines]
        else:
            answers = []
            for line in lines:
                self._smtp.putcmd(line)
                answers.append(self._smtp.getreply())
                if answers[-1][0] >= 400:
                    break
        self._judge(answers)

    def _judge(self, answers: list[tuple[int, bytes]]) -> None:
        expected = (range(200, 300), range(200, 300), range(354, 355))
        for place, (code, answer) in enumerate(answers):
            if code in expected[place]:
                continue
            if len(answers) == 3 and answers[2][0] == 354:
                # It asks for a message that has no recipient: only leaving says no without a doubt.
                self.abandon()
            else:
                self._begin_anew(code)
            # A sender that is refused is a fault of the set-up and not of the person: it waits for
            # the operator.
            if code >= 500 and place > 0:
                raise Refused(_told(code, answer))
            raise Disturbed(_told(code, answer), connection_broken=not self.is_open)

    def _end(self) -> None:
        try:
            self._smtp.send(b".\r\n")
            code, answer = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.abandon()
            raise Unknown(_why(error)) from error
        if 200 <= code <= 299:
            return
        self._begin_anew(code)
        if code >= 500:
            raise Refused(_told(code, answer))
        raise Disturbed(_told(code, answer), connection_broken=not self.is_open)

    def _begin_anew(self, code: int) -> None:
        """Clear the transaction for the next mail; 421 announces that the server leaves."""
        if code == 421:
            self.abandon()
            return
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.abandon()


def is_deliverable(address: str) -> bool:
    """Whether an address can stand in an envelope: ASCII, one line, one @."""
    return (
        address.isascii()
        and address.isprintable()
        and " " not in address
        and not set("<>") & set(address)
        and len(address) <= _NAME_LENGTH
        and bool(_ADDRESS.fullmatch(address))
    )


def _require_ready(code: int, answer: bytes) -> None:
    if not 200 <= code <= 299:
        raise Disturbed(_told(code, answer), connection_broken=True)


def _quoted(content: bytes) -> bytes:
    """Double the dots at line starts, and end the last line; the final dot itself comes later."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines)


def _told(code: int, answer: bytes) -> str:
    """Return what the server said, without the addresses in it: it is shown and logged."""
    words = " ".join(answer.decode("utf-8", "replace").split())
    return f"{code} {_ADDRESS.sub('…', words)}"[:_REASON_LENGTH]


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        return _told(error.smtp_code, answer if isinstance(answer, bytes) else answer.encode())
    if isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError):
        return f"no encrypted connection: {error.reason or 'handshake failed'}"
    for kind, words in _REASONS.items():
        if isinstance(error, kind):
            return words
    return f"the connection broke: {type(error).__name__}"
