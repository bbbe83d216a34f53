"""The notifier on a real PostgreSQL, a mail server, and people and associations it knows."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts import directory
from contracts.values import Body
from services.notifier.app import service as notifier_service
from tests.support.mailing import Office

FEBRUARY = datetime(2024, 2, 1, 8, tzinfo=UTC)


@pytest.fixture
def service():
    return notifier_service


@pytest.fixture
def environment(mail_server):
    return {"SMTP_URL": mail_server.url, "PUBLIC_URL": "https://samspil.example.org"}


@pytest.fixture
def clock(clock):
    """Stand at 1 February 2024, before the round."""
    clock.set(FEBRUARY)
    return clock


@pytest.fixture
def office(service, database, settings, deliver, clock, smtp):
    """Give the notifier with people to write to, and a hand on its worker."""
    return Office(service, database, settings, deliver, clock)


@pytest.fixture
def publish(office, deliver):
    """Bring an association into the vejviser; return its id and its contact's."""

    def bring(name="Nørrebro Skakklub", *, contact=None):
        contact = contact or office.person()
        association = uuid4()
        deliver(
            directory.AssociationPublished(
                association_id=association,
                name=name,
                cvr=None,
                purpose="Skak for alle",
                target_groups=("everyone",),
                area="aars",
                contact_person_id=contact,
            )
        )
        return association, contact

    return bring


@pytest.fixture
def appoint(office, deliver):
    """Put a person into a body; return their id."""

    def put(body, *, person=None, title="Medlem", ends_on=None, name="Karen Kontakt"):
        person = person or office.person(name)
        deliver(
            directory.OfficeGranted(
                office_id=uuid4(),
                person_id=person,
                person_name=name,
                body=Body(body),
                title=title,
                starts_on=date(2023, 1, 1),
                ends_on=ends_on,
            )
        )
        return person

    return put


@pytest.fixture
def queued(database):
    """Say to whom mails of a kind are queued, as (person, status)."""

    def of(template):
        with database.reading() as session:
            rows = session.execute(
                text("SELECT person_id, status FROM delivery WHERE template = :name"),
                {"name": template},
            )
            return sorted((row.person_id, row.status) for row in rows)

    return of
