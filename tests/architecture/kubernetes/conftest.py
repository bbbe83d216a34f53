"""Both overlays, rendered once."""

import pytest

from tests.architecture.kubernetes import rendering
from tests.support import judges


@pytest.fixture(scope="session")
def command():
    """Give what renders; where nothing does, say so in one line, and fail in CI."""
    found = rendering.renderer()
    if found is None:
        (pytest.fail if judges.must_be_there() else pytest.skip)(rendering.MISSING)
    return found


@pytest.fixture(scope="session")
def rendered(command):
    """Give the manifests of each overlay; nobody may change them."""
    return {
        name: rendering.render(command, rendering.FOLDER / "overlays" / name)
        for name in rendering.OVERLAYS
    }


@pytest.fixture(params=rendering.OVERLAYS)
def manifests(request, rendered):
    """Give the manifests of one overlay, of both in turn."""
    return rendered[request.param]
