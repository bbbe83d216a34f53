"""Trees of this project at different versions, laid out where an operator's checkout would be.

The next version is made from this one: with a column more, an event with a field more, and another
that takes a new shape (V2 beside V1), which the notifier then listens to.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.deploy.stack import ROOT

# Of a release there is a tag. Until there is one, this names what was deployed before.
LANDED = Path(__file__).with_name("landed.txt")
STYLES = Path("portal/static/vendor")
CHANGES = Path(__file__).with_name("next.toml")
LAST = "the last one"


class Checkout:
    """A folder that holds one version after another, at the same place."""

    def __init__(self, folder):
        self.root = folder

    def hold_this(self):
        """Hold this tree as it lies here, with what is not committed yet."""
        self._clear()
        listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        for name in filter(None, listed):
            if (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)
        shutil.copytree(ROOT / STYLES, self.root / STYLES, dirs_exist_ok=True)

    def hold_next(self):
        """Hold the version after this one."""
        self.hold_this()
        for change in next_version()["change"]:
            path = self.root / change["path"]
            text = path.read_text(encoding="utf-8")
            assert change["before"] in text, (
                f"{CHANGES.name} does not fit {change['path']} any more"
            )
            path.write_text(text.replace(change["before"], change["after"], 1), encoding="utf-8")
        for added in next_version()["file"]:
            path = self.root / added["path"]
            before = sorted(path.parent.glob("[0-9]*.py"))
            number = before[-1].name[:4] if before else ""
            path.write_text(added["text"].replace(LAST, number), encoding="utf-8")
        # The queues and bindings follow from the handlers.
        self._run(sys.executable, "-m", "embedded", "contracts")

    def hold(self, commit):
        """Hold what a commit holds."""
        self._clear()
        archive = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        subprocess.run(["tar", "-x"], cwd=self.root, input=archive.stdout, check=True)
        shutil.copytree(ROOT / STYLES, self.root / STYLES, dirs_exist_ok=True)

    def _run(self, *command):
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), "GIT_CEILING_DIRECTORIES": "/"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def _clear(self):
        """Remove what is there, but not the folders: a container may hold on to one."""
        for path in list(self.root.rglob("*")):
            if not path.is_dir() or path.is_symlink():
                path.unlink()


def next_version():
    """Return what the version after this one changes."""
    return tomllib.loads(CHANGES.read_text(encoding="utf-8"))


def previous():
    """Return what was deployed before this: the newest tag behind us, else what LANDED names.

    None where the history that is here does not reach so far.
    """
    tag = _git("describe", "--tags", "--abbrev=0", "HEAD^", check=False).strip()
    if tag:
        return tag
    commit = LANDED.read_text(encoding="utf-8").split()[0]
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    return commit if known.returncode == 0 else None


def _git(*arguments, check=True):
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout if done.returncode == 0 else ""
