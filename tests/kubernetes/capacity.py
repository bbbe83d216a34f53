"""How much room 1, 10 and 98 municipalities take, and how much of it they use at their worst hour.

    python -m tests.kubernetes.capacity

prints the table of docs/operations/scaling.md. What an installation asks for is added up from the
manifests; what its work costs comes from the figures and assumptions below, which that page tells.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from tests.kubernetes import rendering
from tests.kubernetes.policies import quantity
from tests.kubernetes.rendering import (
    FOLDER,
    Manifest,
    of_kind,
    pod,
    smallest_count,
)

MUNICIPALITIES = (1, 10, 98)
GIB = 2**30

# Measured here: seconds of one core, all processes together.
PAGE = 0.012
WRITE = 0.025
EFFECTS_OF_A_WRITE = 0.080
MAIL = 0.026

# Assumed of one municipality.
ASSOCIATIONS = 1_000
APPLICATIONS_IN_THE_LAST_HOUR = 80
PAGES_OF_AN_APPLICATION = 30
WRITES_OF_AN_APPLICATION = 10
OTHER_VISITS_IN_THAT_HOUR = 300
PAGES_OF_A_VISIT = 6


@dataclass(frozen=True)
class Room:
    """What the manifests ask for when there is least to do: cores, bytes of memory, of disk."""

    pods: int
    cores: float
    memory: float
    disk: float


def room(manifests: list[Manifest]) -> Room:
    """Add up what an installation asks for."""
    asked = [
        (smallest_count(manifests, each), pod(each)["containers"][0]["resources"], 0.0)
        for each in of_kind(manifests, "Deployment")
    ]
    for cluster in (each["spec"] for each in of_kind(manifests, "Cluster")):
        sizes = [cluster[key]["size"] for key in ("storage", "walStorage") if key in cluster]
        asked.append((cluster["instances"], cluster["resources"], sum(map(quantity, sizes))))
    for broker in (each["spec"] for each in of_kind(manifests, "RabbitmqCluster")):
        disk = quantity(broker["persistence"]["storage"])
        asked.append((broker["replicas"], broker["resources"], disk))
    return Room(
        pods=sum(count for count, _, _ in asked),
        cores=sum(count * quantity(what["requests"]["cpu"]) for count, what, _ in asked),
        memory=sum(count * quantity(what["requests"]["memory"]) for count, what, _ in asked),
        disk=sum(count * disk for count, _, disk in asked),
    )


def worst_hour() -> tuple[float, float, float]:
    """Return a municipality's pages and writes a second in its worst hour, and the cores busy."""
    pages = (
        APPLICATIONS_IN_THE_LAST_HOUR * PAGES_OF_AN_APPLICATION
        + OTHER_VISITS_IN_THAT_HOUR * PAGES_OF_A_VISIT
    ) / 3600
    writes = APPLICATIONS_IN_THE_LAST_HOUR * WRITES_OF_AN_APPLICATION / 3600
    return pages, writes, pages * PAGE + writes * (WRITE + EFFECTS_OF_A_WRITE)


def table(small: list[Manifest], national: list[Manifest]) -> str:
    """Return the table, in Markdown."""
    pages, writes, busy = worst_hour()
    each, large = room(small), room(national)
    columns = {f"{count} × small": (each, count) for count in MUNICIPALITIES} | {
        "1 × national": (large, 1)
    }
    lines = {
        "pods": [f"{found.pods * count:,}" for found, count in columns.values()],
        "cores asked for": [f"{found.cores * count:,.1f}" for found, count in columns.values()],
        "memory asked for, GiB": [
            f"{found.memory * count / GIB:,.1f}" for found, count in columns.values()
        ],
        "disk, GiB": [f"{found.disk * count / GIB:,.0f}" for found, count in columns.values()],
        "pages a second, worst hour": [f"{pages * count:,.1f}" for _, count in columns.values()],
        "writes a second, worst hour": [f"{writes * count:,.1f}" for _, count in columns.values()],
        "cores busy then": [f"{busy * count:,.2f}" for _, count in columns.values()],
        "minutes of one core to mail every association": [
            f"{MAIL * ASSOCIATIONS * count / 60:,.1f}" for _, count in columns.values()
        ],
    }
    head = ["| |", *(f" {name} |" for name in columns)]
    rows = [
        f"| {name} |" + "".join(f" {cell} |" for cell in cells) for name, cells in lines.items()
    ]
    return "\n".join(["".join(head), "|---|" + "--:|" * len(columns), *rows])


if __name__ == "__main__":
    command = rendering.renderer() or sys.exit(rendering.MISSING)
    print(table(*(rendering.render(command, FOLDER / "overlays" / n) for n in rendering.OVERLAYS)))
