"""What is installed is pinned, hashed, the same everywhere, and named in pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The file's name is the extra's, but for this one.
EXTRAS = {"development": "dev"}


def name_of(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement).group().lower()


def pinned(path: Path) -> dict[str, set[str]]:
    """Return each package's versions; more than one where a newer Python needs another."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([\w.-]+)(?:\[\w+\])?==(\S+)", path.read_text(), re.MULTILINE
    ):
        versions.setdefault(name, set()).add(version)
    return versions


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_package_is_pinned_with_its_hashes(path):
    entries = re.split(r"\n(?=\S)", path.read_text().strip())

    assert entries
    assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_address_is_written_down(path):
    assert not re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links", path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_the_project_asks_for_is_in_the_lock(path):
    asked = (
        PROJECT["dependencies"] + PROJECT["optional-dependencies"][EXTRAS.get(path.stem, path.stem)]
    )

    missing = {name_of(requirement) for requirement in asked} - set(pinned(path)) - {"samspil"}

    assert not missing, "run `make lock`"


def test_what_is_tested_is_what_runs():
    tested = pinned(ROOT / "requirements" / "development.txt")
    for path in FILES:
        for name, versions in pinned(path).items():
            assert versions <= tested.get(name, versions), f"{path.name}: {name}"
