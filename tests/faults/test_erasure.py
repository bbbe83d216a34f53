"""Who was erased stays so: in every table, queue and log, after replays and restores (F40).

The real services as processes, RabbitMQ and SMTP between them. One person, whose name, address and
telephone number occur nowhere else, leaves traces wherever a person can.
"""

from __future__ import annotations

import shlex
from datetime import timedelta

import pika
import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from chassis import clock, topology
from embedded.actors import Actor, stable_id
from tests.support.eventually import eventually
from tests.support.system import ROLES, SERVICES, System
from tools.databases import libpq
from tools.ops import group

NAME = "Canary Kanariefugl-Xyzzy"
EMAIL = "canary.xyzzy@example.org"
PHONE = "71 93 55 17"
TRACES = ("xyzzy", PHONE)
KAREN = "karen.kontakt@vesthimmerland.example.org"
PDF = b"%PDF-1.7\n% Underskrevet af " + NAME.encode() + b"\ntrailer\n<<>>\n%%EOF\n"
# What stays as it was written, because it is filed: the papers of an application (ADR 69).
HOLDS = {("grants", "file", "content")}
pytestmark = [pytest.mark.servers, pytest.mark.broker, pytest.mark.timeout(600)]


@pytest.fixture
def system(tmp_path, postgres, rabbitmq, smtp, monkeypatch):
    """Give the whole system, running."""
    monkeypatch.setenv("POSTGRES_BIN", str(postgres.program("pg_dump").parent))
    made = System(tmp_path, postgres, rabbitmq.url, smtp)
    made.broker_url = rabbitmq.url
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def coordinator(system):
    """Give the coordinator."""
    return Actor(system.town, KAREN, "Karen Kontakt")


@pytest.fixture
def canary(system, coordinator):
    """Let somebody leave traces in every service; return them, signed in."""
    association = stable_id("association", "canary")
    registered = f"/api/v1/associations/{association}"
    system.town.call(
        "PUT",
        registered,
        {
            "name": "Sangfuglene",
            "cvr": None,
            "form": "group",
            "purpose": f"Sang for alle. Ring til {NAME}.",
            "target_groups": ["everyone"],
            "area": "aars",
            "phone": PHONE,
            "public_email": EMAIL,
            "contact": {"name": NAME, "email": EMAIL},
        },
    )
    coordinator.post(f"{registered}/approval")
    somebody = {"name": "Anden Administrator", "email": "anden@example.org"}
    role = {"association_id": association, "person": somebody, "role": "administrator"}
    coordinator.put(f"/api/v1/memberships/{stable_id('membership', 'other')}", role)
    office = {
        "person": {"name": NAME, "email": EMAIL},
        "body": "centre",
        "title": "Medarbejder",
        "starts_on": "2020-01-01",
        "ends_on": None,
    }
    coordinator.put(f"/api/v1/offices/{stable_id('office', 'canary')}", office)
    person = Actor(system.town, EMAIL, NAME)
    person.association = association
    person.id = person.get("/api/v1/me")["id"]
    apply(person, coordinator)
    meet(person, coordinator)
    eventually(lambda: require(all(traces(system, each) for each in SERVICES)), within=60)
    return person


def apply(person, coordinator):
    """Hand in an application with a paper, and leave a draft."""
    programme = coordinator.pages("/api/v1/programmes")[0]
    round_ = f"/api/v1/rounds/{stable_id('round', 'canary')}"
    now = clock.now()
    coordinator.put(
        round_,
        {
            "programme_id": programme["id"],
            "title": "§ 18-puljen",
            "frame_ore": 72_630_700,
            "opens_at": (now - timedelta(minutes=1)).isoformat(),
            "closes_at": (now + timedelta(days=28)).isoformat(),
            "council_on": (now + timedelta(days=40)).date().isoformat(),
            "committee_on": (now + timedelta(days=50)).date().isoformat(),
        },
    )
    coordinator.post(f"{round_}/announcement")
    eventually(lambda: require(coordinator.get(round_)["status"] == "open"), within=30)
    written = {
        "round_id": round_.rsplit("/", 1)[-1],
        "association_id": person.association,
        "title": "Fællessang",
        "activity": "Vi synger.",
        "target_group": "Alle",
        "amount_ore": 1_000_000,
        "budget": [{"kind": "cost", "text": "Noder", "amount_ore": 1_000_000}],
        "contact_name": NAME,
        "signatory_name": NAME,
    }
    for name, more in (("sent", {}), ("draft", {"activity": f"{NAME} dirigerer."})):
        path = f"/api/v1/applications/{stable_id('application', name)}"
        person.put(path, {**written, **more})
    sent = f"/api/v1/applications/{stable_id('application', 'sent')}"
    person.call(
        "PUT",
        f"{sent}/attachments/{stable_id('attachment', 'canary')}",
        raw=PDF,
        headers={"Content-Type": "application/pdf", "X-File-Name": "regnskab.pdf"},
    )
    person.post(f"{sent}/submission")


def meet(person, coordinator):
    """Sign up with a note, and answer a hearing with one's name under it."""
    now = clock.now()
    meeting = f"/api/v1/meetings/{stable_id('meeting', 'canary')}"
    hearing = f"/api/v1/hearings/{stable_id('hearing', 'canary')}"
    coordinator.put(
        meeting,
        {
            "kind": "dialogue",
            "title": "Dialogmøde",
            "starts_at": (now + timedelta(days=40)).isoformat(),
            "ends_at": (now + timedelta(days=40, hours=2)).isoformat(),
            "place": "Rådhuset",
            "audience": "associations",
        },
    )
    coordinator.post(f"{meeting}/calling")
    coordinator.put(
        hearing,
        {
            "title": "Ny politik",
            "question": "Hvad mangler?",
            "audience": {"all": True},
            "closes_at": (now + timedelta(days=40)).isoformat(),
        },
    )
    coordinator.post(f"{hearing}/opening")
    about = {"association_id": person.association}
    person.put(
        f"/api/v1/registrations/{stable_id('registration', 'canary')}",
        {**about, "meeting_id": meeting.rsplit("/", 1)[-1], "note": f"{NAME}, {PHONE}"},
    )
    person.put(
        f"/api/v1/responses/{stable_id('response', 'canary')}",
        {**about, "hearing_id": hearing.rsplit("/", 1)[-1], "text": f"Lokaler.\nHilsen {NAME}"},
    )


def traces(system, service):
    """Where a service's database names the person: every column of every table is read."""
    found = set()
    with psycopg.connect(libpq(system.databases[service])) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            names = [column.name for column in rows.description or ()]
            for row in rows:
                found |= {
                    (service, table, name)
                    for name, value in zip(names, row, strict=True)
                    if is_traced(value)
                }
    return found


def is_traced(value):
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return any(trace in text.casefold() for trace in TRACES)


def require(holds):
    assert holds


def require_gone(system):
    """Nowhere but in what is held by law; nothing waits that could bring them back."""
    found = set().union(*(traces(system, service) for service in SERVICES))
    assert found == HOLDS
    assert [row for service in SERVICES for row in waiting(system, service)] == []


def waiting(system, service):
    """What a service has still to settle or to publish."""
    with psycopg.connect(libpq(system.databases[service])) as connection:
        return connection.execute(
            "SELECT %(service)s, status, type, subject, sequence, left(error, 200) FROM inbox"
            " WHERE settled_at IS NULL UNION ALL"
            " SELECT %(service)s, 'unpublished', type, subject, sequence, '' FROM event_log"
            " WHERE published_at IS NULL",
            {"service": service},
        ).fetchall()


def require_complete(system, receipt):
    told = system.town.call("POST", "/api/v1/erasure-receipts/opening", {"receipt": receipt})
    assert told["is_complete"], told
    return told


def queues_hold_nothing(system):
    """The queues are empty; what nobody listens to says nothing of the person."""
    with pika.BlockingConnection(topology.parameters(system.broker_url, "test")) as connection:
        channel = connection.channel()
        for service in SERVICES:
            for queue in (service, topology.dead_queue(service)):
                assert channel.queue_declare(queue, passive=True).method.message_count == 0
        while True:
            method, properties, body = channel.basic_get(topology.UNROUTED, auto_ack=True)
            if method is None:
                break
            assert not is_traced(body), properties.type


def ops(system, command, *arguments):
    named = [f"--database={name}={url}" for name, url in system.databases.items()]
    answer = CliRunner().invoke(group, [command, *named, *map(str, arguments)])
    assert answer.exit_code == 0, answer.output
    return answer.output


def replay(system, told):
    """Run the replays that a command printed."""
    for line in told.splitlines():
        words = shlex.split(line)
        if "replay" in words:
            publisher = words[words.index("-m") + 1].removeprefix("services.")
            system.run(publisher, *words[words.index("-m") + 2 :])


def put_back(system, service, folder):
    """Restore a service's database and reconcile it, as docs/operations/backup.md says."""
    for role in ROLES:
        system.kill(service, role)
    eventually(
        lambda: ops(system, "restore", service, folder / f"{service}.dump", "--yes"), within=30
    )
    assert traces(system, service) - HOLDS, "the backup knows the person"
    system.run(service, "migrate")
    told = ops(system, "reconcile", service, "--mend")
    assert f"{service} forgets 1 erased people" in told
    for role in ("schedule", "serve", "consume", "relay"):
        system.start_role(service, role)
    replay(system, told)


def test_f40_who_was_erased_does_not_come_back(system, coordinator, canary, tmp_path):
    backups = tmp_path / "backups"
    ops(system, "backup", "--to", backups)
    (folder,) = backups.iterdir()
    for service in SERVICES:
        told = canary.get(f"/api/v1/personal-data/{service}/{canary.id}")
        assert told["parts"], service
        assert is_traced(told), service

    receipt = canary.call("DELETE", f"/api/v1/people/{canary.id}")["receipt"]

    told = eventually(lambda: require_complete(system, receipt), within=60)
    kept = {
        (answer["service"], each["what"], each["rule"])
        for answer in told["answers"]
        for each in answer["kept"]
    }
    assert {
        ("grants", "case", "public-record"),
        ("grants", "case-text", "public-record"),
        ("meetings", "response", "public-record"),
        ("notifier", "mail-log", "public-record"),
    } <= kept
    eventually(lambda: require_gone(system), within=30)
    queues_hold_nothing(system)

    # Every projection is made anew of what the logs say.
    for service in ("grants", "meetings", "notifier"):
        replay(system, system.run(service, "rebuild", "--yes"))
    eventually(lambda: require_gone(system), within=60)

    # A receiver is put back to before, then the publisher of all this itself.
    for service in ("notifier", "grants", "directory"):
        put_back(system, service, folder)
        eventually(lambda: require_gone(system), within=90)
    erasure = eventually(lambda: complete_again(coordinator, canary), within=60)
    assert erasure["asked_by"] == "restore"
    queues_hold_nothing(system)


def complete_again(coordinator, canary):
    found = coordinator.get(f"/api/v1/erasures/{canary.id}")
    assert found["is_complete"], found
    return found
