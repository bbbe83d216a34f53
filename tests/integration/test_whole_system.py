"""The real services as they run in production: a process per role, RabbitMQ and SMTP between them.

The whole story is played elsewhere, in one process. Here a part of it shows that the processes,
their commands and their settings fit together, and that any of them may die.
"""

import os
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
import urllib3

from chassis import clock
from embedded.actors import Actor, Town, stable_id
from embedded.story import PDF, read_associations
from tests.journeys.conftest import ROOT
from tests.support.eventually import eventually
from tests.support.processes import free_ports

SERVICES = ("directory", "grants", "meetings", "notifier")
ROLES = ("serve", "consume", "relay", "schedule")
PROFILE = ROOT / "profiles" / "vesthimmerland.toml"
# What each contact is told of in this part of the story.
TOLD = ("association_published", "round_announced", "application_receipt")
KAREN = "karen.kontakt@vesthimmerland.example.org"
pytestmark = [pytest.mark.servers, pytest.mark.broker, pytest.mark.timeout(300)]


class MailedTown(Town):
    """A town whose mails are at a mail server, and whose portal has an address of its own."""

    smtp = None
    portal_url = ""

    def mails(self, to=""):
        return [
            {"id": number, "text": words(mail).replace(self.portal_url, self.url)}
            for number, mail in enumerate(self.smtp.mails)
            if not to or to in mail.recipients
        ]


def words(mail):
    return mail.message.get_body(("plain",)).get_content()


class System:
    """Every role of every service, the gateway and the portal."""

    def __init__(self, folder, postgres, broker_url, smtp):
        self._folder = folder
        self._processes = {}
        ports = free_ports(len(SERVICES) + 2)
        self._ports = dict(zip((*SERVICES, "gateway", "portal"), ports, strict=True))
        self.url, self.portal_url = (
            f"http://127.0.0.1:{self._ports[name]}" for name in ("gateway", "portal")
        )
        upstreams = {
            f"UPSTREAM_{name.upper()}": f"http://127.0.0.1:{self._ports[name]}" for name in SERVICES
        }
        suffix = uuid4().hex[:8]
        common = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AMQP_URL": broker_url,
            "PROFILE": str(PROFILE),
            "PUBLIC_URL": self.portal_url,
            "JWKS_URL": f"{upstreams['UPSTREAM_DIRECTORY']}/.well-known/jwks.json",
            "SMTP_URL": smtp.url,
            "CLIENT_LIMIT_FACTOR": "100",
        }
        self._environments = {
            name: {**common, "DATABASE_URL": postgres.ensure_database(f"{name}_{suffix}")}
            for name in SERVICES
        }
        self._environments["gateway"] = {**common, **upstreams}
        self._environments["portal"] = {
            **common,
            "GATEWAY_URL": self.url,
            "PORTAL_SECRET": uuid4().hex * 2,
            "COOKIE_SECURE": "false",
        }
        self.town = MailedTown(self.url, patience=60)
        self.town.smtp, self.town.portal_url = smtp, self.portal_url

    def start(self):
        """Migrate, start everything, and wait for an answer through the gateway."""
        migrations = [self._run(name, "migrate") for name in SERVICES]
        assert [process.wait(60) for process in migrations] == [0] * len(SERVICES)
        for name in SERVICES:
            for role in ROLES:
                self.start_role(name, role)
        for name in ("gateway", "portal"):
            self.start_role(name, "serve")
        eventually(lambda: urllib3.request("GET", self.portal_url, retries=False), within=90)
        self.town.pages("/api/v1/associations")

    def start_role(self, name, role):
        """Start one, or start it again."""
        choices = ()
        if role == "serve":
            choices = ("--port", str(self._ports[name]), "--workers", "1")
        self._processes[name, role] = self._run(name, role, *choices)

    def kill(self, name, role):
        """Kill -9 one."""
        process = self._processes[name, role]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def end(self):
        """Ask all to end; return what the roles of the services ended with."""
        for process in self._processes.values():
            process.terminate()
        codes = {key: process.wait(40) for key, process in self._processes.items()}
        return {key: code for key, code in codes.items() if key[0] in SERVICES}

    def close(self):
        """End whatever is left."""
        for process in self._processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)

    def _run(self, name, *arguments):
        module = f"services.{name}" if name in SERVICES else name
        with (self._folder / f"{name}-{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=self._environments[name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


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
