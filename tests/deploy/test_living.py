"""The stack at work: a story at present dates, scaled while mails flow, killed piece by piece."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import urllib3

from chassis import clock
from embedded.actors import Actor
from tests.deploy.stack import SERVICES
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(1800)
PUBLISHED = "er nu med i vejviseren"
ASSOCIATIONS = 200
ROUNDS = 10
# A broker killed sooner after its queues were first declared may forget them.
SETTLED_SECONDS = 8
KILLED = [
    *(f"{name}-{role}" for name in ("directory", "notifier") for role in ("serve", "consume")),
    *("directory-relay", "notifier-relay", "directory-schedule", "gateway", "portal"),
    *("postgres", "rabbitmq"),
]


class Applicants:
    """Made-up associations of this test alone, each with one contact."""

    def __init__(self, stack, like, count):
        self._stack = stack
        self._like = like
        self.word = uuid4().hex[:8]
        self.count = count
        self.ids = [str(uuid4()) for _ in range(count)]

    def email(self, number):
        return f"kontakt-{self.word}-{number}@example.org"

    def name(self, number):
        return f"Foreningen {self.word} nr. {number}"

    def register(self, numbers=None):
        """Register some, or all, several at a time."""
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(self._register, range(self.count) if numbers is None else numbers))

    def _register(self, number):
        contact = {"name": f"Kontakt Nummer {number}", "email": self.email(number)}
        body = {**self._like.registration, "name": self.name(number), "contact": contact}
        body |= {"cvr": None, "form": "group"}
        self._stack.town.call("PUT", f"/api/v1/associations/{self.ids[number]}", body)

    def approve(self, coordinator, numbers=None):
        """Approve some, or all."""
        coordinator.sign_in()
        chosen = self.ids if numbers is None else [self.ids[number] for number in numbers]

        def one(id_):
            return coordinator.post(f"/api/v1/associations/{id_}/approval")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(one, chosen))

    def mails(self, subject):
        """Return the mails to these contacts whose subject matches."""
        mine = {self.email(number) for number in range(self.count)}
        return [
            mail
            for mail in self._stack.town.envelopes()
            if mail[1] in mine and re.search(subject, mail[2])
        ]


def announce(coordinator, title):
    """Announce a round: a mail to every contact."""
    programme = coordinator.pages("/api/v1/programmes")[0]
    path = f"/api/v1/rounds/{uuid4()}"
    today = clock.now()
    coordinator.put(
        path,
        {
            "programme_id": programme["id"],
            "title": title,
            "frame_ore": 72_630_700,
            "opens_at": (today + timedelta(days=1)).isoformat(),
            "closes_at": (today + timedelta(days=28)).isoformat(),
            "council_on": (today + timedelta(days=47)).date().isoformat(),
            "committee_on": (today + timedelta(days=54)).date().isoformat(),
            "report_on": (today + timedelta(days=430)).date().isoformat(),
        },
    )
    coordinator.post(f"{path}/announcement")


def test_an_association_registers_is_approved_told_and_found(stack, coordinator, applicants):
    chess = Applicants(stack, applicants[0], 1)

    chess.register()
    chess.approve(coordinator)

    def is_told_and_found():
        subjects = [mail["subject"] for mail in stack.town.mails(chess.email(0))]
        assert len(subjects) == len(set(subjects)) > 0
        page = urllib3.request("GET", f"{stack.portal_url}/foreninger?q={chess.word}")
        assert chess.name(0) in page.data.decode()

    eventually(is_told_and_found, within=60, every=0.5)


def test_the_contact_signs_in_by_the_mailed_link_and_reads_her_own_mails(
    stack, coordinator, applicants
):
    chess = Applicants(stack, applicants[1], 1)
    chess.register()
    chess.approve(coordinator)
    contact = Actor(stack.town, chess.email(0), "Kontakt")

    contact.sign_in()

    assert contact.get("/api/v1/me")["email"] == chess.email(0)


def test_every_role_tells_that_it_is_healthy(stack):
    def all_are_healthy():
        found = {name: stack.health(name) for name in stack.containers()}
        assert set(found.values()) == {"healthy"}, found

    eventually(all_are_healthy, within=120, every=2)


def test_notifiers_are_scaled_while_mails_flow_and_each_mail_leaves_once(
    stack, coordinator, applicants
):
    many = Applicants(stack, applicants[2], ASSOCIATIONS)
    many.register()
    many.approve(coordinator)
    eventually(lambda: require_each_once(many, PUBLISHED, 1), within=240, every=2)
    titles = [f"Pulje {many.word} nummer {number}" for number in range(ROUNDS)]

    started = time.monotonic()
    for title in titles:
        announce(coordinator, title)
    stack.up("notifier-consume=4")
    at_four = len(stack.containers("notifier-consume"))
    eventually(lambda: require_each_once(many, f"Pulje {many.word}", ROUNDS), within=900, every=3)
    seconds = time.monotonic() - started

    print(f"\n{ASSOCIATIONS * ROUNDS} mails in {seconds:.0f} s, scaled from 1 to 4 meanwhile")
    assert at_four == 4
    ids = [mail[0] for mail in stack.town.envelopes()]
    assert len(ids) == len(set(ids))
    stack.up("notifier-consume=1")


def require_each_once(many, subject, times):
    """Each contact has so many mails of this kind, all with other words."""
    found = many.mails(subject)
    assert len(found) >= many.count * times, f"{len(found)} of {many.count * times}"
    each = Counter((recipient, title) for _, recipient, title in found)
    assert set(each.values()) == {1}
    assert len(found) == many.count * times


def test_services_are_scaled_to_two_and_all_answer(stack, coordinator, applicants):
    scaled = [f"{name}-{role}=2" for name in ("grants", "directory") for role in ("serve", "relay")]
    stack.up(*scaled)
    pair = Applicants(stack, applicants[3], 6)

    pair.register()
    pair.approve(coordinator)

    eventually(lambda: require_each_once(pair, "", 2), within=120, every=1)
    for each in scaled:
        assert len(stack.containers(each.partition("=")[0])) == 2
    stack.up()


def test_whatever_is_killed_comes_back_and_nothing_is_lost(stack, coordinator, applicants):
    steady = Applicants(stack, applicants[4], 2 * len(KILLED))
    time.sleep(SETTLED_SECONDS)
    for place, service in enumerate(KILLED):
        (name, *_) = stack.containers(service)
        before = stack.restarts(name)
        steady.register([2 * place])
        stack.kill(name)
        steady.register([2 * place + 1])
        eventually(lambda: require_back(stack, name, before), within=120, every=0.5)  # noqa: B023

    steady.approve(coordinator)

    eventually(lambda: require_told(steady), within=300, every=2)
    for service in SERVICES:
        (name, *_) = stack.containers(f"{service}-consume")
        assert stack.docker("exec", name, "samspil", "dead", "list") == ""
    listed = {row["id"] for row in stack.town.pages("/api/v1/associations")}
    assert set(steady.ids) <= listed


def require_back(stack, name, before):
    assert stack.restarts(name) > before
    assert stack.health(name) == "healthy"


def require_told(steady):
    """Every contact was told, and nobody twice."""
    found = Counter(recipient for _, recipient, _ in steady.mails(PUBLISHED))
    assert len(found) == steady.count, f"{len(found)} of {steady.count}"
    assert set(found.values()) == {1}
    ids = [mail[0] for mail in steady.mails("")]
    assert len(ids) == len(set(ids))
