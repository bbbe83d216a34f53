"""What operators' machines are told by real processes: metrics, live and ready."""

import json
import os
import re
import signal
import subprocess

import pytest
import urllib3

from tests.support.eventually import eventually
from tests.support.processes import free_ports
from tests.support.sample.roles import Role, World

UPSTREAMS = ("DIRECTORY", "GRANTS", "MEETINGS", "NOTIFIER")


@pytest.fixture
def ask():
    """Ask a process at its operations port."""
    with urllib3.PoolManager(retries=False, timeout=10) as http:
        yield lambda port, path: http.request("GET", f"http://127.0.0.1:{port}{path}")


def number(text, name, **labels):
    """Return a metric's value; labels in the order of their names, as the text has them."""
    told = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    found = re.search(rf"^{name}{{{re.escape(told)}}} (\S+)$", text, re.MULTILINE)
    assert found, f"{name}{{{told}}} not in:\n{text}"
    return float(found[1])


def require_health(answer, status, word):
    assert (answer.status, json.loads(answer.data)["status"]) == (status, word)


@pytest.mark.parametrize(
    ("service", "role"), [("shelf", "relay"), ("reader", "consume"), ("shelf", "schedule")]
)
def test_a_role_is_live_and_ready_where_it_was_given_a_port(world, ask, service, role):
    (port,) = free_ports(1)

    world.start(service, role, OPERATIONS_PORT=str(port))

    eventually(lambda: require_health(ask(port, "/health/ready"), 200, "ready"), within=30)
    require_health(ask(port, "/health/live"), 200, "live")
    told = ask(port, "/metrics").data.decode()
    assert number(told, "samspil_progress_timestamp_seconds", loop=role, service=service)
    assert ask(port, "/api/v1/items").status == 404


def test_the_metrics_tell_what_waits_and_since_when(world, ask):
    relay_port, consumer_port = free_ports(2)
    world.start("shelf", "relay", OPERATIONS_PORT=str(relay_port))
    world.start("reader", "consume", OPERATIONS_PORT=str(consumer_port))

    world.post(mode="poison")

    def something_waits():
        told = ask(consumer_port, "/metrics").data.decode()
        assert number(told, "samspil_inbox_waiting", service="reader", status="failed") == 1
        assert number(told, "samspil_inbox_oldest_seconds", service="reader", status="failed") > 0
        assert number(told, "samspil_inbox_oldest_seconds", service="reader", status="parked") == 0
        told = ask(relay_port, "/metrics").data.decode()
        assert number(told, "samspil_events_published_total", service="shelf") == 1
        assert number(told, "samspil_outbox_oldest_seconds", service="shelf") == 0

    eventually(something_waits, within=60)


def test_a_role_that_cannot_reach_the_broker_is_live_and_not_ready(world, ask):
    (port,) = free_ports(1)

    world.start("shelf", "relay", OPERATIONS_PORT=str(port), AMQP_URL="amqp://127.0.0.1:9/x")

    eventually(lambda: require_health(ask(port, "/health/ready"), 503, "unready"), within=30)
    require_health(ask(port, "/health/live"), 200, "live")


def test_a_role_whose_broker_is_short_of_memory_is_degraded_and_says_why(world, broker, ask):
    (port,) = free_ports(1)
    world.start("shelf", "relay", OPERATIONS_PORT=str(port))
    eventually(lambda: require_health(ask(port, "/health/ready"), 200, "ready"), within=30)

    broker.raise_alarm()
    try:
        eventually(lambda: require_health(ask(port, "/health/ready"), 200, "degraded"), within=20)
        assert json.loads(ask(port, "/health/ready").data)["checks"]["broker"] == "blocked"
        status = world.start("shelf", "status")
        assert status.process.wait(timeout=30) == 0
        assert json.loads(status.text)["broker"] == "blocked"
    finally:
        broker.clear_alarm()

    eventually(lambda: require_health(ask(port, "/health/ready"), 200, "ready"), within=20)


def test_a_role_whose_loop_is_stuck_is_not_live(tmp_path, mortal_postgres, amqp_url, ask):
    world = World(tmp_path, mortal_postgres, amqp_url)
    (port,) = free_ports(1)
    world.start("shelf", "relay", OPERATIONS_PORT=str(port), LIVE_SECONDS="4")
    eventually(lambda: require_health(ask(port, "/health/ready"), 200, "ready"), within=30)

    mortal_postgres.pause()
    try:
        eventually(lambda: require_health(ask(port, "/health/live"), 503, "stuck"), within=30)
    finally:
        mortal_postgres.resume()

    eventually(lambda: require_health(ask(port, "/health/live"), 200, "live"), within=30)
    world.close()


def test_a_port_that_is_taken_is_named(world):
    role = world.start("shelf", "relay", OPERATIONS_PORT="1", OPERATIONS_HOST="192.0.2.1")

    role.process.wait(timeout=20)

    assert role.process.returncode == 1
    assert "OPERATIONS_PORT" in role.text


def test_the_metrics_of_serve_are_those_of_all_its_processes(world, ask):
    (port,) = free_ports(1)
    arguments = ("serve", "--port", str(world.port), "--workers", "2")
    role = world.start("shelf", *arguments, OPERATIONS_PORT=str(port))
    eventually(lambda: require_health(world.get("/health/live"), 200, "live"), within=30)
    for _ in range(30):
        assert world.put().status == 201
    labels = {
        "method": "PUT",
        "route": "/api/v1/items/<uuid:item_id>",
        "service": "shelf",
        "status": "201",
    }

    def require_thirty(answer):
        told = answer.data.decode()
        assert number(told, "samspil_request_seconds_count", **labels) == 30

    require_thirty(ask(port, "/metrics"))
    for _ in range(8):
        require_thirty(world.get("/metrics"))

    os.kill(workers_of(role)[0], signal.SIGKILL)

    eventually(lambda: require_health(world.get("/health/live"), 200, "live"), within=30)
    require_thirty(ask(port, "/metrics"))


@pytest.mark.parametrize("component", ["gateway", "portal"])
def test_the_metrics_of_a_public_door_are_told_elsewhere(tmp_path, ask, component):
    public, operations = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        **{f"UPSTREAM_{name}": "http://127.0.0.1:9" for name in UPSTREAMS},
        "GATEWAY_URL": "http://127.0.0.1:9",
        "PORTAL_SECRET": "x" * 32,
        "PROFILE": "profiles/vesthimmerland.toml",
        "OPERATIONS_PORT": str(operations),
    }
    arguments = ("serve", "--port", str(public), "--workers", "2")
    role = Role(tmp_path, component, *arguments, environment=environment)
    labels = {"method": "GET", "route": "/health/live", "service": component, "status": "200"}
    if component == "gateway":
        labels["route"] = "own"

    try:
        eventually(lambda: require_health(ask(public, "/health/live"), 200, "live"), within=30)
        told = ask(operations, "/metrics").data.decode()
        assert number(told, "samspil_request_seconds_count", **labels) >= 1
        assert ask(public, "/metrics").status == 404
    finally:
        role.kill()


def workers_of(role):
    command = ["pgrep", "-P", str(role.process.pid), "-f", "spawn_main"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(line) for line in found.stdout.split()]
