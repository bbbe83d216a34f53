"""A person who is forgotten is forgotten in what a service has not yet handled, too (ADR 7, 69)."""

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


def everything(database: Any) -> str:
    """Give the text of every row of every table, the stored messages included."""
    with database.reading() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        return "\n".join(
            bytes(value).decode(errors="replace") if isinstance(value, bytes) else str(value)
            for table in tables
            for row in session.execute(text(f'SELECT * FROM "{table}"'))
            for value in row
        )


def known(person: Any) -> directory.PersonRegistered:
    return directory.PersonRegistered(person_id=person, name=CANARY, email="canary@example.org")


def test_what_is_said_of_them_later_is_blanked_before_it_is_handled(
    deliver: Any, database: Any
) -> None:
    """A publisher that was put back to an older copy knows the name, and says it again (F40)."""
    person = uuid4()
    deliver(known(person))
    deliver(directory.PersonErased(person_id=person))

    outcome = deliver(
        directory.PersonChanged(
            person_id=person, name=CANARY, email="canary@example.org", language="da"
        )
    )

    assert outcome == "handled"
    assert "anary" not in everything(database)


def test_what_comes_early_of_them_waits_without_their_name(deliver: Any, database: Any) -> None:
    person = uuid4()
    deliver(known(person))
    deliver(directory.PersonErased(person_id=person))

    deliver(
        directory.PersonChanged(
            person_id=person, name=CANARY, email="canary@example.org", language="da"
        ),
        sequence=9,
        expect="parked",
    )

    assert "anary" not in everything(database)


def test_who_a_restore_brought_back_is_forgotten_again(
    deliver: Any, database: Any, schedule: Any
) -> None:
    person = uuid4()
    deliver(known(person))
    assert CANARY in everything(database)
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tombstone (person_id, erased_at) VALUES (:id, now())"),
            {"id": person},
        )

    schedule()

    assert "anary" not in everything(database)
    with database.reading() as session:
        (applied,) = session.scalars(text("SELECT applied_at FROM tombstone"))
    assert applied is not None


def test_the_directory_is_told_what_is_kept(deliver: Any, outbox: Any, service: Service) -> None:
    person = uuid4()
    deliver(known(person))

    deliver(directory.PersonErased(person_id=person), times=2)

    (answer,) = [each for each in outbox.events if type(each).__name__ == "PersonRedacted"]
    assert (answer.SERVICE, answer.person_id, answer.kept) == (service.name, person, ())
