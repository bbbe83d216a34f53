"""The meetings service on a real PostgreSQL, and people and associations it knows."""

import pytest

from services.meetings.app import service as meetings_service


@pytest.fixture
def service():
    return meetings_service
