"""Three brokers that are one, and the one that leads dies under load (F5)."""

import time

import pytest

from tests.support.cluster import Cluster
from tests.support.eventually import eventually
from tests.support.sample import ledger
from tests.support.sample.roles import World
from tests.support.servers import RabbitMQ

pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]
QUEUE = "reader"


@pytest.fixture
def cluster():
    made = Cluster()
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def world(tmp_path, postgres, cluster):
    made = World(tmp_path, postgres, cluster.url)
    yield made
    made.close()


def test_f5_the_leader_of_three_is_killed_and_nothing_confirmed_is_lost(cluster, world):
    cluster.require_members(QUEUE)
    world.start_all()
    time.sleep(RabbitMQ.SETTLED_SECONDS)
    away = []

    with world.load(lambda: world.post(2, moves=2)) as errors:
        for _ in range(2):
            leader = cluster.leader(QUEUE)
            # Who publishes and who consumes talks to the one that will die.
            cluster.lead(leader)
            require_more_done(world, than=30)
            leader.kill()
            killed = time.monotonic()
            cluster.lead(next(node for node in cluster.nodes if node.is_running))
            require_more_done(world, than=0)
            away.append(time.monotonic() - killed)
            cluster.has_another_leader(QUEUE, than=leader)
            leader.start()
    assert errors == []

    world.all_done_once(within=120)
    published = ledger.rows(
        world.databases["shelf"],
        "SELECT count(*) AS n FROM event_log WHERE published_at IS NOT NULL",
    )[0].n
    print(f"\n{published} confirmed, {len(world.posted)} promised, all done once;")
    print(f"after each kill the next was done in {', '.join(f'{each:.1f}' for each in away)} s")
    assert published == len(world.posted)


def require_more_done(world, *, than):
    """Work goes on: so much more has been done than when this was asked."""
    before = len(ledger.lines(world.databases["reader"]))

    def more():
        assert len(ledger.lines(world.databases["reader"])) > before + than

    eventually(more, within=90)
