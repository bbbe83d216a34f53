"""Finds the container engine for the tests of deploy/, and what its images stand on.

Run by ``make test`` before those tests: ends with 1 and one line where no engine can run. Beside
the project may lie stand-ins for the public images (``../shared/standin-images``, or the folder
that STANDIN_IMAGES names), made for machines that reach no registry; they are then built first,
under the names that our files use.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEBIANS_DOCKER = Path("/usr/bin/docker")


def main() -> int:
    """Prepare; return the exit code."""
    reason = prepare()
    if reason:
        print(f"left out: the tests of the containers (tests/deploy), because {reason}", flush=True)
    return 1 if reason else 0


def prepare() -> str:
    """Bring the engine and the images up; return what is missing, or nothing."""
    standins = folder_of_standins()
    script = standins / "build.sh"
    if script.exists() and os.geteuid() == 0:
        files = [ROOT / "deploy" / name for name in ("Dockerfile", "compose.yaml")]
        done = run("bash", str(script), "--for", *map(str, files))
        if done.returncode:
            return f"the stand-in images could not be built: {last_line(done)}"
    if not shutil.which("docker", path=environment()["PATH"]):
        return "there is no docker on PATH"
    done = run("docker", "info")
    return f"docker info says: {last_line(done)}" if done.returncode else ""


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


def has_buildx(found: dict[str, str]) -> bool:
    """Whether the first docker on PATH has what newer ones need to build; older ones need none."""
    program = shutil.which("docker", path=found["PATH"])
    if program is None:
        return False
    done = subprocess.run([program, "buildx", "version"], capture_output=True, check=False)
    return done.returncode == 0


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command where docker is found; what it says is kept."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
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
