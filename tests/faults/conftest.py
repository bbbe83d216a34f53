"""A broker that may be killed, and the sample services as processes around it."""

import pytest

from tests.support.sample.roles import Observer, World, forget_topology
from tests.support.servers import Postgres, RabbitMQ


@pytest.fixture(scope="session")
def broker():
    """Give a broker of our own: one that AMQP_URL names is nobody's to kill."""
    server = RabbitMQ()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def amqp_url(broker):
    """Give the broker's address, with nothing of an earlier test behind it."""
    forget_topology(broker.url)
    return broker.url


@pytest.fixture
def world(tmp_path, postgres, amqp_url):
    made = World(tmp_path, postgres, amqp_url)
    yield made
    made.close()


@pytest.fixture
def observer(world):
    return Observer(world.amqp_url)


@pytest.fixture
def mortal_postgres():
    """Give a database server of our own, to kill."""
    server = Postgres(settings={"fsync": "on", "synchronous_commit": "on"})
    try:
        yield server.start()
    finally:
        server.close()
