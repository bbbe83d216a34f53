"""The stacks of the tests of deploy/: built once, started once, taken away at the end."""

import json
import time
import tomllib
from ipaddress import ip_network

import pytest

from embedded.actors import Actor
from embedded.story import read_associations
from tests.deploy import engine
from tests.deploy.stack import ROOT, Stack
from tests.support.proxy import TcpProxy

KAREN = "karen.kontakt@vesthimmerland.example.org"
PROFILE = ROOT / "profiles" / "vesthimmerland.toml"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Put first what wants an empty stack, last what has one of its own; between, any order.

    Of the long ones chosen, what does not fit into the time that is left is left out, and that is
    said.
    """

    def place(item):
        names = getattr(item, "fixturenames", ())
        return "installation" in names, "empty_stack" not in names

    items.sort(key=place)
    left = engine.minutes_left() - engine.SHORT_MINUTES
    too_long = []
    # Preparing took time since that was last looked at: those that are not long run all the same.
    for each in sorted(filter(minutes_of, items), key=minutes_of, reverse=True):
        if minutes_of(each) > left:
            too_long.append(each)
        else:
            left -= minutes_of(each)
    if too_long:
        config.hook.pytest_deselected(items=too_long)
        items[:] = [each for each in items if each not in too_long]
        names = ", ".join(each.name for each in too_long)
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        reporter.write_line(f"left out, because too little time is left: {names}")


def minutes_of(item):
    """Return how long a test takes that is marked as long; 0 of the others."""
    mark = item.get_closest_marker("long")
    return mark.kwargs["minutes"] if mark else 0


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Give a stack whose images are built."""
    missing = engine.prepare()
    assert not missing, f"no containers: {missing}"
    built = Stack(tmp_path_factory.mktemp("stack"), COMPOSE_PROFILES="mailpit")
    started = time.monotonic()
    built.build()
    print(f"\nsix images built in {time.monotonic() - started:.0f} s")
    return built


@pytest.fixture(scope="session")
def mail_relay(images):
    """Give the municipality's own mail server, on this host: it hands on to the catcher, or not."""
    (network,) = json.loads(images.docker("network", "inspect", "bridge"))
    # The engine's own end of the bridge.
    host = str(ip_network(network["IPAM"]["Config"][0]["Subnet"])[1])
    with TcpProxy("", 0, door=host) as relay:
        relay.url = f"smtp://{host}:{relay.port}"
        yield relay


@pytest.fixture(scope="session")
def stack(images, mail_relay):
    """Give the running stack, whose mails go by a mail server that a setting names."""
    images.secrets.mkdir(mode=0o700)
    (images.secrets / "smtp_url").write_text(mail_relay.url)
    with images:
        images.said = images.up()
        (catcher,) = images.containers("mailpit")
        networks = images.inspect(catcher, ".NetworkSettings.Networks")
        mail_relay.target = (networks[f"{images.project}_mail"]["IPAddress"], 1025)
        print(f"\nfrom nothing to a page in {images.started_in:.0f} s")
        yield images


@pytest.fixture
def empty_stack(stack):
    """Give the stack as it is when it has just been brought up for the first time."""
    assert stack.number("directory", "SELECT count(*) FROM association") == 0
    return stack


@pytest.fixture
def coordinator(stack):
    """Give the coordinator, who signs in by the link in a mail."""
    return Actor(stack.town, KAREN, "Karen Kontakt")


@pytest.fixture(scope="session")
def applicants():
    """Give the made-up associations of the municipality."""
    return read_associations(tomllib.loads(PROFILE.read_text(encoding="utf-8")))
