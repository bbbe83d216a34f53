"""``make run`` and ``make demo`` as a newcomer meets them: what they say, and what survives."""

import random
import subprocess
import sys
import threading

import pytest
import urllib3

from embedded.story import read_associations
from tests.journeys.conftest import ROOT, STARTS_AT
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(300)
SHOWN = {"competences": 5, "contact-pairs": 2}


def command(*arguments):
    """Run a command of ``python -m embedded`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "embedded", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@pytest.fixture
def answer(embedded):
    """Ask the running instance; return the JSON of its answer."""
    http = urllib3.PoolManager(retries=False, timeout=10)
    return lambda path: http.request("GET", embedded.url + path)


def test_an_unknown_municipality_is_named_with_those_there_are():
    done = command("run", "--profile", "atlantis")

    assert done.returncode != 0
    assert "naestved" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_without_an_instance_says_so():
    done = command("demo", "--url", "http://127.0.0.1:9")

    assert done.returncode == 1
    assert "svarer ikke" in done.stderr


def test_a_town_whose_loading_was_killed_is_loaded_to_its_end(embedded, answer):
    moments = random.Random(1983)
    for _ in range(4):
        # It answers before its town is loaded, which takes some seconds more.
        embedded.start()
        threading.Event().wait(moments.uniform(0.2, 2.5))
        embedded.kill()

    embedded.start(wait=False)
    embedded.await_output("Log ind som")

    registered = len(read_associations(embedded.read_profile()))
    assert answer("/api/v1/associations?limit=200").json()["total"] == registered - 1
    for kind in ("rounds", "meetings", "hearings"):
        assert len(answer(f"/api/v1/{kind}").json()["items"]) == 1, kind
    # What everybody may see of what people lend, and of who knows whom.
    seen = {kind: len(answer(f"/api/v1/{kind}").json()["items"]) for kind in SHOWN}
    assert seen == SHOWN
    assert embedded.output().count("/log-ind/bekraeft?link=") >= 5


def test_a_demo_that_cannot_go_on_ends_with_its_table(embedded, answer):
    embedded.demo_clock = STARTS_AT
    embedded.start()
    demo = subprocess.Popen(
        [sys.executable, "-m", "embedded", "demo", "--url", embedded.url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def has_begun():
        first = read_associations(embedded.read_profile())[0].email
        assert answer(f"/mailbox.json?to={first}").json()["items"]

    eventually(has_begun, within=60)
    embedded.kill()
    told, complaints = demo.communicate(timeout=120)

    assert demo.returncode == 1
    assert "kontroller holdt ikke" in told
    assert "Traceback" not in complaints


def test_a_loaded_town_is_no_stage_for_the_demo_and_a_taken_port_is_said(embedded):
    embedded.start(wait=False)
    embedded.await_output("Log ind som")

    demo = command("demo", "--url", embedded.url)
    second = command("run", "--port", str(embedded.port), "--folder", str(embedded.folder / "two"))

    assert demo.returncode == 1
    assert "demo-ur" in demo.stderr
    assert second.returncode == 1
    assert str(embedded.port) in second.stderr
    for done in (demo, second):
        assert "Traceback" not in done.stderr


def test_a_killed_database_is_started_again_and_nothing_is_lost(embedded, answer):
    embedded.demo_clock = STARTS_AT
    embedded.start()
    registered = [embedded.register(number) for number in range(5)]

    embedded.kill_database()
    statuses = {answer("/api/v1/associations").status for _ in range(5)}
    eventually(lambda: embedded.register(5), within=30)

    assert statuses <= {200, 503}
    # A registration that was sent again is the same registration.
    assert [embedded.register(number) for number in range(5)] == registered
