"""Finds the container engine for the tests of deploy/, and what its images stand on.

Run by ``make test`` before those tests: ends with 1 and one line where no engine can run, and with
2 where there is no time: a job that is cut off at TESTS_END_BY (seconds since 1970) in their midst
would tell nothing. With little time conftest.py leaves out of the long ones what does not fit.
Beside the project may lie stand-ins for the public images (``../shared/standin-images``, or the
folder that STANDIN_IMAGES names), made for machines that reach no registry; they are then built
first, under the names that our files use.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEBIANS_DOCKER = Path("/usr/bin/docker")
# Somebody else may be installing packages, or a mirror may hiccup.
ATTEMPTS = 5
PAUSE_SECONDS = 15
# So long take all but those marked as long, which say it themselves, on two cores that are none of
# the quickest.
SHORT_MINUTES = 20


def main() -> int:
    """Prepare; return the exit code."""
    left = minutes_left()
    has_time = left >= SHORT_MINUTES
    reason = prepare() if has_time else f"only {left:.0f} min are left"
    if reason:
        print(f"left out: the tests of the containers (tests/deploy), because {reason}", flush=True)
    return bool(reason) if has_time else 2


def minutes_left() -> float:
    """Return for how many minutes tests may go on; on anybody's own machine there is no end."""
    return (float(os.environ.get("TESTS_END_BY", "inf")) - time.time()) / 60


def prepare() -> str:
    """Bring the engine and the images up; return what is missing, or nothing."""
    standins = folder_of_standins()
    script = standins / "build.sh"
    if script.exists() and os.geteuid() == 0 and (said := build_standins(script)):
        return f"the stand-in images could not be built: {said}"
    if not shutil.which("docker", path=environment()["PATH"]):
        return "there is no docker on PATH"
    done = run("docker", "info")
    return f"docker info says: {last_line(done)}" if done.returncode else ""


def build_standins(script: Path) -> str:
    """Install the engine, start it and build what is missing; return why that failed, if it did.

    The script does nothing twice, so it is simply called again. It builds by the engine's own
    means: newer plugins that the user may have refuse what it asks of them.
    """
    files = [ROOT / "deploy" / name for name in ("Dockerfile", "compose.yaml")]
    for attempt in range(1, ATTEMPTS + 1):
        done = run("bash", str(script), "--for", *map(str, files), DOCKER_CONFIG="/nonexistent")
        if not done.returncode:
            return ""
        if attempt < ATTEMPTS:
            print(f"once more in {PAUSE_SECONDS} s: {last_line(done)}", flush=True)
            time.sleep(PAUSE_SECONDS)
    return last_line(done)


def folder_of_standins() -> Path:
    """Return where the stand-ins would be."""
    given = os.environ.get("STANDIN_IMAGES")
    return Path(given) if given else ROOT.parent / "shared" / "standin-images"


def environment() -> dict[str, str]:
    """Return the environment in which docker is called: with one that can build."""
    found = dict(os.environ)
    found["DOCKER_BUILDKIT"] = found["COMPOSE_DOCKER_CLI_BUILD"] = "1"
    if DEBIANS_DOCKER.exists() and not has_buildx(found):
        found["PATH"] = f"{DEBIANS_DOCKER.parent}{os.pathsep}{found['PATH']}"
    return found


def other_environment() -> dict[str, str] | None:
    """Return the environment in which the other Compose is called, where there are two; else None.

    Compose 2 is a plugin of docker, and is taken where it is; the other is a program of its own.
    """
    usual = environment()
    if has_plugin(usual):
        other = {**usual, "DOCKER_CONFIG": "/nonexistent", "PATH": f"{DEBIANS_DOCKER.parent}"}
        is_there = shutil.which("docker-compose", path=other["PATH"]) and not has_plugin(other)
        return other if is_there else None
    newer = Path.home() / ".cache" / "tools"
    script = folder_of_standins() / "tools.sh"
    if not (newer / "env").exists() and script.exists():
        run("bash", str(script), str(newer))
    other = {
        **usual,
        "PATH": f"{newer / 'usr/bin'}{os.pathsep}{usual['PATH']}",
        "DOCKER_CONFIG": str(newer / "config"),
    }
    return other if has_plugin(other) else None


def has_plugin(found: dict[str, str]) -> bool:
    """Whether the docker that is called in this environment brings Compose 2."""
    program = shutil.which("docker", path=found["PATH"])
    if program is None:
        return False
    command = [program, "compose", "version"]
    return subprocess.run(command, env=found, capture_output=True, check=False).returncode == 0


def has_buildx(found: dict[str, str]) -> bool:
    """Whether the first docker on PATH has what newer ones need to build; older ones need none."""
    program = shutil.which("docker", path=found["PATH"])
    if program is None:
        return False
    done = subprocess.run([program, "buildx", "version"], capture_output=True, check=False)
    return done.returncode == 0


def run(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command where docker is found, with settings more; what it says is kept."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment() | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last thing a command said."""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"it ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
