"""Private servers for tests: PostgreSQL, RabbitMQ, a mail server, a browser.

Each has a folder, ports and processes of its own, is killed, paused and started again at will, and
is gone when pytest is gone, even after a kill -9. No service of the machine is touched.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from threading import Lock
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from embedded.postgres import EmbeddedPostgres
from tests.support.eventually import eventually
from tests.support.processes import ServerProcess, Watchdog, free_ports


class Missing(RuntimeError):
    """A program the tests need is not on this machine; the message says how to get it."""


class Postgres(EmbeddedPostgres):
    """The embedded PostgreSQL in a folder of its own, without the safety that costs time.

    It keeps everything through a kill of its processes; only a power cut would hurt it.
    POSTGRES_BIN names the folder of another PostgreSQL's programs, to test on its version.
    """

    def __init__(
        self, *, settings: Mapping[str, str | int] | None = None, tcp: bool = False
    ) -> None:
        """Make the folder; further ``settings`` win over those chosen for speed."""
        programs = find_postgres()
        self.folder = Path(tempfile.mkdtemp(prefix="samspil-postgres-data-"))
        # Commits stay synchronous: without fsync they cost nothing, and a killed server keeps them.
        fast = {"fsync": "off", "full_page_writes": "off"}
        super().__init__(
            self.folder / "data",
            settings={**fast, **(settings or {})},
            tcp=tcp,
            programs=programs,
        )
        self._watchdog: Watchdog | None = None

    def start(self) -> Self:
        """Start the server, and the watchdog with it."""
        super().start()
        if self._watchdog is None:
            lock = shlex.quote(str(self.data_dir / "postmaster.pid"))
            folders = shlex.join([str(self.folder), str(self.socket_dir)])
            # SIGQUIT rather than SIGKILL: the postmaster then frees its shared memory.
            self._watchdog = Watchdog(
                f"pid=$(head -n 1 {lock})\nkill -QUIT $pid\nkill -CONT $pid\nsleep 0.5\n"
                f"rm -rf {folders}"
            )
        return self

    def kill(self) -> None:
        """Kill the postmaster at once; its sessions follow it."""
        self._signal(signal.SIGKILL)
        while self.pid is not None:
            time.sleep(0.01)

    def pause(self) -> None:
        """Freeze the postmaster and its sessions: nothing answers."""
        self._signal(signal.SIGSTOP, sessions=True)

    def resume(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT, sessions=True)

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.resume()
        self.stop()
        if self._watchdog:
            self._watchdog.dismiss()
        for folder in (self.folder, self.socket_dir):
            shutil.rmtree(folder, ignore_errors=True)

    def _signal(self, number: int, *, sessions: bool = False) -> None:
        pid = self.pid
        if pid is None:
            return
        pids = [pid]
        if sessions:
            found = subprocess.run(
                ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
            )
            pids += [int(line) for line in found.stdout.split()]
        for each in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, number)


class RabbitMQ(ServerProcess):
    """One broker node with its own data, ports and name service.

    Nodes made with the same ``cookie`` and ``epmd`` can form a cluster. A quorum queue can lose its
    messages when its only node is killed within some seconds after the queue was first declared:
    declare the topology early and wait ``SETTLED_SECONDS`` before the first kill.
    """

    SETTLED_SECONDS = 6

    def __init__(
        self,
        *,
        cookie: str | None = None,
        epmd: int | None = None,
        configuration: str = "",
        plugins: Iterable[str] = (),
        schedulers: int = 1,
    ) -> None:
        """Write the node's folder; ``configuration`` is added to its rabbitmq.conf.

        One scheduler starts fastest; a measurement gives the node as many as it has cores.
        """
        self._bin = find_rabbitmq()
        super().__init__("rabbitmq", account="rabbitmq")
        self.port, self._distribution_port, own_epmd = free_ports(3)
        self.epmd = epmd or own_epmd
        # Run by us: left to itself a node starts one that outlives it.
        self._epmd = None if epmd else ServerProcess("epmd", account="rabbitmq")
        self.cookie = cookie or secrets.token_hex(16)
        self.node = f"samspil{secrets.token_hex(4)}@localhost"
        self.environment = self._environment(schedulers)
        if self._epmd:
            self._epmd.environment = self.environment
        self.write(".erlang.cookie", self.cookie, mode=0o400)
        self.write("plugins", f"[{','.join(plugins)}].")
        self.write(
            "rabbitmq.conf",
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "log.console = false\n"
            "vm_memory_high_watermark.absolute = 256MB\n"
            "disk_free_limit.absolute = 50MB\n" + configuration,
        )

    @property
    def url(self) -> str:
        """The address for pika and kombu."""
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """Return the address at another port, that of a proxy in between."""
        return f"amqp://guest:guest@127.0.0.1:{port}/%2F"

    def start(self, *, within: float = 60) -> Self:
        """Start the node and wait until it answers in AMQP."""
        if self._epmd and not self._epmd.is_running:
            self._epmd.launch("epmd", "-port", str(self.epmd), "-address", "127.0.0.1")
            eventually(lambda: socket.create_connection(("127.0.0.1", self.epmd), 1).close())
        self.launch(str(self._bin / "rabbitmq-server"))
        self.wait_until_ready(within=within)
        return self

    def wait_until_ready(self, *, within: float = 60) -> None:
        """Wait for the first byte of an AMQP greeting."""
        end = time.monotonic() + within
        while time.monotonic() < end and self.is_running:
            with contextlib.suppress(OSError):
                if self._greets():
                    return
            time.sleep(0.05)
        raise RuntimeError(f"RabbitMQ did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """Shut the node down in good order."""
        self.terminate(within=30)

    def restart(self) -> None:
        """Shut the node down in good order and start it again, same port and data."""
        self.stop()
        self.start()

    def ctl(self, *arguments: str, check: bool = True) -> str:
        """Run rabbitmqctl on the node; each call takes about a second."""
        tool = str(self._bin / "rabbitmqctl")
        return self.run(tool, "-q", "-n", self.node, *arguments, check=check)

    def raise_alarm(self) -> None:
        """Let the node think that its memory is short: it blocks every publisher."""
        self.ctl("set_vm_memory_high_watermark", "absolute", "1")

    def raise_disk_alarm(self) -> None:
        """Let the node think that its disk is full: it blocks every publisher."""
        self.ctl("set_disk_free_limit", "900000GB")

    def clear_disk_alarm(self) -> None:
        """End that alarm."""
        self.ctl("set_disk_free_limit", "50MB")

    def clear_alarm(self) -> None:
        """End the alarm: publishers go on."""
        self.ctl("set_vm_memory_high_watermark", "absolute", "256MB")

    def add_vhost(self, name: str) -> str:
        """Make an empty virtual host, where one test disturbs no other; return its address."""
        self.ctl("add_vhost", name)
        self.ctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{name}"

    def drop_vhost(self, name: str) -> None:
        """Remove a virtual host with all it holds."""
        self.ctl("delete_vhost", name)

    def close(self) -> None:
        """End the node and its name service, and remove the folder."""
        self.resume()
        # Nothing in the folder is worth an orderly end.
        self.kill()
        self.forget()
        if self._epmd:
            self._epmd.kill()
            self._epmd.forget()

    def _greets(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.settimeout(2)
            # A protocol version the broker does not speak: it answers with its own and hangs up,
            # and writes no warning of a client gone astray into its log.
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(connection.recv(1))

    def _environment(self, schedulers: int) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "PATH": f"{self._bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": folder,
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.epmd),
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_FEATURE_FLAGS_FILE": f"{folder}/flags",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/generated",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            # A small machine: few schedulers, which do not wait busily. The one that reads files
            # may: loading some 2,000 modules hands over to it and back each time, and a start
            # takes 6 s instead of 10. A short kernel tick: a paused node is missed within seconds.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"+S {schedulers}:{schedulers} +SDcpu 1:1 +SDio 1"
                " +sbwt none +sbwtdcpu none +sbwtdio medium -kernel net_ticktime 4"
            ),
        }


class GivenRabbitMQ:
    """The broker that AMQP_URL names: tests that only talk to it run; it is nobody's to kill."""

    def __init__(self, url: str) -> None:
        """Keep the address."""
        self.url = url

    def close(self) -> None:
        """Leave it running."""


@dataclass(frozen=True)
class Mail:
    """One mail as the server took it: the envelope and the message inside."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed as strictly as a mail program would."""
        return BytesParser(policy=policy.SMTP).parsebytes(self.content)


@dataclass
class _Script:
    """Takes mail, or answers as scripted; the scripted answers of a phase are used up in order."""

    mails: list[Mail] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def next_reply(self, phase: str) -> str | None:
        with self.lock:
            waiting = self.replies.get(phase)
            return waiting.pop(0) if waiting else None

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.next_reply("MAIL"):
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.next_reply("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        reply = self.next_reply("DATA")
        taken = reply in (None, Smtp.HANG_UP_AFTER_TAKING)
        if taken:
            mail = Mail(envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.content))
            with self.lock:
                self.mails.append(mail)
        if reply in (Smtp.HANG_UP, Smtp.HANG_UP_AFTER_TAKING):
            server.transport.abort()
        return reply or "250 OK"


class Smtp:
    """A mail server that keeps what it is sent and fails as told.

    ``smtp.reply("RCPT", "550 5.1.1 no such user", times=2)`` answers the next two recipients so;
    phases are MAIL, RCPT and DATA. ``HANG_UP`` as the reply to DATA breaks the connection, and
    ``HANG_UP_AFTER_TAKING`` takes the mail first: the sender cannot know which of the two it was.
    """

    HANG_UP = "hang up"
    HANG_UP_AFTER_TAKING = "hang up after taking"

    def __init__(self) -> None:
        """Choose a port; ``start`` listens on it."""
        self._script = _Script()
        self._controller: Controller | None = None
        self.host = "127.0.0.1"
        (self.port,) = free_ports(1)

    @property
    def url(self) -> str:
        """The address, as settings write it."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def mails(self) -> list[Mail]:
        """What was taken so far, oldest first."""
        with self._script.lock:
            return list(self._script.mails)

    def to(self, address: str) -> list[Mail]:
        """Return the mails that went to one address."""
        return [mail for mail in self.mails if address in mail.recipients]

    def reply(self, phase: str, reply: str, *, times: int = 1) -> None:
        """Answer the next ``times`` commands of a phase with ``reply``."""
        with self._script.lock:
            self._script.replies.setdefault(phase, []).extend([reply] * times)

    def forget(self) -> None:
        """Drop the mails and the scripted replies."""
        with self._script.lock:
            self._script.mails.clear()
            self._script.replies.clear()

    def start(self) -> Self:
        """Listen; after ``stop`` again on the same port."""
        self._controller = Controller(
            self._script,
            hostname=self.host,
            port=self.port,
            decode_data=False,
            enable_SMTPUTF8=True,
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        """Refuse connections, like a mail server that is down; the mails are kept."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def close(self) -> None:
        """Stop for good."""
        self.stop()


@dataclass(frozen=True)
class Chromium:
    """An installed browser, and how to start it on a closed, shared machine."""

    path: Path

    # Without these it calls home, and each refused call is a line in some log.
    ARGUMENTS = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )

    @property
    def launch_options(self) -> dict[str, object]:
        """What Playwright's ``chromium.launch`` is given."""
        return {"executable_path": str(self.path), "args": list(self.ARGUMENTS)}


def find_rabbitmq() -> Path:
    """Return the folder with rabbitmq-server and rabbitmqctl."""
    # Debian's own folder first: its programs on PATH are wrappers that insist on their account.
    for folder in (Path("/usr/lib/rabbitmq/bin"), _folder_on_path("rabbitmq-server")):
        if folder and (folder / "rabbitmq-server").exists():
            return folder
    raise Missing("RabbitMQ is missing: apt-get install rabbitmq-server, or set AMQP_URL")


def find_postgres() -> Path | None:
    """Return the folder POSTGRES_BIN names; None stands for the wheel's."""
    folder = os.environ.get("POSTGRES_BIN")
    if folder and not Path(folder, "initdb").exists():
        raise Missing(f"POSTGRES_BIN={folder} has no initdb: name PostgreSQL's folder of programs")
    return Path(folder) if folder else None


def find_chromium() -> Chromium:
    """Return the browser that CHROMIUM names, or the first one on PATH.

    The headless shell is Chromium without the windows around the page, and takes half the time.
    """
    known = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    names = (os.environ.get("CHROMIUM"), *known)
    for name in names:
        if name and (path := shutil.which(name)):
            return Chromium(Path(path))
    raise Missing(
        "Chromium is missing: apt-get install chromium-headless-shell, or set CHROMIUM to its path"
    )


def find_promtool() -> str:
    """Return the program that judges Prometheus' rules."""
    if found := shutil.which("promtool"):
        return found
    raise Missing("promtool is missing: apt-get install prometheus")


def start_rabbitmq() -> RabbitMQ | GivenRabbitMQ:
    """Return the broker that AMQP_URL names, or a private one, started."""
    if url := os.environ.get("AMQP_URL"):
        return GivenRabbitMQ(url)
    broker = RabbitMQ()
    try:
        return broker.start()
    except BaseException:
        broker.close()
        raise


def _folder_on_path(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found).parent if found else None
