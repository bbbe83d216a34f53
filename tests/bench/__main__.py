"""``python -m tests.bench [NAME ...]``: measure, print tables, write ``build/bench.json``.

Each module of this folder that has a function ``measure() -> Iterable[Result]`` takes part. Nothing
else should run on the machine meanwhile. The exit code is 1 when a goal is missed.
"""

import importlib
import json
import pkgutil
import sys
import time
from pathlib import Path

import tests.bench
from tests.bench.measure import Result

TARGET = Path(__file__).parents[2] / "build" / "bench.json"


def main() -> int:
    """Run all benchmarks, or those named."""
    wanted = set(sys.argv[1:])
    results: list[Result] = []
    for found in pkgutil.iter_modules(tests.bench.__path__):
        if found.name in {"__main__", "measure"} or (wanted and found.name not in wanted):
            continue
        module = importlib.import_module(f"tests.bench.{found.name}")
        if not hasattr(module, "measure"):
            continue
        print(f"measuring {found.name} ...", file=sys.stderr, flush=True)
        started = time.monotonic()
        for result in module.measure():
            results.append(result)
            print(result.as_table(), flush=True)
            print()
        print(f"  ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)
    TARGET.parent.mkdir(exist_ok=True)
    kept = json.loads(TARGET.read_text()) if wanted and TARGET.exists() else {}
    kept.update({result.name: result.as_json() for result in results})
    TARGET.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    missed = [result.name for result in results if not result.is_reached]
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
