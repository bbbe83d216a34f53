"""Fixtures that every test may use: the private servers, one of each per pytest process.

A server starts when the first test asks for it. Under pytest-xdist each worker is a process of its
own and so has servers of its own. What these fixtures hand out is in tests/support/servers.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from tests.support import judges
from tests.support.clamd import Clamd
from tests.support.servers import (
    Chromium,
    GivenRabbitMQ,
    Postgres,
    RabbitMQ,
    Smtp,
    find_chromium,
    start_rabbitmq,
)

pytest_plugins = ["chassis.testing"]

# How busy the machine is says nothing about the code.
settings.register_profile("samspil", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("samspil")

# A test that asks for one of these fixtures bears the mark, so that a run can leave it out.
MARKS = {"postgres": "database", "rabbitmq": "broker", "chromium": "browser"}
TESTS = Path(__file__).parent
# Stages of their own: what starts or breaks whole servers brings its own, and mostly waits;
# containers want an engine, and manifests somebody to render them.
FOLDERS = {
    "faults": "servers",
    "journeys": "servers",
    "deploy": "deploy",
    "kubernetes": "manifests",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the servers it needs and by the folder it lies in."""
    for item in items:
        for folder in FOLDERS.keys() & set(item.path.relative_to(TESTS).parts):
            item.add_marker(FOLDERS[folder])
        for fixture, mark in MARKS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a running PostgreSQL; tests make databases of their own in it."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ | GivenRabbitMQ]:
    """Give a running RabbitMQ: the one AMQP_URL names, else a private one."""
    broker = start_rabbitmq()
    try:
        yield broker
    finally:
        broker.close()


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """Give a running scanner, which knows one virus."""
    scanner = Clamd()
    try:
        yield scanner.start()
    finally:
        scanner.close()


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Smtp]:
    """Give a running mail server that still holds what earlier tests sent; see ``smtp``."""
    server = Smtp().start()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def smtp(mail_server: Smtp) -> Smtp:
    """Give a mail server that holds nothing and takes everything."""
    mail_server.forget()
    return mail_server


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """Give an installed browser."""
    return find_chromium()


@pytest.fixture(scope="session")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """Give a running Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(**chromium.launch_options)
        yield running
        running.close()


@pytest.fixture(scope="session")
def judge_envelope() -> judges.Judge:
    """Hold every envelope a test leaves in an event log to CloudEvents, where the judge is here."""
    judge = judges.cloud_events()
    if judge is None and judges.must_be_there():
        pytest.fail(judges.MISSING)
    return judge or (lambda _: None)


@pytest.fixture
def cloud_events() -> judges.Judge:
    """Give the judge of envelopes; without it the test is skipped in words, or fails in CI."""
    judge = judges.cloud_events()
    if judge is None:
        (pytest.fail if judges.must_be_there() else pytest.skip)(judges.MISSING)
    return judge


@pytest.fixture
def hsds() -> dict[str, judges.Judge]:
    """Give the judges of HSDS objects; as the one of envelopes, where it is missing."""
    found = judges.hsds()
    if found is None:
        (pytest.fail if judges.must_be_there() else pytest.skip)(judges.MISSING)
    return found
