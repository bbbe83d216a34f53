"""The grants service on a real PostgreSQL: a round, applicants, a council and a committee."""

from datetime import UTC, date, datetime
from urllib.parse import quote
from uuid import uuid4

import pytest

from contracts.directory import (
    AssociationPublished,
    MembershipGranted,
    OfficeGranted,
    PersonRegistered,
)
from contracts.values import Body
from services.grants.app import service as grants_service

FEBRUARY = datetime(2024, 2, 1, 9, tzinfo=UTC)
OPENS = datetime(2024, 2, 15, 7, tzinfo=UTC)
CLOSES = datetime(2024, 3, 15, 22, 59, tzinfo=UTC)
OPEN = datetime(2024, 3, 1, 9, tzinfo=UTC)
APRIL = datetime(2024, 4, 3, 10, tzinfo=UTC)
FRAME = 726_307_00
KR = 100
REASONS = {"rules": "Serviceloven § 18", "considerations": "Der er søgt om mere end rammen."}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def service():
    return grants_service


@pytest.fixture
def clock(clock):
    """Stand at 1 February 2024: the round is not announced yet."""
    clock.set(FEBRUARY)
    return clock


@pytest.fixture
def coordinator(client, principal, clock):
    return client.as_(principal("coordinator", name="Karen Kontakt"))


@pytest.fixture
def programme(coordinator):
    return coordinator.get("/api/v1/programmes").json["items"][0]


def round_body(programme, **changes):
    """Describe Vesthimmerland's round of 2024."""
    return {
        "programme_id": programme["id"],
        "title": "§ 18-puljen 2024",
        "frame_ore": FRAME,
        "opens_at": OPENS.isoformat(),
        "closes_at": CLOSES.isoformat(),
        "council_on": "2024-04-03",
        "committee_on": "2024-04-08",
        "report_on": "2025-03-01",
        **changes,
    }


@pytest.fixture
def announced(coordinator, programme):
    """Announce a round; return its path."""

    def announce(**changes):
        path = f"/api/v1/rounds/{uuid4()}"
        answer = coordinator.put(path, json=round_body(programme, **changes))
        assert answer.status_code == 201, answer.json
        assert coordinator.post(f"{path}/announcement").status_code == 200
        return path

    return announce


@pytest.fixture
def open_round(announced, clock, schedule):
    """Announce a round and let its opening come; return its path."""

    def open_(**changes):
        path = announced(**changes)
        clock.set(OPEN)
        schedule()
        return path

    return open_


@pytest.fixture
def publish_association(deliver, clock):
    """Bring an association into the vejviser; return its id."""

    def publish(name="Nørre Samvær", cvr=None):
        association_id = uuid4()
        deliver(
            AssociationPublished(
                association_id=association_id,
                name=name,
                cvr=cvr,
                purpose="Samvær",
                target_groups=("older",),
                area="aars",
                contact_person_id=uuid4(),
            )
        )
        return association_id

    return publish


def application_body(round_path, association_id, **changes):
    """Describe an application that can be handed in."""
    return {
        "round_id": id_of(round_path),
        "association_id": str(association_id),
        "title": "Fællesspisning i Farsø",
        "activity": "Vi spiser sammen hver torsdag.",
        "target_group": "Ældre, der spiser alene",
        "volunteers_count": 12,
        "users_count": 40,
        "place": "Farsø",
        "period": "Hele 2024",
        "amount_ore": 30_000 * KR,
        "budget": [
            {"kind": "cost", "text": "Råvarer", "amount_ore": 34_000 * KR},
            {"kind": "income", "text": "Kontingent", "amount_ore": 4_000 * KR},
        ],
        "contact_name": "Anna Andersen",
        "signatory_name": "Bent Bentsen",
        "first_time": True,
        **changes,
    }


@pytest.fixture
def member(client, principal, deliver, clock):
    """Act as somebody in an association; a leader's membership is known to the service too."""

    def act(association_id, role="administrator", name="Anna Andersen", *roles):
        person = principal(*roles, name=name, associations={association_id: role})
        deliver(PersonRegistered(person_id=person.id, name=name, email="anna@example.org"))
        deliver(membership(association_id, person.id, role=role))
        return person_client(client, person)

    return act


@pytest.fixture
def official(client, principal, deliver, clock):
    """Act as somebody who holds an office."""

    def act(body, name="Ruth Rådsformand", associations=None):
        person = principal(body, name=name, associations=associations or {})
        deliver(office(body, person_id=person.id, name=name))
        return person_client(client, person)

    return act


@pytest.fixture
def council(official):
    """Act as five members of the council, the quorum being three."""
    names = ("Ruth", "Viggo", "Aase", "Lars", "Fatma")
    return [official("council", f"{name} Rådsmedlem") for name in names]


@pytest.fixture
def committee(official):
    """Act as the chair of the committee."""
    return official("committee", "Ulla Udvalgsformand")


@pytest.fixture
def drafted(publish_association, member):
    """Write a draft for a new association; return its path and its administrator's client."""

    def draft(round_path, *, name="Nørre Samvær", association_id=None, client=None, **changes):
        association_id = association_id or publish_association(name)
        client = client or member(association_id, name=f"Leder af {name}")
        path = f"/api/v1/applications/{uuid4()}"
        answer = client.put(path, json=application_body(round_path, association_id, **changes))
        assert answer.status_code == 201, answer.json
        client.association_id = association_id
        return path, client

    return draft


@pytest.fixture
def submitted(drafted):
    """Hand an application in for a new association; return its path and client."""

    def submit(round_path, **changes):
        path, client = drafted(round_path, **changes)
        answer = client.post(f"{path}/submission")
        assert answer.status_code == 200, answer.json
        return path, client

    return submit


@pytest.fixture
def closed(open_round, submitted, clock, schedule):
    """Let a round close with some applications of these amounts; return both sorts of paths."""

    def close(*amounts_ore, **changes):
        round_path = open_round(**changes)
        cases = [
            submitted(round_path, name=f"Forening {place}", **asking(amount))
            for place, amount in enumerate(amounts_ore or (30_000 * KR,))
        ]
        clock.set(APRIL)
        schedule()
        return round_path, cases

    return close


def asking(amount_ore):
    """Ask for an amount, with a budget of one cost."""
    cost = {"kind": "cost", "text": "Aktiviteter", "amount_ore": amount_ore}
    return {"amount_ore": amount_ore, "budget": [cost]}


def decide(client, case, granted_ore, **changes):
    """Decide an application; return the answer."""
    body = {"application_id": id_of(case), "granted_ore": granted_ore, **changes}
    return client.put(f"/api/v1/decisions/{uuid4()}", json=body)


def attach(client, case, content=PDF, *, name="Regnskab 2023.pdf", media_type="application/pdf"):
    """Attach a file to an application; return the answer."""
    return client.put(
        f"{case}/attachments/{uuid4()}",
        data=content,
        headers={"Content-Type": media_type, "X-File-Name": quote(name)},
    )


def membership(association_id, person_id, *, role="member", leads=False, id_=None):
    """Say that somebody got a role in an association."""
    return MembershipGranted(
        membership_id=id_ or uuid4(),
        association_id=association_id,
        person_id=person_id,
        role=role,
        leads=leads,
        is_contact=False,
    )


def office(body, *, person_id=None, name="Ruth Rådsformand", id_=None):
    """Say that somebody took an office."""
    return OfficeGranted(
        office_id=id_ or uuid4(),
        person_id=person_id or uuid4(),
        person_name=name,
        body=Body(body),
        title="Medlem",
        starts_on=date(2023, 1, 1),
        ends_on=None,
    )


def person_client(client, person):
    """Return a client that acts as somebody and knows who that is."""
    acting = client.as_(person)
    acting.person_id = person.id
    return acting


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


def fields_of(answer):
    """Return which fields a refusal names."""
    return {error["pointer"] for error in answer.json["errors"]}
