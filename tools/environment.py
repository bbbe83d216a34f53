"""Makes .venv and installs one of the pinned sets of requirements into it.

    python3 tools/environment.py embedded       what `make run` needs
    python3 tools/environment.py development    everything

Does nothing when that very file was installed before. Standard library only, and written so that
an old Python gets as far as being told that it is too old.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)


def main() -> None:
    """Bring the environment up to the named requirements."""
    if sys.version_info < OLDEST:
        sys.exit("Samspil needs Python 3.11 or newer; this is " + sys.version.split()[0])
    name = sys.argv[1]
    requirements = ROOT / "requirements" / f"{name}.txt"
    stamp = VENV / f"installed-{name}"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not works():
        make()
    elif stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing requirements/{name}.txt into .venv (once, a minute or two)", flush=True)
    # Bytecode is made at the first import, and only for what is imported: half the time.
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    choices = ["--no-compile", "--require-hashes", "--only-binary=:all:"]
    done = subprocess.run([*pip, *choices, "--requirement", str(requirements)], check=False)
    if done.returncode:
        sys.exit("the requirements could not be installed; pip's own words are above")
    stamp.write_text(wanted)


def works() -> bool:
    """Whether .venv is there and its Python, which lies elsewhere, still is."""
    if not PYTHON.exists():
        return False
    check = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(PYTHON), "-c", check], check=False).returncode == 0


def make() -> None:
    """Make .venv anew."""
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if done.returncode:
        sys.exit("Python could not make .venv; on Debian: apt-get install python3-venv")


if __name__ == "__main__":
    main()
