"""A database server that dies (F7), and a copy of it that is too old (F8)."""

import pytest

from chassis.relay import LogWentBack, Relay
from tests.support.eventually import eventually
from tests.support.sample import ledger
from tests.support.sample.roles import World
from tests.support.sample.services import shelf

# Starting a broker takes half a minute on a busy machine.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


@pytest.fixture
def world(tmp_path, mortal_postgres, amqp_url):
    made = World(tmp_path, mortal_postgres, amqp_url)
    yield made
    made.close()


def test_f7_killed_under_load(world, mortal_postgres):
    relay, consumer = world.start_all()
    world.serve()
    with world.load(world.put):
        eventually(lambda: _require(len(world.posted) > 20), within=20)
        mortal_postgres.kill()
        eventually(lambda: _require(len(world.refused) > 3), within=20)
        answer = world.refused[-1]
        mortal_postgres.start()
        before = len(world.posted)
        eventually(lambda: _require(len(world.posted) > before + 10), within=40)

    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert relay.process.poll() is None
    assert consumer.process.poll() is None
    eventually(lambda: _at_least_the_promises(world), within=60, every=0.2)


def test_f8_an_older_copy_of_the_log_is_not_published(world):
    database = world.databases["shelf"]
    relay = Relay(shelf, world.settings["shelf"], database)
    world.post(3)
    (row,) = ledger.rows(database, "SELECT max(position) AS position FROM event_log")
    relay._highest = row.position + 10

    with database.dedicated("test") as connection, pytest.raises(LogWentBack):
        relay._require_no_step_back(connection)


def _at_least_the_promises(world):
    """What was refused may have been done all the same (its answer was lost); never twice."""
    done = ledger.lines(world.databases["reader"])
    assert set(world.posted) <= set(done)
    assert len(done) == len(set(done))
    stored = ledger.rows(world.databases["shelf"], "SELECT id FROM item")
    assert {row.id for row in stored} == {item_id for item_id, _ in done}


def _require(holds):
    assert holds
