"""The real services as they run in production: a process per role, RabbitMQ and SMTP between them.

The whole story is played elsewhere, in one process. Here a part of it shows that the processes,
their commands and their settings fit together, and that any of them may die.
"""

import re
import tomllib
from collections import Counter
from datetime import timedelta

import pytest
import urllib3

from chassis import clock
from embedded.actors import Actor, stable_id
from embedded.story import PDF, read_associations
from tests.support.eventually import eventually
from tests.support.system import PROFILE, ROLES, SERVICES, System

# What each contact is told of in this part of the story.
TOLD = ("association_published", "round_announced", "application_receipt")
KAREN = "karen.kontakt@vesthimmerland.example.org"
pytestmark = [pytest.mark.servers, pytest.mark.broker, pytest.mark.timeout(300)]


@pytest.fixture
def system(tmp_path, postgres, rabbitmq, smtp):
    """Give the whole system, running."""
    made = System(tmp_path, postgres, rabbitmq.url, smtp)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def coordinator(system):
    """Give the coordinator, who signs in by the link in a mail."""
    return Actor(system.town, KAREN, "Karen Kontakt")


@pytest.fixture
def applicants():
    """Give three made-up associations of the municipality."""
    return read_associations(tomllib.loads(PROFILE.read_text(encoding="utf-8")))[:3]


def test_a_round_is_played_while_its_processes_are_killed(system, coordinator, applicants, smtp):
    register(system, coordinator, applicants)
    round_ = announce(system, coordinator)
    for applicant in applicants:
        apply(system, applicant, round_)

    eventually(lambda: require_told(coordinator, TOLD, len(applicants)), within=60)
    message_ids = [mail.message["Message-ID"] for mail in smtp.mails]
    assert len(message_ids) == len(set(message_ids))
    vejviser = urllib3.request("GET", f"{system.portal_url}/foreninger").data.decode()
    assert all(each.name in vejviser for each in applicants)
    assert system.end() == {(name, role): 0 for name in SERVICES for role in ROLES}


def register(system, coordinator, applicants):
    for applicant in applicants:
        system.town.call("PUT", f"/api/v1/associations/{applicant.id}", applicant.registration)
    coordinator.sign_in()
    system.kill("directory", "relay")
    for applicant in applicants:
        coordinator.post(f"/api/v1/associations/{applicant.id}/approval")
    system.start_role("directory", "relay")
    # A round is announced to those the notifier knows of.
    eventually(lambda: require_told(coordinator, TOLD[:1], len(applicants)), within=30)


def announce(system, coordinator):
    """Announce a round that opens now, while nobody sends mails."""
    programme = coordinator.pages("/api/v1/programmes")[0]
    path = f"/api/v1/rounds/{stable_id('round', 'whole-system')}"
    today = clock.now()
    system.kill("notifier", "consume")
    coordinator.put(
        path,
        {
            "programme_id": programme["id"],
            "title": "§ 18-puljen",
            "frame_ore": 72_630_700,
            "opens_at": (today + timedelta(seconds=2)).isoformat(),
            "closes_at": (today + timedelta(days=28)).isoformat(),
            "council_on": (today + timedelta(days=47)).date().isoformat(),
            "committee_on": (today + timedelta(days=54)).date().isoformat(),
            "report_on": (today + timedelta(days=430)).date().isoformat(),
        },
    )
    coordinator.post(f"{path}/announcement")
    system.start_role("notifier", "consume")

    def is_open():
        assert system.town.call("GET", path)["status"] == "open"

    eventually(is_open, within=30)
    return system.town.call("GET", path)


def apply(system, applicant, round_):
    """Apply, while the service dies before the handing in, and nobody publishes it at first."""
    contact = Actor(system.town, applicant.email, applicant.contact)
    path = f"/api/v1/applications/{stable_id('application', applicant.key)}"
    contact.put(path, applicant.application(round_))
    contact.call(
        "PUT",
        f"{path}/attachments/{stable_id('attachment', applicant.key)}",
        raw=PDF,
        headers={"Content-Type": "application/pdf", "X-File-Name": "regnskab.pdf"},
    )
    for role in ("serve", "relay"):
        system.kill("grants", role)
    system.start_role("grants", "serve")
    contact.post(f"{path}/submission")
    system.start_role("grants", "relay")


def require_told(coordinator, templates, many):
    """Each contact was mailed each of these once."""
    sent = Counter(
        (each["template"], each["person_id"])
        for each in coordinator.pages("/api/v1/deliveries")
        if each["status"] == "sent" and each["template"] in templates
    )
    assert Counter(template for template, _ in sent) == dict.fromkeys(templates, many)
    assert set(sent.values()) == {1}


def test_what_is_published_reaches_who_subscribed_once_whoever_dies(system, coordinator, smtp):
    reader = "laeser@example.org"
    system.town.call(
        "POST",
        "/api/v1/subscriptions",
        {"email": reader, "subjects": ["document:policy", "news:grants"]},
    )
    secret = eventually(lambda: secret_mailed_to(smtp, reader), within=30)
    system.town.call("POST", "/api/v1/subscriptions/confirmation", {"token": secret})
    coordinator.sign_in()

    system.kill("directory", "relay")
    path = f"/api/v1/documents/{stable_id('document', 'whole-system')}"
    described = {"kind": "policy", "title": "Politik", "summary": "Aftalt.", "owner": "Kommunen"}
    coordinator.put(path, described)
    coordinator.call(
        "PUT",
        f"{path}/editions/{stable_id('edition', 'whole-system')}?dated_on=2026-01-01",
        raw="Frivillige er partnere i fællesspisningen.".encode(),
        headers={"X-File-Name": "politik.txt"},
    )
    coordinator.post(f"{path}/publication")
    system.start_role("directory", "relay")
    announce(system, coordinator)

    def is_told():
        assert sorted(subjects_to(smtp, reader)) == [
            "Nyhed: I kan snart søge: § 18-puljen",
            "Nyt dokument: Politik",
            "Vil du have nyheder på mail?",
        ]

    def is_found():
        found = system.town.call("GET", "/api/v1/documents?q=f%C3%A6llesspisning")["items"]
        assert [each["title"] for each in found] == ["Politik"]

    eventually(is_told, within=60)
    eventually(is_found, within=30)
    offered = system.town.call("GET", "/api/v1/funding-opportunities")["items"]
    assert [(each["source"], each["title"]) for each in offered] == [("round", "§ 18-puljen")]


def secret_mailed_to(smtp, address):
    texts = [
        mail.message.get_body(("plain",)).get_content()
        for mail in smtp.mails
        if mail.recipients == [address]
    ]
    found = [match[1] for text in texts if (match := re.search(r"noegle=([\w-]+)", text))]
    assert found
    return found[-1]


def subjects_to(smtp, address):
    return [mail.message["Subject"] for mail in smtp.mails if mail.recipients == [address]]
