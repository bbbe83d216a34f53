"""The stack at work: the story at present dates, scaled while mails flow, killed piece by piece."""

import math
import time
from collections import Counter
from datetime import timedelta

import pytest
from rich.console import Console

from tests.deploy.conftest import PROFILE
from tests.deploy.stack import COMPONENTS, ROLES, SERVICES
from tests.deploy.town import PresentStory
from tests.deploy.work import (
    PUBLISHED,
    RECEIVED,
    Applicants,
    Visitors,
    announce,
    require_effects,
)
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(1800)
ASSOCIATIONS = 250
MAILS = 10_000
# So long takes each piece of a conversation with the mail server, each way, while it is watched: a
# mail is mostly waiting, and that is what more consumers hide. On two cores more of them do not
# make the work itself any faster.
DISTANCE_SECONDS = 0.05
WATCHED_SECONDS = 20
# A broker killed sooner after its queues were first declared may forget them.
SETTLED_SECONDS = 8
EVERY_ROLE = [f"{service}-{role}" for service in SERVICES for role in ROLES]


def test_from_nothing_the_story_of_the_demo_is_played_at_present_dates(
    empty_stack,
):
    stack = empty_stack
    story = PresentStory(stack, PROFILE)
    started = time.monotonic()

    for text, chapter in story.chapters:
        begun = time.monotonic()
        chapter()
        print(f"{time.monotonic() - begun:5.1f} s  {text}")

    seconds = time.monotonic() - started
    console = Console(width=160)
    story.print_result(console)
    print(f"images, MB: {[(each, round(stack.megabytes(each))) for each in COMPONENTS]}")
    print(f"memory, MiB: { {name: round(size) for name, size in stack.memory().items()} }")
    print(f"from nothing to a page in {stack.started_in:.0f} s; the story took {seconds:.0f} s")
    assert story.discrepancies == []
    assert story.checks > 100


@pytest.mark.long(minutes=11)
def test_consumers_are_scaled_while_ten_thousand_mails_flow_and_each_leaves_once(
    stack, mail_relay, coordinator, applicants
):
    many = Applicants(stack, applicants[2])
    many.register(ASSOCIATIONS)
    many.approve(coordinator)
    eventually(lambda: many.require_each_once(RECEIVED, PUBLISHED), within=300, every=2)
    # Whoever registered in other tests is told too.
    rounds = math.ceil(MAILS / mails_of_a_round(stack))
    titles = [f"Pulje {many.word} nummer {number:02}" for number in range(rounds)]
    before = round_mails(stack)

    mail_relay.delay(DISTANCE_SECONDS)
    try:
        for title in titles:
            announce(coordinator, title)
        eventually(lambda: require_more(round_mails(stack), before + 20), within=120, every=0.5)
        alone = mails_a_second(stack)
        stack.up("notifier-consume=4")
        assert len(stack.containers("notifier-consume")) == 4
        together = mails_a_second(stack)
    finally:
        mail_relay.restore()
    wanted = before + rounds * mails_of_a_round(stack)
    eventually(lambda: require_number(round_mails(stack), wanted), within=900, every=2)

    print(f"\n{wanted - before} mails: {alone:.0f} a second by one, {together:.0f} by four")
    assert wanted - before >= MAILS
    assert together > 2 * alone > 0
    many.require_each_once(*titles)
    stack.up()


def round_mails(stack):
    """Count the mails about a round that have left."""
    return stack.number(
        "notifier",
        "SELECT count(*) FROM delivery WHERE template = 'round_announced' AND status = 'sent'",
    )


def mails_of_a_round(stack):
    """Count the people who are told of a round: the contacts of what is in the vejviser."""
    return stack.number(
        "notifier",
        "SELECT count(DISTINCT contact_person_id) FROM association WHERE status = 'published'",
    )


def mails_a_second(stack):
    """Watch how fast mails leave."""
    first, begun = round_mails(stack), time.monotonic()
    time.sleep(WATCHED_SECONDS)
    return (round_mails(stack) - first) / (time.monotonic() - begun)


def require_number(found, wanted):
    assert found == wanted, f"{found} of {wanted}"


def require_more(found, than):
    assert found > than, f"{found} of {than}"


@pytest.mark.long(minutes=4)
def test_every_role_is_doubled_and_halved_under_work_and_nobody_notices(
    stack, coordinator, applicants
):
    with Visitors(stack, applicants[3], coordinator, repeats=False) as visitors:
        stack.up(*(f"{name}=2" for name in EVERY_ROLE))
        doubled = Counter(stack.service(name) for name in stack.containers())
        # Of two schedules one is active: what is due happens once.
        round_id = announce(coordinator, "Pulje med to ure", opens_in=timedelta(seconds=3))
        opened = (
            "SELECT count(*) FROM event_log"
            f" WHERE subject = 'round/{round_id}' AND type = 'grants.round.opened.v1'"
        )
        eventually(lambda: require_number(stack.number("grants", opened), 1), within=60, every=1)
        stack.up()

    print(f"\n{visitors.told()}")
    assert {name: doubled[name] for name in EVERY_ROLE} == dict.fromkeys(EVERY_ROLE, 2)
    visitors.require_all_answered()
    assert require_effects(stack, visitors, coordinator) == 0
    require_number(stack.number("grants", opened), 1)


@pytest.mark.long(minutes=5)
def test_whatever_is_killed_comes_back_and_nothing_is_lost_or_done_twice(
    stack, coordinator, applicants
):
    time.sleep(SETTLED_SECONDS)
    killed = [*EVERY_ROLE, "gateway", "portal", "postgres", "rabbitmq"]
    back = {}
    with Visitors(stack, applicants[4], coordinator, repeats=True) as visitors:
        for service in killed:
            (name,) = stack.containers(service)
            restarts, begun = stack.restarts(name), time.monotonic()
            stack.kill(name)
            eventually(lambda: require_back(stack, name, restarts), within=120, every=0.3)  # noqa: B023
            back[service] = time.monotonic() - begun
    print(f"\n{visitors.told()}")
    print(f"back after, s: { {name: round(seconds, 1) for name, seconds in back.items()} }")

    uncertain = require_effects(stack, visitors, coordinator)

    print(f"{uncertain} mails were uncertain, and were settled by the coordinator")


def require_back(stack, name, restarts):
    """The engine has started it again, and it says that it is well."""
    assert stack.restarts(name) > restarts
    health = ("python", "-I", "-S", "/opt/health.py")
    if stack.service(name) == "postgres":
        health = ("pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres")
    if stack.service(name) == "rabbitmq":
        health = ("rabbitmq-diagnostics", "-q", "check_port_connectivity")
    stack.docker("exec", name, *health)
