"""The directory under test, and associations a person recognises."""

from uuid import uuid4

import pytest

from services.directory.app import service as directory_service


@pytest.fixture
def service():
    return directory_service


@pytest.fixture
def registration():
    """Make what an association writes when it registers itself."""

    def make(**changes):
        body = {
            "name": "Nørrebro Skakklub",
            "cvr": "13748136",
            "purpose": "Skak og naturvandringer for alle.",
            "target_groups": ["everyone"],
            "area": "aars",
            "contact": {"name": "Skjalm Skak", "email": "skjalm@example.org"},
        }
        return {**body, **changes}

    return make


@pytest.fixture
def coordinator(principal):
    return principal("coordinator")


@pytest.fixture
def published(client, coordinator, registration):
    """Register and approve an association; return it with its contact."""

    def make(**changes):
        id_ = uuid4()
        changes = {"cvr": None, **changes}
        assert (
            client.put(f"/api/v1/associations/{id_}", json=registration(**changes)).status_code
            == 201
        )
        answer = client.as_(coordinator).post(f"/api/v1/associations/{id_}/approval")
        assert answer.status_code == 200, answer.json
        return client.as_(coordinator).get(f"/api/v1/associations/{id_}").json

    return make
