"""A map drawn on the server: where the places of the municipality are, and what is offered there.

It needs no tiles from anybody, and says nothing that the list beside it does not say.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 400
MARGIN: Final = 46
SMALLEST: Final = 14
LARGEST: Final = 30


@dataclass(frozen=True)
class Spot:
    """An area on the map, where its first place is; ``count`` is how much was found there."""

    key: str
    x: int
    y: int
    radius: int
    count: int


@dataclass(frozen=True)
class Drawing:
    """What is drawn: spots with figures, dots of single offers, and how large the paper is."""

    width: int
    height: int
    spots: list[Spot]
    dots: list[tuple[int, int]]


def drawing(
    profile: Mapping[str, Any], counts: Mapping[str, int], items: list[dict[str, Any]]
) -> Drawing | None:
    """Draw what was found: a spot for each area, a dot for what says exactly where it is.

    None where the profile names no places.
    """
    first: dict[str, Mapping[str, Any]] = {}
    for place in profile.get("places", ()):
        first.setdefault(place["area"], place)
    if not first:
        return None
    exact = [each for each in items if each.get("is_exact")]
    norths = [place["latitude"] for place in first.values()]
    down = math.cos(math.radians(sum(norths) / len(norths)))
    easts = [place["longitude"] * down for place in first.values()]
    span = max(max(easts) - min(easts), max(norths) - min(norths), 0.05)
    scale = (WIDTH - 2 * MARGIN) / span
    height = round((max(norths) - min(norths)) * scale) + 2 * MARGIN

    def at(latitude: float, longitude: float) -> tuple[int, int]:
        return (
            round((longitude * down - min(easts)) * scale) + MARGIN,
            round((max(norths) - latitude) * scale) + MARGIN,
        )

    most = max(counts.values(), default=0)
    spots = []
    for key, place in first.items():
        x, y = at(place["latitude"], place["longitude"])
        count = counts.get(key, 0)
        radius = SMALLEST + round((LARGEST - SMALLEST) * math.sqrt(count / most)) if count else 5
        spots.append(Spot(key, x, y, radius, count))
    dots = [at(each["latitude"], each["longitude"]) for each in exact]
    within = [(x, y) for x, y in dots if 0 <= x <= WIDTH and 0 <= y <= height]
    return Drawing(WIDTH, height, spots, within)
