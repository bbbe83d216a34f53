"""The sender is killed at every step of a mail: the mail goes, and it goes at most once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chassis.service import Service
from contracts.notifier import DeliverySent
from services.notifier.app import service as notifier
from tests.support.mailing import Office
from tests.support.servers import Smtp

# Runs the worker once in a process of its own, which dies where CRASH_AT says.
SENDER = """
import threading
from chassis import config
from chassis.service import WorkerContext
from services.notifier.app import service
settings = config.load(service.settings)
database = service.database(settings)
context = WorkerContext(database=database, settings=settings, stop=threading.Event())
while service.handlers.workers["mail"](context):
    pass
"""
BEFORE_THE_DOT = ("mail_claimed", "mail_before_dot")
AFTER_THE_MARK = ("mail_transmitting", "mail_accepted")
ROOT = Path(__file__).parents[2]

Crash = Callable[..., int]


@pytest.fixture
def service() -> Service:
    return notifier


@pytest.fixture
def environment(mail_server: Smtp) -> Mapping[str, str]:
    return {"SMTP_URL": mail_server.url}


@pytest.fixture
def office(
    service: Service, database: Any, settings: Any, deliver: Any, clock: Any, smtp: Smtp
) -> Office:
    return Office(service, database, settings, deliver, clock)


@pytest.fixture
def run_sender(settings: Any) -> Crash:
    """Run the worker in a process of its own; return how it ended."""

    def run(*, crash_at: str = "", uncertain: str = "") -> int:
        environ = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "AMQP_URL": "memory://",
            "PROFILE": settings.profile_path,
            "JWKS_URL": settings.jwks_url,
            "SMTP_URL": settings.smtp_url,
            **({"CRASH_AT": crash_at} if crash_at else {}),
            **({"UNCERTAIN_MAIL": uncertain} if uncertain else {}),
        }
        done = subprocess.run(
            [sys.executable, "-c", SENDER], cwd=ROOT, env=environ, timeout=60, check=False
        )
        return done.returncode

    return run


@pytest.mark.parametrize("point", BEFORE_THE_DOT)
def test_killed_before_the_dot_the_mail_goes_once(
    office: Office, smtp: Smtp, run_sender: Crash, outbox: Any, point: str
) -> None:
    office.letter(office.person(email="kirsten@example.org"))

    assert run_sender(crash_at=point) == -signal.SIGKILL
    assert smtp.mails == []
    office.end_leases()
    office.send_later()
    office.send_later()

    assert office.statuses == ["sent"]
    assert len(smtp.to("kirsten@example.org")) == 1
    assert len(outbox.of(DeliverySent)) == 1


@pytest.mark.parametrize("point", AFTER_THE_MARK)
def test_killed_around_the_dot_a_letter_waits_for_somebody_to_look(
    office: Office, smtp: Smtp, run_sender: Crash, point: str
) -> None:
    office.letter(office.person(email="kirsten@example.org"))

    assert run_sender(crash_at=point) == -signal.SIGKILL
    office.send_later()
    # Its lease still runs: whoever has it may be alive.
    assert office.statuses == ["sending"]
    office.end_leases()
    office.send_later()
    office.send_later()

    assert office.statuses == ["uncertain"]
    assert len(smtp.mails) == int(point == "mail_accepted")


@pytest.mark.parametrize("point", AFTER_THE_MARK)
def test_killed_around_the_dot_a_mail_that_may_go_twice_is_the_same_mail(
    office: Office, smtp: Smtp, run_sender: Crash, point: str
) -> None:
    office.letter(office.person(email="kirsten@example.org"))

    assert run_sender(crash_at=point, uncertain="resend") == -signal.SIGKILL
    office.end_leases()
    for _ in range(3):
        office.send_later(uncertain_mail="resend")

    assert office.statuses == ["sent"]
    assert len({mail.message["Message-ID"] for mail in smtp.mails}) == 1
    assert len(smtp.mails) == (2 if point == "mail_accepted" else 1)


def test_killed_after_it_was_settled_nothing_more_happens(
    office: Office, smtp: Smtp, run_sender: Crash
) -> None:
    office.letter(office.person())

    assert run_sender(crash_at="mail_settled") == -signal.SIGKILL
    office.end_leases()
    office.send_later()

    assert office.statuses == ["sent"]
    assert len(smtp.mails) == 1


def test_killed_between_its_event_and_its_commit_a_mail_is_queued_once(
    office: Office, smtp: Smtp, deliver: Any
) -> None:
    office.letter(office.person())
    # The broker did not get the acknowledgement: the same event comes again.
    assert deliver.envelope(deliver.last[-1]) == "duplicate"

    office.send()

    assert len(smtp.mails) == 1


def test_several_senders_at_once_send_each_mail_once(
    office: Office, smtp: Smtp, run_sender: Crash
) -> None:
    for number in range(40):
        office.letter(office.person(email=f"nr{number}@example.org"))

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(lambda _: run_sender(), range(3)))
    office.send()

    assert ended == [0, 0, 0]
    assert set(office.statuses) == {"sent"}
    assert sorted(mail.recipients[0] for mail in smtp.mails) == sorted(
        f"nr{number}@example.org" for number in range(40)
    )


def test_an_attempt_that_was_taken_over_does_not_end_its_mail(
    office: Office, smtp: Smtp, run_sender: Crash
) -> None:
    office.letter(office.person(email="kirsten@example.org"))

    # Dead in the middle; meanwhile another process sent the mail.
    assert run_sender(crash_at="mail_claimed") == -signal.SIGKILL
    office.end_leases()
    assert run_sender() == 0
    office.send_later()

    assert office.statuses == ["sent"]
    assert len(smtp.to("kirsten@example.org")) == 1
