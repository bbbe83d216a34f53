"""A whole instance for the journeys.

Every component in a process of its own making, on its own data.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from embedded.actors import Town
from embedded.story import read_associations
from tests.support.eventually import eventually

STARTS_AT = "2024-02-01T09:00:00+01:00"
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Embedded:
    """``make run`` as a subprocess, which can be killed and started again on the same data."""

    folder: Path
    profile: str = "vesthimmerland"
    demo_clock: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    kill_count: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _said_before: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, wait: bool = True) -> "Embedded":
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        arguments = [
            "--profile",
            self.profile,
            "--port",
            str(self.port),
            "--folder",
            str(self.folder),
        ]
        if self.demo_clock:
            arguments += ["--demo-clock", self.demo_clock, "--empty"]
        with (self.folder.parent / f"{self.folder.name}.out").open("ab") as output:
            self._said_before = output.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "embedded", "run", *arguments],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.environment, "COLUMNS": "200"},
                start_new_session=True,
            )
        if wait:
            self.await_answer()
        return self

    def kill(self) -> None:
        """Kill -9, as a power cut for the process; its PostgreSQL may live on and is taken over."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self.kill_count += 1
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def output(self) -> str:
        return (self.folder.parent / f"{self.folder.name}.out").read_text(errors="replace")

    def read_profile(self) -> dict[str, Any]:
        """The municipality it runs."""
        return tomllib.loads((ROOT / "profiles" / f"{self.profile}.toml").read_text("utf-8"))

    def register(self, number: int) -> str:
        """Register a made-up association, over and over until there is an answer; its status."""
        applicant = read_associations(self.read_profile())[number]
        path = f"/api/v1/associations/{applicant.id}"
        return str(Town(self.url, patience=30).call("PUT", path, applicant.registration)["status"])

    def kill_database(self) -> None:
        """Kill -9 its PostgreSQL."""
        lock = self.folder / "postgres" / "postmaster.pid"
        os.kill(int(lock.read_text().split()[0]), signal.SIGKILL)

    def await_output(self, text: str, *, within: float = 120) -> None:
        """Wait until it has said something since it was started the last time."""

        def is_said() -> None:
            assert self._process is not None
            assert self._process.poll() is None, self.output()[-3000:]
            assert text in self.output()[self._said_before :]

        eventually(is_said, within=within)

    def await_answer(self) -> None:
        """Wait until its API answers."""
        http = urllib3.PoolManager(timeout=2, retries=False)
        end = time.monotonic() + 90
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(self.output()[-3000:])
            try:
                if http.request("GET", f"{self.url}/api/v1/vocabulary").status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            # Nothing announces that a port has opened, so this is a poll.
            time.sleep(0.1)
        raise AssertionError("not up within 90 s\n" + self.output()[-3000:])


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    """Give an instance that is not started yet."""
    instance = Embedded(tmp_path / "instance")
    yield instance
    instance.stop()
