"""Fixtures for tests on the sample services; a conftest imports what it needs."""

from pathlib import Path

import pytest

import tests.support.sample.reader
import tests.support.sample.shelf  # noqa: F401 - migrations are found beside the package
from tests.support.sample import services
from tests.support.sample.services import reader

PROFILE = Path(__file__).parent / "profile.toml"


@pytest.fixture
def service():
    return reader


@pytest.fixture
def profile_path():
    return PROFILE


@pytest.fixture
def heal():
    """Let handlers succeed that failed before; they fail again after the test."""
    yield lambda: services.failing.add("healed")
    services.failing.clear()
