"""What the private servers of the tests share: a folder, a process group, and a watchdog.

A server runs in a session of its own, so that a test can kill, pause and resume it as a whole. That
also means nobody would stop it if pytest itself were killed; the watchdog does. It waits on a pipe
that only this process holds open: when this process ends, however it ends, the kernel closes the
pipe and the watchdog clears up.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path


class Watchdog:
    """Runs a shell script when this process is gone; ``dismiss`` it after an orderly end."""

    def __init__(self, script: str) -> None:
        """Start watching."""
        reading, self._held = os.pipe()
        try:
            self._shell = subprocess.Popen(
                # A dismissal is a line on the pipe; the end of this process is the end of the file.
                ["/bin/sh", "-c", f"read -r dismissed && exit 0\n{script}"],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Whoever kills pytest's whole process group must not take the watchdog with it.
                start_new_session=True,
            )
        finally:
            os.close(reading)

    def dismiss(self) -> None:
        """Stop watching; the script does not run."""
        if self._held < 0:
            return
        with contextlib.suppress(BrokenPipeError):
            os.write(self._held, b"\n")
        os.close(self._held)
        self._held = -1
        self._shell.wait(timeout=10)


class ServerProcess:
    """A program in its own folder and process group, under an account that is not root."""

    def __init__(self, name: str, *, account: str) -> None:
        """Make the folder; the account matters only when the tests run as root."""
        self.account = unprivileged(account)
        self.folder = Path(tempfile.mkdtemp(prefix=f"samspil-{name}-"))
        if self.account:
            shutil.chown(self.folder, self.account)
        self.log = self.folder / "server.log"
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self._watchdog: Watchdog | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def launch(self, *command: str, clear_up: str = "") -> None:
        """Start the program.

        Should this process die, the program is killed, ``clear_up`` runs and the folder goes.
        """
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                user=self.account,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if self._watchdog:
            self._watchdog.dismiss()
        folder = shlex.quote(str(self.folder))
        self._watchdog = Watchdog(
            f"kill -KILL -{self.process.pid}\n{clear_up}\nsleep 0.2\nrm -rf {folder}"
        )

    def write(self, name: str, text: str, *, mode: int = 0o644) -> Path:
        """Write a file, into a folder of its own where its name says so; the server can read it."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, mode=0o755)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        for each in {path, path.parent} - {self.folder}:
            if self.account:
                shutil.chown(each, self.account)
        return path

    def run(self, *command: str, check: bool = True, timeout: float = 60) -> str:
        """Run one of the server's own tools to its end and return what it said."""
        done = subprocess.run(
            command,
            env=self.environment,
            user=self.account,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
        return done.stdout

    def signal(self, number: int) -> None:
        """Send a signal to every process of the server."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End every process at once, as a power cut would."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait(timeout=20)

    def pause(self) -> None:
        """Freeze the server: connections stay open and nothing answers."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        self.signal(signal.SIGCONT)

    def terminate(self, *, within: float = 20) -> None:
        """Ask the server to end; kill it when it does not."""
        if not self.is_running:
            return
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.kill()

    def forget(self) -> None:
        """Remove the folder and the watchdog, after the end."""
        if self._watchdog:
            self._watchdog.dismiss()
        shutil.rmtree(self.folder, ignore_errors=True)


def unprivileged(account: str) -> str | None:
    """Return the account to run a server as: None (ourselves) unless we are root."""
    if os.geteuid() != 0:
        return None
    for candidate in (account, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(candidate).pw_name
    raise RuntimeError("no account to lend to a server")


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that are free now.

    They lie below the range from which the kernel takes the ports of outgoing connections: a server
    that is killed and started again must find its port free, not lent to some client meanwhile.
    """
    lowest_lent = 32768
    with contextlib.suppress(OSError):
        lent = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        lowest_lent = max(int(lent[0]), 12000)
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            candidate = socket.socket()
            port = 10240 + int.from_bytes(os.urandom(2), "big") % (lowest_lent - 10240)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                candidate.close()
            else:
                held.append(candidate)
        return [candidate.getsockname()[1] for candidate in held]
    finally:
        for candidate in held:
            candidate.close()
