"""A person who is forgotten is forgotten in what a service has not yet handled, too (ADR 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

import embedded.contracts
from chassis.service import Service
from contracts import directory
from contracts.values import Body

CANARY = "Canary Kanariefugl"


@pytest.fixture(params=["grants", "meetings", "notifier"])
def service(request: pytest.FixtureRequest) -> Service:
    return embedded.contracts.services()[request.param]


@pytest.fixture
def environment(service: Service) -> Mapping[str, str]:
    return embedded.contracts.placeholders(service)


def test_what_waits_in_the_inbox_forgets_the_person(deliver: Any, database: Any) -> None:
    person = uuid4()
    waiting = directory.OfficeGranted(
        office_id=uuid4(),
        person_id=person,
        person_name=CANARY,
        body=Body.COUNCIL,
        title="Medlem",
        starts_on=date(2023, 1, 1),
        ends_on=None,
    )
    deliver(waiting, sequence=2, expect="parked")

    deliver(directory.PersonErased(person_id=person))

    with database.reading() as session:
        (body,) = session.scalars(text("SELECT body FROM inbox WHERE status = 'parked'"))
    assert CANARY.encode() not in bytes(body)
    assert str(person).encode() in bytes(body)
