"""What is kept beside dumps of services' databases: a line about each, and a note for Prometheus.

The note is a text file in a folder that node-exporter's textfile collector (or anything like it)
reads; from it comes the alert that the newest backup is old. Standard library only: it also serves
hosts that have nothing but containers.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "manifest.json"
TIMESTAMP: Final = "samspil_backup_timestamp_seconds"
SIZE: Final = "samspil_backup_size_bytes"


def folder_name(now: datetime) -> str:
    """Return the name of a backup's folder: names sort as their times do."""
    return now.strftime("%Y-%m-%dT%H%M%SZ")


def describe(folder: Path, service: str, *, started: datetime, position: int) -> None:
    """Note in a folder's manifest when the dump of a service was begun, and how far its log went.

    ``started`` is the moment whose state it holds, in UTC.
    """
    path = folder / MANIFEST
    dumped = folder / f"{service}.dump"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[service] = {
        "started_at": started.isoformat(timespec="seconds"),
        "event_log_position": position,
        "bytes": dumped.stat().st_size,
        "sha256": digest(dumped),
    }
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")


def described(folder: Path, service: str) -> dict[str, Any] | None:
    """Return what the manifest of a folder says of a service's dump; None where it says nothing."""
    path = folder / MANIFEST
    found: dict[str, Any] | None = (
        json.loads(path.read_text()).get(service) if path.exists() else None
    )
    return found


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tell(place: Path, folder: Path, service: str) -> None:
    """Tell Prometheus of a finished dump, by a text file in ``place`` that everybody may read.

    The file is whole at every moment.
    """
    facts = described(folder, service)
    if facts is None:
        raise LookupError(f"{folder / MANIFEST} says nothing of {service}")
    started = datetime.fromisoformat(facts["started_at"]).timestamp()
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"samspil-backup-{service}.prom"
    half_made = path.with_suffix(".making")
    half_made.write_text(
        f"# HELP {TIMESTAMP} Of which moment the newest dump of a service is\n"
        f"# TYPE {TIMESTAMP} gauge\n"
        f'{TIMESTAMP}{{service="{service}"}} {started:.0f}\n'
        f"# HELP {SIZE} How large the newest dump of a service is\n"
        f"# TYPE {SIZE} gauge\n"
        f'{SIZE}{{service="{service}"}} {facts["bytes"]}\n'
    )
    half_made.chmod(0o644)
    half_made.replace(path)
