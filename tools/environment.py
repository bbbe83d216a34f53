"""Makes .venv and installs one of the pinned sets of requirements into it.

    python3 tools/environment.py embedded       what `make run` needs
    python3 tools/environment.py development    everything
    python3.10 tools/environment.py nameko build/nameko    what is measured beside us, elsewhere

Does nothing when that very file was installed before. Standard library only, and written so that
an old Python gets as far as being told that it is too old.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
# Nothing of ours: a peer that stopped at Python 3.10.
ELSEWHERE = "nameko"


def main() -> None:
    """Bring the environment up to the named requirements."""
    name = sys.argv[1]
    folder = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else ROOT / ".venv"
    oldest = (3, 8) if name == ELSEWHERE else OLDEST
    if sys.version_info < oldest:
        sys.exit("Samspil needs Python 3.11 or newer; this is " + sys.version.split()[0])
    place = "tests/bench" if name == ELSEWHERE else "requirements"
    requirements = ROOT / place / f"{name}.txt"
    stamp = folder / f"installed-{name}"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    python = folder / "bin" / "python"
    if not works(python, oldest):
        make(folder)
    elif stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing {place}/{name}.txt into {folder.name} (once, a minute or two)", flush=True)
    # Bytecode is made at the first import, and only for what is imported: half the time.
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    choices = ["--no-compile", "--require-hashes", "--only-binary=:all:"]
    done = subprocess.run([*pip, *choices, "--requirement", str(requirements)], check=False)
    if done.returncode:
        sys.exit("the requirements could not be installed; pip's own words are above")
    stamp.write_text(wanted)


def works(python: Path, oldest: tuple[int, int]) -> bool:
    """Whether the environment is there and its Python, which lies elsewhere, still is."""
    if not python.exists():
        return False
    check = f"import pip, sys; sys.exit(sys.version_info < {oldest})"
    return subprocess.run([str(python), "-c", check], check=False).returncode == 0


def make(folder: Path) -> None:
    """Make the environment anew."""
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
    if done.returncode:
        sys.exit("Python could not make an environment; on Debian: apt-get install python3-venv")


if __name__ == "__main__":
    main()
