"""Processes that die at the worst moment (F10 to F13), roles in twos (F14), orderly ends (F37)."""

import json
import threading
import time

import pytest
import urllib3
from urllib3.exceptions import HTTPError

from chassis import telemetry
from chassis.auth import Principal
from tests.support.eventually import eventually
from tests.support.sample import ledger
from tests.support.sample.contracts import ItemMoved
from tests.support.sample.services import add_item

# Starting a broker takes half a minute on a busy machine.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


def test_f10_killed_between_commit_and_publish(world):
    server = world.serve(CRASH_AT="after_commit")
    with pytest.raises(HTTPError), urllib3.PoolManager(retries=False, timeout=10) as http:
        http.request(
            "PUT",
            f"http://127.0.0.1:{world.port}/api/v1/items/0197e5a0-0000-7000-8000-000000000001",
        )
    server.kill()

    (event,) = ledger.rows(world.databases["shelf"], "SELECT subject FROM event_log")
    world.start_all()

    eventually(lambda: _require(len(ledger.lines(world.databases["reader"])) == 1), within=20)
    ((item_id, _),) = ledger.lines(world.databases["reader"])
    assert event.subject == f"item/{item_id}"


def test_f11_killed_between_publish_and_mark(world, observer):
    relay = world.start("shelf", "relay", CRASH_AT="after_publish")
    world.post(5)
    eventually(relay.has_crashed, within=20)
    assert world.pending() == 5

    world.start_all()
    world.all_done_once()

    ids = [json.loads(body)["id"] for _, body in observer.seen()]
    assert len(ids) >= 10
    assert len(set(ids)) == 5


def test_f12_killed_between_handling_and_acknowledging(world):
    world.start("shelf", "relay")
    consumer = world.start("reader", "consume", CRASH_AT="after_handle_commit")
    world.post(3, moves=2)
    eventually(consumer.has_crashed, within=30)
    assert ledger.lines(world.databases["reader"])

    world.start("reader", "consume")
    world.all_done_once()


@pytest.mark.parametrize("point", ["handler", "before_handle_commit"])
def test_f13_killed_inside_a_handler_before_its_commit(world, point):
    world.start("shelf", "relay")
    consumer = world.start("reader", "consume", CRASH_AT=point)
    world.post(3, moves=2)
    eventually(consumer.has_crashed, within=30)
    assert ledger.lines(world.databases["reader"]) == []

    world.start("reader", "consume")
    world.all_done_once()


def test_consumers_killed_again_and_again_under_load(world):
    world.start("shelf", "relay")
    with world.load(lambda: world.post(1, moves=2)) as errors:
        for _ in range(4):
            consumer = world.start("reader", "consume")
            eventually(lambda role=consumer: role.says("consumer is active"), within=30)
            before = len(ledger.lines(world.databases["reader"]))
            eventually(
                lambda count=before: _require(
                    len(ledger.lines(world.databases["reader"])) > count + 5
                ),
                within=30,
            )
            consumer.kill()
    assert errors == []

    world.start("reader", "consume")
    world.all_done_once()


def test_f14_of_two_relays_one_works_and_the_other_takes_over(world, observer):
    first, consumer = world.start_all()
    second = world.start("shelf", "relay")
    world.post(20, moves=4)
    world.all_done_once()
    assert "relay is active" not in second.text

    killed_at = time.monotonic()
    first.kill()
    world.post(20, moves=4)
    eventually(lambda: second.says("relay is active"), within=10)
    assert time.monotonic() - killed_at < 10
    world.all_done_once()

    assert consumer.process.poll() is None
    last = {}
    for _, body in observer.seen():
        envelope = json.loads(body)
        if int(envelope["sequence"]) > last.get(envelope["subject"], 0):
            # New to the wire: then it is the next one.
            assert int(envelope["sequence"]) == last.get(envelope["subject"], 0) + 1
            last[envelope["subject"]] = int(envelope["sequence"])


def test_f15_a_transaction_that_commits_late_is_not_passed_over(world):
    world.start_all()
    database = world.databases["shelf"]
    holding, release = threading.Event(), threading.Event()

    def commit_late():
        with telemetry.tracing(), database.unit_of_work(Principal.of_service("shelf")) as work:
            item_id = "0197e5a0-0000-7000-8000-00000000000a"
            add_item(work, item_id)
            work.write_events()
            holding.set()
            release.wait(20)

    late = threading.Thread(target=commit_late)
    late.start()
    holding.wait(10)
    world.post(1)
    world.all_done_once()

    release.set()
    late.join()
    eventually(lambda: _require(len(ledger.lines(world.databases["reader"])) == 2), within=10)
    rows = ledger.rows(database, "SELECT published_at FROM event_log ORDER BY position")
    assert rows[0].published_at > rows[1].published_at


def test_f37_a_role_told_to_end_finishes_what_it_holds(world):
    relay = world.start("shelf", "relay")
    world.post(50, moves=1, mode="slow")
    consumer = world.start("reader", "consume", SLOW_SECONDS="0.02")
    eventually(lambda: _require(ledger.lines(world.databases["reader"])), within=30)

    assert consumer.end() < 30
    assert relay.end() < 30
    assert consumer.process.returncode == 0
    assert relay.process.returncode == 0

    world.start_all()
    world.all_done_once(within=90)


def test_f38_of_two_schedulers_the_second_takes_over_when_the_first_is_killed(world):
    database = world.databases["shelf"]
    roles = [world.start("shelf", "schedule") for _ in range(2)]
    world.post(10)
    due = "UPDATE item SET due_at = now() - interval '3 days'"

    for round_ in (1, 2):
        with database.engine.begin() as connection:
            connection.exec_driver_sql(due)
        wanted = [round_] * 10

        def dusted():
            rows = ledger.rows(database, "SELECT dusted_count FROM item")
            return [row.dusted_count for row in rows]

        eventually(lambda wanted=wanted: _require(dusted() == wanted), within=15)
        busy = next(role for role in roles if "scheduled task done" in role.text)
        busy.kill()
        roles.remove(busy)


def test_a_role_with_a_wrong_setting_names_it_and_ends(world):
    empty = world.start("reader", "consume", DATABASE_URL="")
    broken = world.start("reader", "relay", PROFILE="/nowhere.toml")

    for role, name in ((empty, "DATABASE_URL"), (broken, "PROFILE")):
        assert role.process.wait(timeout=30) == 1
        assert name in role.text


def test_two_consumers_share_the_work_and_keep_order(world):
    world.start_all()
    world.start("reader", "consume")
    ids = world.post(40, moves=3)
    database = world.databases["shelf"]
    for number in (4, 5):
        for item_id in ids:
            with telemetry.tracing(), database.unit_of_work(Principal.of_service("x")) as work:
                work._service = "shelf"
                work.emit(ItemMoved(item_id=item_id, number=number))
            world.posted.append((item_id, number))

    world.all_done_once()


def _require(holds):
    assert holds
