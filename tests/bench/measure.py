"""What every benchmark shares: interleaved repeats, ratios, and their table.

A ratio is taken within each repeat, because what runs beside us slows both sides of one repeat
alike; of the repeats the median counts, and the least and the greatest are shown as the noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

REPEATS = 5


@dataclass(frozen=True)
class Side:
    """One of the things compared, with what it reached in each repeat."""

    name: str
    unit: str
    values: Sequence[float]


@dataclass(frozen=True)
class Result:
    """One line of ``build/bench.json``: how many times the peer's figure ours is."""

    name: str
    text: str
    ratios: Sequence[float]
    goal: float
    at_most: bool = False
    sides: Sequence[Side] = field(default_factory=tuple)

    @property
    def ratio(self) -> float:
        """The median of the repeats."""
        return median(self.ratios)

    @property
    def is_reached(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def as_json(self) -> dict[str, object]:
        """What is written to the file."""
        return {
            "ratio": round(self.ratio, 3),
            "min": round(min(self.ratios), 3),
            "max": round(max(self.ratios), 3),
            "goal": self.goal,
            "at_most": self.at_most,
        }

    def as_table(self) -> str:
        """What is printed."""
        rows = [
            (f"{side.name} ({side.unit})", *_spread(side.values, "{:,.1f}")) for side in self.sides
        ]
        rows.append(("ratio", *_spread(self.ratios, "{:.2f}")))
        width = max(len(row[0]) for row in rows)
        lines = [
            f"{self.name}: {self.text}",
            f"  {'':{width}} {'min':>12} {'median':>12} {'max':>12}",
        ]
        lines += [
            f"  {name:{width}} {low:>12} {mid:>12} {high:>12}" for name, low, mid, high in rows
        ]
        bound = "at most" if self.at_most else "at least"
        verdict = "reached" if self.is_reached else "MISSED"
        lines.append(f"  goal: {bound} {self.goal:g}: {verdict}")
        return "\n".join(lines)


def _spread(values: Sequence[float], form: str) -> tuple[str, str, str]:
    return form.format(min(values)), form.format(median(values)), form.format(max(values))


def interleave(
    sides: dict[str, Callable[[], float]], *, repeats: int = REPEATS
) -> dict[str, list[float]]:
    """Run each side in turn, so many times; one round before it is not counted."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for repeat in range(repeats + 1):
        for name, run in sides.items():
            value = run()
            if repeat:
                found[name].append(value)
    return found
