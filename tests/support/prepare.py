"""Makes sure of what the tests need besides Python: RabbitMQ, Chromium, Java, Prometheus, ClamAV.

As root on a machine with apt the missing ones are installed; anywhere else the run ends with one
line that says what is missing and how to get it. Run by ``make test``, before pytest.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.clamd import Clamd
from tests.support.servers import Missing, find_chromium, find_rabbitmq
from tests.support.watching import WATCHERS

# invoke-rc.d asks this file before it starts a service; Debian has none unless somebody wrote one.
POLICY = Path("/usr/sbin/policy-rc.d")


def main() -> int:
    """Install what is missing; return the exit code."""
    missing = missing_packages()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(missing)}", flush=True)
        install(missing)
        missing = missing_packages()
    if missing:
        names = " ".join(missing)
        print(
            f"the tests need {names}: run `apt-get install {names}` as root"
            " (or set AMQP_URL to a broker and CHROMIUM to a browser)",
            file=sys.stderr,
        )
        return 1
    return 0


def missing_packages() -> list[str]:
    """Return the Debian packages for what is not on this machine."""
    missing = []
    if not os.environ.get("AMQP_URL") and not is_found(find_rabbitmq):
        missing.append("rabbitmq-server")
    if not is_found(find_chromium):
        missing.append("chromium-headless-shell")
    # Most of these watch a running system; promtool, which judges the alerts, comes with the first.
    missing += [each.PACKAGE for each in (*WATCHERS, Clamd) if not is_found(each.find)]
    # The Nu HTML checker is a Java program.
    if not shutil.which("java"):
        missing.append("default-jre-headless")
    return missing


def is_found(find) -> bool:
    """Whether a finder finds."""
    try:
        find()
    except Missing:
        return False
    return True


def install(packages: list[str]) -> None:
    """Install Debian packages without starting their services."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_service_starts():
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-qq", "--no-install-recommends", *packages],
        ):
            done = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                print(done.stdout, file=sys.stderr)


@contextlib.contextmanager
def no_service_starts() -> Iterator[None]:
    """Keep packages from starting their services meanwhile: the tests start their own broker."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


if __name__ == "__main__":
    sys.exit(main())
