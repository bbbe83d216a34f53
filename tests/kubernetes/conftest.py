"""Both overlays, rendered once."""

import pytest

from tests.kubernetes import rendering


@pytest.fixture(scope="session")
def command():
    """Give what renders."""
    found = rendering.renderer()
    assert found is not None, rendering.MISSING
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
