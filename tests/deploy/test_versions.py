"""From version to version under load, one role at a time, and back; by the edge, with TLS."""

import time

import pytest
import urllib3

from embedded.actors import Actor
from tests.deploy import certificate, engine, versions
from tests.deploy.conftest import KAREN
from tests.deploy.stack import TAG, Stack
from tests.deploy.work import Visitors, require_effects
from tests.support.processes import free_ports

pytestmark = [pytest.mark.long(minutes=17), pytest.mark.timeout(1800)]
ADDRESS = "127.0.0.1"


@pytest.fixture
def checkout(tmp_path):
    """Give the operator's checkout."""
    folder = tmp_path / "samspil"
    folder.mkdir()
    return versions.Checkout(folder)


@pytest.fixture
def installation(images, checkout, tmp_path):
    """Give a stack of its own behind the edge, with the other Compose where there are two.

    The stack of the other tests, which are over, goes: two are more than two cores carry.
    """
    images.remove()
    https, http, *doors = free_ports(4)
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    authority = certificate.write(secrets, ADDRESS)
    made = Stack(
        tmp_path,
        project="samspil-versions",
        place=237,
        root=checkout.root,
        compose=engine.other_environment(),
        COMPOSE_PROFILES="edge,mailpit",
        PUBLIC_URL=f"https://{ADDRESS}:{https}",
        EDGE_ADDRESS=ADDRESS,
        HTTPS_PORT=str(https),
        HTTP_PORT=str(http),
        # Room for two of each beside each other: the edge finds them by name.
        GATEWAY_PORT=f"{doors[0]}-{doors[0] + 9}",
        PORTAL_PORT=f"{doors[1]}-{doors[1] + 9}",
    )
    made.portal_url = made.town.url = made.environment["PUBLIC_URL"]
    made.town.http = urllib3.PoolManager(
        maxsize=20, timeout=30, retries=False, ca_certs=str(authority)
    )
    checkout.hold_this()
    with made:
        yield made


def test_versions_come_and_go_under_load_and_nobody_notices(installation, checkout, applicants):
    before = versions.previous()
    if before is None:
        print("\nthe history here does not reach the version before: from this one to the next")
        checkout.hold_this()
    else:
        checkout.hold(before)
    installation.environment["SAMSPIL_TAG"] = "before"
    installation.build()
    installation.up()
    print(f"\n{installation.compose_version()}; started with {before or 'this'}")
    coordinator = Actor(installation.town, KAREN, "Karen Kontakt")
    all_of_them = []

    def move(tag, *arguments):
        installation.environment["SAMSPIL_TAG"] = tag
        # Images are built before anybody is disturbed.
        installation.build()
        with Visitors(
            installation, applicants[5], coordinator, repeats=False, http=installation.town.http
        ) as visitors:
            started = time.monotonic()
            said = installation.tool("upgrade", *arguments)
            seconds = time.monotonic() - started
        print(f"to {tag} in {seconds:.0f} s: {visitors.told()}\n{said}")
        visitors.require_all_answered()
        all_of_them.append(visitors)
        require_running(installation, tag)

    # The next version holds all that this one has changed, and one change of every kind more.
    checkout.hold_next()
    move("next")
    told_by_v2(installation)
    checkout.hold_this()
    move(TAG, "--back")

    for visitors in all_of_them:
        assert require_effects(installation, visitors, coordinator) == 0
    # Whoever brings it up once more finds nothing to do, and tables that are newer than it knows.
    there = installation.containers()
    since = [installation.inspect(name, ".State.StartedAt") for name in there]
    installation.up()
    assert installation.containers() == there
    assert [installation.inspect(name, ".State.StartedAt") for name in there] == since


def require_running(installation, tag):
    """Every container of ours is of this version."""
    found = {installation.inspect(name, ".Config.Image") for name in installation.containers()}
    ours = {each for each in found if each.startswith("samspil/")}
    assert {each.partition(":")[2] for each in ours} == {tag}, ours


def told_by_v2(installation):
    """The new version has said things in the new way, and its receivers took them so."""
    said = "SELECT count(*) FROM event_log WHERE type = 'directory.association.published.v2'"
    assert installation.number("directory", said) > 0
    heard = "SELECT count(*) FROM inbox WHERE type = 'directory.association.published.v2'"
    assert installation.number("notifier", heard) > 0
