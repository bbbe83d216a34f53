"""What the guards look at: the services as they are wired, and the files that are tracked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import embedded.contracts
from chassis.service import Service

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def services() -> dict[str, Service]:
    """Give every service, by name."""
    return embedded.contracts.services()


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Give every file that is, or is about to be, in the repository."""
    answer = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in answer.stdout.split("\0") if name and (ROOT / name).is_file()]
