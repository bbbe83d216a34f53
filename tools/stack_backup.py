"""Dumps the databases of the one-host stack: what `make backup` does.

    python -m tools.stack_backup --to backups

By pg_dump in the database's own container, so that the host needs nothing else. The folder is like
one of ``tools.ops backup``, which dumps databases that can be reached from the tree; what is noted
for Prometheus lies in deploy/metrics. Standard library only.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from tools import manifest
from tools.deployment_secrets import SERVICES
from tools.stack import DEPLOY, Missing, Stack, settings

POSITION = "SELECT coalesce(max(position), 0) FROM event_log"


def main() -> None:
    """Dump all four; end with one line, and the file half-made, where one cannot be dumped."""
    parser = argparse.ArgumentParser(description="Back up the one-host stack of Samspil")
    parser.add_argument("--to", type=Path, required=True, help="Folder of the backups")
    parser.add_argument("--metrics", type=Path, default=DEPLOY / "metrics", help="Folder of notes")
    asked = parser.parse_args()
    folder = asked.to.resolve() / manifest.folder_name(datetime.now(UTC))
    try:
        stack = Stack(settings())
        folder.mkdir(parents=True, mode=0o700)
        for number, service in enumerate(SERVICES, start=1):
            print(f"{number} of {len(SERVICES)}  {service:<10}", end=" ", flush=True)
            path = dump(stack, service, folder)
            manifest.tell(asked.metrics, folder, service)
            print(f"{path.stat().st_size:>15,} bytes")
    except Missing as error:
        sys.exit(f"\n{error}")
    print(folder)


def dump(stack: Stack, service: str, folder: Path) -> Path:
    """Dump one service's database; return the file. Raises :class:`~tools.stack.Missing`."""
    started = datetime.now(UTC)
    asked = ("psql", "--username=postgres", f"--dbname={service}", "--no-align", "--tuples-only")
    half_made = folder / f"{service}.making"
    stack.execute("postgres", *asked, f"--command={POSITION}", into=half_made)
    position = int(half_made.read_text())
    dumping = ("pg_dump", "--username=postgres", f"--dbname={service}", "--format=custom")
    stack.execute("postgres", *dumping, into=half_made)
    path = half_made.rename(folder / f"{service}.dump")
    manifest.describe(folder, service, started=started, position=position)
    return path


if __name__ == "__main__":
    main()
