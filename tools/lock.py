"""Resolves the requirements: one pinned, hashed file per component, all in the same versions.

    python tools/lock.py              keep the versions that still fit
    python tools/lock.py --upgrade    take the newest that fit

The development file is resolved first and the others are held to it, so that what is tested is what
runs. Each file serves Python 3.11 to 3.14 and every platform. No address of a registry is written:
where packages come from is the installing machine's business.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPONENTS = ("directory", "grants", "meetings", "notifier", "gateway", "portal", "embedded")
NPM_FOLDERS = ("portal", "tests")


def main() -> None:
    """Write every file under requirements/ and both npm locks."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv else []
    resolve("development", ["dev"], upgrade)
    held = ["--constraint", "requirements/development.txt"]
    for component in COMPONENTS:
        resolve(component, [component], [*upgrade, *held])
    resolve("node", ["node"], [*upgrade, *held])
    resolve("sbom", ["sbom"], [*upgrade, *held])
    resolve("bench", ["bench"], [*upgrade, *held])
    resolve_nameko(upgrade)
    for folder in NPM_FOLDERS:
        command = ["npm", "update" if upgrade else "install", "--package-lock-only", "--silent"]
        subprocess.run(command, cwd=ROOT / folder, check=True)
        strip_addresses(ROOT / folder / "package-lock.json")
        print(f"{folder}/package-lock.json")


def resolve(name: str, extras: list[str], choices: list[str]) -> None:
    """Write one file from pyproject.toml's dependencies and the named extras."""
    python = ["--universal", "--python-version=3.11", "--fork-strategy=fewest"]
    wanted = [f"--extra={extra}" for extra in extras]
    compile_("pyproject.toml", [*python, *wanted, *choices], target=f"requirements/{name}.txt")


def resolve_nameko(choices: list[str]) -> None:
    """Write the file of the peer that is measured on a Python older than ours."""
    # Its eventlet still asks setuptools for pkg_resources.
    wanted = "nameko==2.14.1\nsetuptools<81\n"
    choices = ["--python-version=3.10", *choices]
    compile_("-", choices, target="tests/bench/nameko.txt", stdin=wanted)


def compile_(source: str, choices: list[str], *, target: str, stdin: str = "") -> None:
    """Pin what a source asks for, with hashes."""
    command = [
        str(ROOT / ".venv/bin/uv"),
        *("pip", "compile", source, "--quiet", "--no-header", "--generate-hashes"),
        *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate"),
        *choices,
        f"--output-file={target}",
    ]
    subprocess.run(command, cwd=ROOT, check=True, input=stdin, text=True)
    print(target)


def strip_addresses(path: Path) -> None:
    """Take the addresses of sponsors out of an npm lock; those of downloads .npmrc keeps out."""
    lock = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
