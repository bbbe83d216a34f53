"""What is watched of hearings: deadlines that are near, and those that were missed."""

from datetime import timedelta

from chassis.clock import now
from services.meetings.queries.due import hearings_near
from tests.component.meetings.test_hearings import DEADLINE


def near(database):
    with database.reading() as session:
        return hearings_near(session, now())


def test_a_hearing_is_near_its_deadline_for_three_days(opened, clock, database):
    opened()
    assert near(database) == {"closing-soon": 0, "missed": 0}

    clock.set(DEADLINE - timedelta(days=2))
    assert near(database) == {"closing-soon": 1, "missed": 0}


def test_a_hearing_that_nobody_closed_is_missed(opened, clock, database, schedule):
    opened()
    clock.set(DEADLINE + timedelta(minutes=10))
    assert near(database) == {"closing-soon": 0, "missed": 1}

    schedule()
    assert near(database) == {"closing-soon": 0, "missed": 0}
