"""Who reaches whom: the doors to the host, and what a service that was broken into could do."""

import json

import pytest

from tests.deploy.stack import ROLES, SERVICES

pytestmark = pytest.mark.timeout(1200)
# Run in the notifier's own container, by its own account, with its own secrets: all that somebody
# has who got in.
BREAK_IN = """
import json, pathlib, socket
import pika, psycopg
secrets = pathlib.Path("/run/secrets")
url = (secrets / "notifier_amqp_url").read_text().strip()
database = (secrets / "notifier_database_url").read_text().strip().replace("+psycopg", "")

def attempt(deed):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.confirm_delivery()
    try:
        deed(channel)
        return "done"
    except pika.exceptions.ChannelClosedByBroker as error:
        return error.reply_code
    finally:
        if connection.is_open:
            connection.close()

def publish(exchange, key, user=None):
    properties = pika.BasicProperties(user_id=user, type="samspil.probe")
    return lambda channel: channel.basic_publish(exchange, key, b"{}", properties)

def connect(name):
    try:
        psycopg.connect(database.rsplit("/", 1)[0] + "/" + name, connect_timeout=5).close()
        return "done"
    except psycopg.OperationalError as error:
        return "permission denied" if "permission denied" in str(error) else str(error)

def create(what):
    with psycopg.connect(database, autocommit=True) as connection:
        try:
            connection.execute(what)
            return "done"
        except psycopg.errors.InsufficientPrivilege:
            return "permission denied"

def reach(host, port):
    try:
        socket.create_connection((host, port), timeout=3).close()
        return "reached"
    except OSError as error:
        return type(error).__name__

print(json.dumps({
    "own event": attempt(publish("samspil.events", "notifier.delivery.sent.v1", "notifier")),
    "event of the directory": attempt(publish("samspil.events", "directory.office.granted.v1")),
    "in the directory's name": attempt(
        publish("samspil.events", "notifier.delivery.sent.v1", "directory")),
    "straight to a queue": attempt(publish("", "directory")),
    "dead letter of another": attempt(publish("samspil.dead", "directory")),
    "own queue": attempt(lambda channel: channel.basic_get("notifier")),
    "queue of the directory": attempt(lambda channel: channel.basic_get("directory")),
    "dead letters of the directory": attempt(lambda channel: channel.basic_get("directory.dead")),
    "what nobody hears": attempt(lambda channel: channel.basic_get("samspil.unrouted")),
    "listen in": attempt(
        lambda channel: channel.queue_bind("notifier", "samspil.events", "grants.#")),
    "a queue of its own": attempt(lambda channel: channel.queue_declare("spy")),
    "delete the exchange": attempt(lambda channel: channel.exchange_delete("samspil.events")),
    "own database": connect("notifier"),
    "database directory": connect("directory"),
    "database grants": connect("grants"),
    "database meetings": connect("meetings"),
    "database postgres": connect("postgres"),
    "a role": create("CREATE ROLE spy LOGIN"),
    "a database": create("CREATE DATABASE spy"),
    "files of the server": create("SELECT pg_read_file('/etc/passwd')"),
    "the directory by HTTP": reach("directory-serve", 8000),
    "secrets": sorted(path.name for path in secrets.iterdir()),
}))
"""
REFUSED = 403
NOT_VOUCHED = 406


def test_a_notifier_that_was_broken_into_gets_no_further(stack):
    found = stack.python("notifier-consume", BREAK_IN)

    own = {"own event", "own queue", "own database"}
    assert {name: found[name] for name in own} == dict.fromkeys(own, "done")
    assert found.pop("secrets") == ["notifier_amqp_url", "notifier_database_url", "smtp_url"]
    assert found.pop("in the directory's name") == NOT_VOUCHED
    assert found.pop("the directory by HTTP") != "reached"
    others = {name: answer for name, answer in found.items() if name not in own}
    assert others == {
        name: "permission denied"
        if name.startswith(("database", "a role", "a database", "files"))
        else REFUSED
        for name in others
    }


def test_only_portal_and_gateway_and_the_catcher_have_a_door_to_the_host(stack):
    doors = {}
    for name in stack.containers():
        ports = json.loads(stack.docker("inspect", "--format", "{{json .NetworkSettings}}", name))
        published = [each for each in (ports["Ports"] or {}).values() if each]
        for door, *_ in published:
            doors[int(door["HostPort"])] = door["HostIp"]

    assert doors == dict.fromkeys(stack.ports.values(), "127.0.0.1")


@pytest.mark.parametrize("host", ["postgres:5432", "rabbitmq:5672", "directory-serve:8000"])
def test_the_portal_reaches_nothing_but_the_gateway(stack, host):
    def reaches(address):
        name, port = address.split(":")
        return stack.python(
            "portal",
            "import json, socket\n"
            "try:\n"
            f"    socket.create_connection(({name!r}, {port}), timeout=3).close()\n"
            "    print(json.dumps(True))\n"
            "except OSError:\n"
            "    print(json.dumps(False))\n",
        )

    assert reaches("gateway:8000")
    assert not reaches(host)


def test_no_container_but_the_doors_and_the_notifier_gets_out(stack):
    ways_out = {}
    for service in [f"{name}-{role}" for name in SERVICES for role in ROLES]:
        (name, *_) = stack.containers(service)
        format_ = "{{json .NetworkSettings.Networks}}"
        networks = json.loads(stack.docker("inspect", "--format", format_, name))
        ways_out[service] = [
            network
            for network in networks
            if stack.docker("network", "inspect", "--format", "{{.Internal}}", network) == "false"
        ]

    assert {service for service, found in ways_out.items() if found} == {
        "notifier-consume",
        "directory-serve",
    }


def test_every_process_is_confined(stack):
    for service in [f"{name}-{role}" for name in SERVICES for role in ROLES]:
        (name, *_) = stack.containers(service)
        host = json.loads(stack.docker("inspect", "--format", "{{json .HostConfig}}", name))

        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert host["Memory"], service
