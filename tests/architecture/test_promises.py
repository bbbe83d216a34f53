"""The promises of the README name tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (P\d) \|.*\| (.*) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_each_promise_is_held_by_tests_that_exist():
    promises = dict(ROW.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    held = {number: NAMED.findall(cell) for number, cell in promises.items()}
    missing = [
        f"{number}: {path}::{name}"
        for number, tests in held.items()
        for path, name in tests
        if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]

    assert sorted(promises) == [f"P{number}" for number in range(1, 10)]
    assert all(held.values())
    assert missing == []
