"""From which day to which day an office is held."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from contracts.values import Body
from services.directory.model import Office, today

NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)


def office(starts_on=date(2024, 1, 1), ends_on=None):
    return Office(
        id=uuid4(),
        person_id=uuid4(),
        body=Body.COUNCIL,
        title="Medlem",
        starts_on=starts_on,
        ends_on=ends_on,
    )


def test_an_office_is_told_with_the_name_of_its_holder():
    one = office()

    event = one.grant(person_name="Rosa Rønnebæk")

    assert (event.person_name, event.body, event.ends_on) == ("Rosa Rønnebæk", Body.COUNCIL, None)


def test_an_ended_office_has_a_last_day():
    one = office()

    event = one.end(on=date(2024, 3, 4), at=NOW)

    assert (event.office_id, event.body) == (one.id, Body.COUNCIL)
    assert (one.ends_on, one.ended_at) == (date(2024, 3, 4), NOW)


def test_an_office_that_never_began_ends_no_earlier_than_its_first_day():
    one = office(starts_on=date(2024, 6, 1))

    one.end(on=date(2024, 3, 4), at=NOW)

    assert one.ends_on == one.starts_on


def test_who_is_appointed_anew_holds_it_again():
    one = office()
    one.end(on=date(2024, 3, 4), at=NOW)

    one.ends_on = None
    one.grant(person_name="Rosa Rønnebæk")

    assert one.ended_at is None


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 3, 4, 22, 59, tzinfo=UTC), date(2024, 3, 4)),
        (datetime(2024, 3, 4, 23, 0, tzinfo=UTC), date(2024, 3, 5)),
        (datetime(2024, 7, 4, 22, 0, tzinfo=UTC), date(2024, 7, 5)),
    ],
)
def test_days_are_danish(moment, day):
    assert today(moment) == day
