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


@pytest.fixture
def described():
    """Make what somebody writes of an offer, but for whose it is."""

    def make(**changes):
        body = {
            "title": "Besøgsven",
            "description": "En kop kaffe og en snak en gang om ugen.",
            "target_groups": ["older"],
            "topics": ["visiting"],
            "area": "aars",
            "place": "Kulturcentret, Himmerlandsgade 59",
            "postcode": "9600",
            "times": [
                {
                    "rrule": "FREQ=WEEKLY;BYDAY=TU",
                    "starts_on": "2026-03-03",
                    "starts": "10:00",
                    "ends": "12:00",
                }
            ],
            "contact_title": "Besøgstjenesten",
            "contact_email": "besoeg@example.org",
            "price_ore": 0,
        }
        return {**body, **changes}

    return make


@pytest.fixture
def offered(client, coordinator, described):
    """Write and publish an offer of an association; return it."""

    def make(association, **changes):
        path = f"/api/v1/offers/{uuid4()}"
        body = described(association_id=association["id"], **changes)
        staff = client.as_(coordinator)
        assert staff.put(path, json=body).status_code == 201
        answer = staff.post(f"{path}/publication")
        assert answer.status_code == 200, answer.json
        return answer.json

    return make
