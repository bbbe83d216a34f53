"""A broker that dies, freezes, refuses or forgets (F1 to F4, F6), and what strangers send."""

import json
import time

import pika
import pytest

from chassis import dead, topology
from tests.support.eventually import eventually
from tests.support.sample import ledger
from tests.support.sample.messages import story
from tests.support.sample.roles import World
from tests.support.servers import RabbitMQ

# Starting a broker takes half a minute on a busy machine.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


def settle():
    """See RabbitMQ.SETTLED_SECONDS: not a guess at how long something takes, but its condition."""
    time.sleep(RabbitMQ.SETTLED_SECONDS)


def test_f1_killed_under_load(world, broker):
    world.start_all()
    world.serve()
    (known,) = world.post(1)
    shown = world.get(f"/api/v1/items/{known}").data
    assert str(known) in shown.decode()
    settle()
    with world.load(world.put) as errors:
        eventually(lambda: _require(len(world.posted) > 30), within=20)
        broker.kill()
        before = len(world.posted)
        # Users notice nothing; the event log keeps what they did.
        eventually(lambda: _require(len(world.posted) > before + 30), within=20)
        eventually(lambda: _require(world.pending() > 10), within=20)
        assert world.get("/health/ready").status == 200
        # Reads stay up, with what they say (P8).
        answer = world.get(f"/api/v1/items/{known}")
        assert (answer.status, answer.data) == (200, shown)
        latest, _ = world.posted[-1]
        assert str(latest) in world.get(f"/api/v1/items/{latest}").data.decode()
        broker.start()
    assert errors == []
    assert world.refused == []

    world.all_done_once()
    assert world.pending() == 0


def test_p4_published_within_two_seconds_and_a_backlog_drains(world, broker):
    world.start_all()
    settle()
    for _ in range(5):
        world.post(2, moves=1)
        world.all_done_once()
    assert _slowest(world.databases["shelf"]) <= 2

    broker.kill()
    world.post(200, moves=9)
    assert world.pending() == 2000
    broker.start()

    eventually(lambda: _require(world.pending() == 0), within=60)
    assert _drained_per_second(world.databases["shelf"]) >= 200
    world.all_done_once(within=90)


def _slowest(database):
    query = "SELECT max(extract(epoch FROM published_at - occurred_at)) AS slowest FROM event_log"
    return ledger.rows(database, query)[0].slowest


def _drained_per_second(database):
    """How fast what waited was published, from the first to the last of it."""
    query = (
        "SELECT count(*) / extract(epoch FROM max(published_at) - min(published_at)) AS rate FROM"
        " (SELECT published_at FROM event_log ORDER BY position DESC LIMIT 2000) AS backlog"
    )
    return ledger.rows(database, query)[0].rate


def test_f1_killed_twice(world, broker):
    world.start_all()
    settle()
    with world.load(lambda: world.post(2, moves=2)) as errors:
        for _ in range(2):
            before = len(ledger.lines(world.databases["reader"]))
            eventually(
                lambda count=before: _require(
                    len(ledger.lines(world.databases["reader"])) > count + 10
                ),
                within=60,
            )
            broker.kill()
            broker.start()
    assert errors == []

    world.all_done_once(within=90)


def test_f2_frozen(world, broker):
    relay, consumer = world.start_all()
    world.serve()
    settle()
    world.post(5)
    world.all_done_once()

    broker.pause()
    frozen_at = time.monotonic()
    try:
        world.post(5)
        eventually(lambda: relay.says("relay cannot publish"), within=15)
        assert time.monotonic() - frozen_at <= 15
        assert world.put().status == 201
        assert world.get("/health/ready").status == 200
        eventually(lambda: consumer.says("consumer lost the broker"), within=45)
        eventually(lambda: _require(time.monotonic() - frozen_at >= 60), within=70)
        world.post(5)
    finally:
        broker.resume()

    world.all_done_once()
    # No thread is stuck in a call that never returns.
    for role in (relay, consumer):
        assert role.end() < 30
        assert role.process.returncode == 0


def test_f3_restarted_in_good_order(world, broker):
    _, consumer = world.start_all()
    settle()
    world.post(5)
    world.all_done_once()

    broker.ctl("stop_app")
    world.post(5)
    broker.ctl("start_app")
    up_at = time.monotonic()

    # Progress is made again, unaided, within ten seconds.
    eventually(
        lambda: _require(_handled_for(world.databases["reader"]) < time.monotonic() - up_at),
        within=10,
    )
    world.all_done_once(within=20)
    assert time.monotonic() - up_at < 20
    consumer.says("consumer is active", times=2)


@pytest.mark.parametrize("what", ["memory", "disk"])
def test_f4_short_of_memory_or_disk(world, broker, what):
    start, end = {
        "memory": (broker.raise_alarm, broker.clear_alarm),
        "disk": (broker.raise_disk_alarm, broker.clear_disk_alarm),
    }[what]
    relay, _ = world.start_all()
    world.serve()
    world.post(3)
    world.all_done_once()

    start()
    try:
        # Told by the broker itself, before anything has waited for long.
        eventually(lambda: _require(_ready(world)["checks"]["broker"] == "blocked"), within=10)
        assert _ready(world)["status"] == "degraded"
        world.post(5)
        eventually(lambda: relay.says("relay cannot publish"), within=30)
        assert world.put().status == 201
        assert world.get("/health/ready").status == 200
        eventually(lambda: _require(_ready(world)["checks"]["outbox"] == "behind"), within=45)
        assert world.pending() >= 5
    finally:
        end()

    world.all_done_once()
    eventually(lambda: _require(_ready(world)["status"] == "ready"), within=20)


def test_f6_the_queue_is_deleted(world):
    _, consumer = world.start_all()
    world.post(3)
    world.all_done_once()

    with _channel(world.amqp_url) as channel:
        channel.queue_delete("reader")
    # Some of these may find no queue; they are unrouted then, and sent again when it is back.
    world.post(20, moves=1)

    eventually(lambda: consumer.says("queue was lost and made anew"), within=20)
    world.all_done_once()


def test_f6_the_exchange_is_deleted(world):
    relay, _ = world.start_all()
    world.post(3)
    world.all_done_once()

    with _channel(world.amqp_url) as channel:
        channel.exchange_delete("samspil.events")
    world.post(5)

    eventually(lambda: relay.says("exchange was lost and made anew"), within=20)
    world.post(5, moves=1)

    # The bindings went with the exchange, and nobody told the consumer.
    world.all_done_once(within=90)


def test_f6_bindings_that_are_lost_are_made_anew_and_nothing_is_lost(world):
    world.start_all()
    world.post(3)
    world.all_done_once()

    with _channel(world.amqp_url) as channel:
        channel.queue_unbind("reader", "samspil.events", "shelf.item.#")
    world.post(5, moves=1)

    world.all_done_once(within=90)


def test_f6_the_virtual_host_is_deleted(tmp_path, postgres, broker):
    world = World(tmp_path, postgres, broker.add_vhost("lost"))
    try:
        world.start_all()
        world.post(3)
        world.all_done_once()

        broker.drop_vhost("lost")
        world.post(5, moves=1)
        assert world.pending() == 10
        broker.add_vhost("lost")

        world.all_done_once(within=90)
    finally:
        world.close()
        broker.drop_vhost("lost")


def test_f6_the_unrouted_are_not_marked_lost(world, observer):
    relay = world.start("shelf", "relay")
    eventually(lambda: relay.says("relay is active"), within=20)
    with _channel(world.amqp_url) as channel:
        channel.queue_delete("reader")
        channel.queue_delete("witness")
    world.post(5)
    eventually(lambda: _require(world.pending() == 0), within=20)

    world.start("reader", "consume")

    world.all_done_once()


def test_f18_what_strangers_send_is_kept_and_harms_nobody(world, observer):
    world.start_all()
    sound = story(moves=0)[0].body
    strange = [
        (b"{not json", {"content_type": "application/cloudevents+json"}),
        (b"\x80\x04K\x01.", {"content_type": "application/x-python-serialize"}),
        (sound, {"content_type": "text/plain"}),
        (sound + b" ", {}),
        (b"\xff\xfe", {"content_type": "application/json", "content_encoding": "nonsense"}),
        (
            b"not gzip",
            {"content_type": "application/json", "headers": {"compression": "application/x-gzip"}},
        ),
    ]
    for body, properties in strange:
        observer.send("reader", body, **properties)
    world.post(3, moves=1)

    world.all_done_once()
    kept = dead.listed(world.databases["reader"], "dead")
    assert {bytes(row.body) for row in kept} == {body for body, _ in strange}


def test_f19_an_oversized_message_is_dead_without_being_parsed(world, observer):
    world.start_all()
    # A broker of the 4.x series takes 16 MiB.
    body = b'{"x": "' + b"x" * (12 * 1024 * 1024) + b'"}'
    observer.send("reader", body, content_type="application/json")
    world.post(3)

    world.all_done_once()
    eventually(lambda: _require(dead.listed(world.databases["reader"], "dead")), within=10)
    (row,) = dead.listed(world.databases["reader"], "dead")
    assert bytes(row.body) == body[:1024]
    assert str(len(body)) in row.error


def test_f18_a_poisoned_message_dies_and_is_replayed(world):
    _, consumer = world.start_all()
    (poisoned,) = world.post(1, mode="poison")
    world.post(3, moves=1)
    database = world.databases["reader"]
    eventually(lambda: _require(_died(database)), within=60, every=0.5)

    (row,) = dead.listed(database, "dead")
    (log,) = ledger.rows(
        world.databases["shelf"], "SELECT body FROM event_log WHERE id = :id", id=row.event_id
    )
    assert bytes(row.body) == bytes(log.body)
    assert {item for item, _ in ledger.lines(database)} == {
        item for item, _ in world.posted if item != poisoned
    }

    assert consumer.end() < 30
    world.start("reader", "consume", HEALED="yes")
    for command in (
        ("reader", "dead", "retry", str(row.event_id)),
        ("shelf", "replay", "--to", "reader"),
    ):
        role = world.start(*command)
        role.process.wait(timeout=60)
        assert role.process.returncode == 0, role.text
    world.all_done_once()


def _died(database):
    """Shorten the pauses between attempts; return whether they are over."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE inbox SET next_attempt_at = now() WHERE attempts < 6")
    return bool(dead.listed(database, "dead"))


def test_f18_a_failing_message_is_seen_and_can_be_dropped(world):
    world.start_all()
    (poisoned,) = world.post(1, mode="poison")
    world.posted.clear()
    world.post(20, moves=1)
    world.all_done_once()

    (row,) = dead.listed(world.databases["reader"], "failed")
    assert str(poisoned) in row.subject
    assert "poison" in row.error
    shown = world.start("reader", "dead", "show", str(row.event_id))
    shown.process.wait(timeout=30)
    assert str(poisoned) in shown.text
    dropped = world.start("reader", "dead", "drop", str(row.event_id), "--reason", "prøve")
    dropped.process.wait(timeout=30)
    assert dropped.process.returncode == 0
    assert dead.listed(world.databases["reader"], "failed") == []


def test_the_brake_stops_a_consumer_whose_messages_die_and_is_lifted_by_hand(world, observer):
    _, consumer = world.start_all()
    for number in range(40):
        observer.send("reader", b"{%d" % number, content_type="application/json")
    eventually(lambda: consumer.says("consumer stopped"), within=20)
    world.post(3)
    eventually(lambda: _require(world.pending() == 0), within=20)
    assert ledger.lines(world.databases["reader"]) == []

    resumed = world.start("reader", "dead", "resume")
    resumed.process.wait(timeout=30)

    world.all_done_once()


def test_a_bad_deployment_stops_and_a_mended_one_loses_nothing(world):
    _, consumer = world.start_all()
    world.post(30, moves=1, mode="poison")
    eventually(lambda: consumer.says("consumer stopped"), within=30)
    world.post(5)

    # The next attempts are overdue: nobody drains them into the dead letters.
    eventually(lambda: _require(_overdue(world.databases["reader"])), within=20)
    assert dead.listed(world.databases["reader"], "dead") == []

    assert consumer.end() < 30
    world.start("reader", "consume", HEALED="yes")
    world.all_done_once(within=90)


def _overdue(database):
    query = "SELECT now() - min(next_attempt_at) > interval '3 seconds' AS is_late FROM inbox"
    return ledger.rows(database, query)[0].is_late


def test_a_message_that_kills_its_consumers_ends_among_the_dead(world):
    """The broker's delivery limit is the second net: a crash is no exception we could catch."""
    relay = world.start("shelf", "relay")
    eventually(lambda: relay.says("relay is active"), within=20)
    world.post(1)
    database = world.databases["reader"]
    crashes = 0
    for _ in range(topology.DELIVERY_LIMIT + 5):
        consumer = world.start("reader", "consume", CRASH_AT="handler")
        eventually(lambda role=consumer: _require(_has_ended(role, database)), within=30)
        if dead.listed(database, "dead"):
            break
        consumer.has_crashed()
        crashes += 1

    (row,) = dead.listed(database, "dead")
    assert "delivery_limit" in row.error
    assert crashes >= topology.DELIVERY_LIMIT
    assert ledger.lines(database) == []


def _has_ended(role, database):
    return role.process.poll() is not None or dead.listed(database, "dead")


def _handled_for(database):
    """How many seconds ago the reader last made progress."""
    query = "SELECT extract(epoch FROM clock_timestamp() - max(at)) AS seconds FROM line"
    return ledger.rows(database, query)[0].seconds


class _channel:  # noqa: N801 - reads as a function
    """A channel to the broker for one block."""

    def __init__(self, url):
        self._url = url

    def __enter__(self):
        self._connection = pika.BlockingConnection(pika.URLParameters(self._url))
        return self._connection.channel()

    def __exit__(self, *_):
        self._connection.close()


def _ready(world):
    return json.loads(world.get("/health/ready").data)


def _require(holds):
    assert holds
