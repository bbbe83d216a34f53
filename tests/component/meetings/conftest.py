"""The meetings service on a real PostgreSQL, and people and associations it knows."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.directory import AssociationPublished, OfficeGranted, PersonRegistered
from contracts.values import Body
from services.meetings.app import service as meetings_service

MAY = datetime(2024, 5, 1, 8, tzinfo=UTC)
JUNE = datetime(2024, 6, 12, 15, tzinfo=UTC)


@pytest.fixture
def service():
    return meetings_service


@pytest.fixture
def clock(clock):
    """Stand at 1 May 2024: the dialogue meeting is six weeks away."""
    clock.set(MAY)
    return clock


@pytest.fixture
def coordinator(client, principal, clock):
    """Act as the coordinator."""
    return client.as_(principal("coordinator"))


@pytest.fixture
def publish_association(deliver, clock):
    """Bring an association into the vejviser; return its id."""

    def publish(name="Nørre Samvær", target_groups=("older",)):
        association_id = uuid4()
        deliver(
            AssociationPublished(
                association_id=association_id,
                name=name,
                cvr=None,
                purpose="Samvær",
                target_groups=target_groups,
                area="aars",
                contact_person_id=uuid4(),
            )
        )
        return association_id

    return publish


@pytest.fixture
def member(client, principal, deliver, clock):
    """Act as somebody in an association."""

    def act(association_id, role="administrator", name="Anna Andersen"):
        person = principal(name=name, associations={association_id: role})
        deliver(PersonRegistered(person_id=person.id, name=name, email="anna@example.org"))
        acting = client.as_(person)
        acting.person_id = person.id
        return acting

    return act


@pytest.fixture
def council_member(client, principal, deliver, clock):
    """Act as a member of the council."""
    person = principal("council", name="Ruth Rådsformand")
    deliver(office("council", person_id=person.id))
    acting = client.as_(person)
    acting.person_id = person.id
    return acting


def office(body, *, person_id=None, title="Medlem", starts_on=date(2023, 1, 1), ends_on=None):
    """Say that somebody took an office."""
    return OfficeGranted(
        office_id=uuid4(),
        person_id=person_id or uuid4(),
        person_name="Ruth Rådsformand",
        body=Body(body),
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def meeting_body(**changes):
    """Describe the dialogue meeting of 2024."""
    return {
        "kind": "dialogue",
        "title": "Dialogmøde 2024",
        "description": "Årets møde",
        "starts_at": JUNE.isoformat(),
        "ends_at": (JUNE + timedelta(hours=2)).isoformat(),
        "place": "Medborgersalen, Aars",
        "capacity": 40,
        "audience": "associations",
        "agenda": ["Velkomst", "Årets pulje"],
        **changes,
    }


def hearing_body(**changes):
    """Describe a hearing of the council and of those who work with older people."""
    return {
        "title": "Nyt værested i Farsø",
        "question": "Hvad skal værestedet kunne?",
        "to_council": True,
        "audience": {"target_groups": ["older"]},
        **changes,
    }


@pytest.fixture
def called(coordinator):
    """Call a meeting; return its path."""

    def call(**changes):
        path = f"/api/v1/meetings/{uuid4()}"
        assert coordinator.put(path, json=meeting_body(**changes)).status_code == 201
        assert coordinator.post(f"{path}/calling").status_code == 200
        return path

    return call


@pytest.fixture
def opened(coordinator):
    """Open a hearing; return its path."""

    def open_(**changes):
        path = f"/api/v1/hearings/{uuid4()}"
        assert coordinator.put(path, json=hearing_body(**changes)).status_code == 201
        answer = coordinator.post(f"{path}/opening")
        assert answer.status_code == 200, answer.json
        return path

    return open_


def id_of(path):
    """Return the id at the end of a path."""
    return path.rsplit("/", 1)[-1]


def slug_of(answer):
    """Return the slug of a problem, and check its form."""
    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)
    assert answer.json["status"] == answer.status_code
    return answer.json["type"].removeprefix("/problems/")


def refusal(answer):
    """Return status and slug of a refusal."""
    return answer.status_code, slug_of(answer)
