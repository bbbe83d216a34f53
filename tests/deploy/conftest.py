"""The stack of the tests of deploy/: built once, started once, taken away at the end."""

import time
import tomllib

import pytest

from embedded.actors import Actor
from embedded.story import read_associations
from tests.deploy import engine
from tests.deploy.stack import PROJECT, ROOT, Stack
from tests.support.processes import Watchdog

KAREN = "karen.kontakt@vesthimmerland.example.org"
PROFILE = ROOT / "profiles" / "vesthimmerland.toml"


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Give a stack whose images are built."""
    missing = engine.prepare()
    assert not missing, f"no containers: {missing}"
    built = Stack(tmp_path_factory.mktemp("stack"))
    started = time.monotonic()
    built.build()
    print(f"\nsix images built in {time.monotonic() - started:.0f} s")
    return built


@pytest.fixture(scope="session")
def stack(images):
    """Give the running stack; nothing of it is left afterwards, not even when pytest is killed."""
    chosen = f"--filter label=com.docker.compose.project={PROJECT}"
    watchdog = Watchdog(
        f"docker ps -aq {chosen} | xargs -r docker rm -f -v\n"
        f"docker volume ls -q {chosen} | xargs -r docker volume rm\n"
        f"docker network ls -q {chosen} | xargs -r docker network rm\n"
    )
    images.remove()
    started = time.monotonic()
    try:
        images.said = images.up()
        print(f"\nfrom nothing to a page in {time.monotonic() - started:.0f} s")
        yield images
    finally:
        images.remove()
        watchdog.dismiss()


@pytest.fixture
def coordinator(stack):
    """Give the coordinator, who signs in by the link in a mail."""
    return Actor(stack.town, KAREN, "Karen Kontakt")


@pytest.fixture(scope="session")
def applicants():
    """Give the made-up associations of the municipality."""
    return read_associations(tomllib.loads(PROFILE.read_text(encoding="utf-8")))
