"""From which day on nobody holds an office."""

from datetime import date

import pytest

from services.directory.model.offices import first_vacant_day


def day(number):
    return date(2026, 3, number)


@pytest.mark.parametrize(
    ("terms", "vacant"),
    [
        ([], day(5)),
        ([(day(1), None)], None),
        ([(day(1), day(9))], day(10)),
        ([(day(1), day(9)), (day(10), None)], None),
        ([(day(1), day(9)), (day(11), None)], day(10)),
        ([(day(10), None), (day(1), day(9))], None),
        ([(day(1), day(20)), (day(2), day(7))], day(21)),
        ([(day(6), None)], day(5)),
        ([(day(1), day(4))], day(5)),
        ([(day(1), day(5))], day(6)),
    ],
)
def test_the_first_day_that_no_term_covers(terms, vacant):
    assert first_vacant_day(terms, from_=day(5)) == vacant
