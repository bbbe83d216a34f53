"""When one must have applied: the next deadline of a pool."""

from datetime import date

import pytest

from services.directory.model import DeadlineKind, next_deadline

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("kind", "deadlines", "expected"),
    [
        (DeadlineKind.ROLLING, [], None),
        (DeadlineKind.ONCE, [date(2026, 3, 9)], None),
        (DeadlineKind.ONCE, [date(2026, 3, 10)], date(2026, 3, 10)),
        (DeadlineKind.ONCE, [date(2026, 9, 1), date(2026, 4, 1)], date(2026, 4, 1)),
        (DeadlineKind.YEARLY, [date(2020, 3, 9)], date(2027, 3, 9)),
        (DeadlineKind.YEARLY, [date(2020, 3, 10)], date(2026, 3, 10)),
        (DeadlineKind.YEARLY, [date(2020, 2, 1), date(2020, 10, 1)], date(2026, 10, 1)),
        (DeadlineKind.YEARLY, [date(2024, 2, 29)], date(2027, 2, 28)),
    ],
)
def test_the_next_deadline(kind, deadlines, expected):
    assert next_deadline(kind, deadlines, on=TODAY) == expected
