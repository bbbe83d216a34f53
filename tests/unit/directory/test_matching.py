"""Which numbers may be told, so that none of them points at somebody."""

from itertools import product

import pytest

from services.directory.model import LEAST, tellable


@pytest.mark.parametrize(
    ("counts", "told", "rest"),
    [
        ({}, {}, 0),
        ({"a": 3, "b": 7}, {"a": 3, "b": 7}, 0),
        ({"a": 7, "b": 2, "c": 1}, {"a": 7}, 3),
        # One small number alone would follow from the sum: the smallest other one goes with it.
        ({"a": 7, "b": 4, "c": 2}, {"a": 7}, 6),
        ({"a": 7, "b": 1, "c": 1}, {}, 9),
        ({"a": 9, "b": 7, "c": 1, "d": 1}, {"a": 9}, 9),
        ({"a": 2}, {}, 0),
        ({"a": 1, "b": 1}, {}, 0),
        ({"a": 2, "b": 1}, {}, 3),
    ],
)
def test_small_numbers_are_told_together_or_not_at_all(counts, told, rest):
    assert tellable(counts) == (told, rest)


def test_no_small_number_follows_from_the_others():
    for counts in product(range(1, 6), repeat=4):
        told, rest = tellable(dict(enumerate(counts)))
        hidden = len(counts) - len(told)

        assert min(told.values(), default=LEAST) >= LEAST
        assert rest == 0 or (rest >= LEAST and hidden >= 2)
        assert sum(told.values()) + rest in {0, sum(counts)}
