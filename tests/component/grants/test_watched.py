"""What is watched of rounds: deadlines that are near, and those that were missed."""

from datetime import timedelta

from chassis.clock import now
from services.grants.queries.due import rounds_near
from tests.component.grants.conftest import CLOSES


def near(database):
    with database.reading() as session:
        return rounds_near(session, now())


def test_a_round_is_near_its_deadline_for_three_days(open_round, clock, database):
    open_round()
    clock.set(CLOSES - timedelta(days=3, minutes=1))
    assert near(database) == {"closing-soon": 0, "missed": 0}

    clock.set(CLOSES - timedelta(days=2))
    assert near(database) == {"closing-soon": 1, "missed": 0}


def test_a_round_that_nobody_closed_is_missed(open_round, clock, database, schedule):
    open_round()
    clock.set(CLOSES + timedelta(minutes=2))
    assert near(database) == {"closing-soon": 0, "missed": 0}

    clock.set(CLOSES + timedelta(minutes=10))
    assert near(database) == {"closing-soon": 0, "missed": 1}

    schedule()
    assert near(database) == {"closing-soon": 0, "missed": 0}
