"""The importer is killed again and again: every row comes in once, and nothing is half in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chassis.service import Service
from contracts.directory import AssociationRegistered, MembershipGranted
from services.directory.app import service as directory
from tests.support.importing import HEADER, IMPORTS, Desk, csv_of

# Runs the worker in a process of its own, which dies where CRASH_AT says.
WORKER = """
import threading
from chassis import config
from chassis.service import WorkerContext
from services.directory.app import service
settings = config.load(service.settings)
database = service.database(settings)
context = WorkerContext(database=database, settings=settings, stop=threading.Event())
while service.handlers.workers["import"](context):
    pass
"""
ROOT = Path(__file__).parents[2]
COUNT = 12
LIST = csv_of(
    HEADER,
    *(
        (
            *(f"Klub nummer {number} i Aars", "", "Samvær", "Alle", "Aars"),
            *("Vestergade 1", "9600", "Aars", f"Formand {number}", f"nr{number}@example.org"),
        )
        for number in range(1, COUNT + 1)
    ),
)


@pytest.fixture
def service() -> Service:
    return directory


@pytest.fixture
def desk(client: Any, database: Any, principal: Any) -> Desk:
    return Desk(client, database, principal("coordinator"))


@pytest.fixture
def run_worker(settings: Any) -> Callable[..., int]:
    """Run the worker in a process of its own; return how it ended."""

    def run(crash_at: str = "") -> int:
        environ = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "AMQP_URL": "memory://",
            "PROFILE": settings.profile_path,
            "JWKS_URL": settings.jwks_url,
            **({"CRASH_AT": crash_at} if crash_at else {}),
        }
        done = subprocess.run(
            [sys.executable, "-c", WORKER], cwd=ROOT, env=environ, timeout=60, check=False
        )
        return done.returncode

    return run


@pytest.mark.parametrize("point", ["import_row", "before_commit", "import_row_settled"])
def test_killed_at_every_row_each_comes_in_once(
    desk: Desk, run_worker: Callable[..., int], outbox: Any, database: Any, point: str
) -> None:
    checked = desk.check(desk.read(LIST))
    desk.client.post(f"{IMPORTS}/{checked['id']}/start")

    for _ in range(4):
        assert run_worker(point) == -signal.SIGKILL
        whole = desk.shown(checked)["counts"]["settled"]
        # What is settled is in with person and role, and nothing else is.
        assert counts(database) == (whole, whole, whole)
    assert run_worker() == 0

    done = desk.shown(checked)
    assert (done["status"], done["counts"]["outcomes"]["new"]) == ("done", COUNT)
    assert counts(database) == (COUNT, COUNT, COUNT)
    names = [event.name for event in outbox.of(AssociationRegistered)]
    assert len(names) == len(set(names)) == len(outbox.of(MembershipGranted)) == COUNT


def test_killed_while_it_checks_the_preview_is_whole_in_the_end(
    desk: Desk, run_worker: Callable[..., int], database: Any
) -> None:
    found = desk.read(LIST)
    desk.client.put(f"{IMPORTS}/{found['id']}/mapping", json={"columns": found["columns"]})

    assert run_worker("import_checking") == -signal.SIGKILL
    assert run_worker() == 0

    assert desk.shown(found)["counts"]["outcomes"]["new"] == COUNT
    assert counts(database) == (0, 0, 0)


def test_a_file_that_kills_whoever_reads_it_is_given_up(
    desk: Desk, run_worker: Callable[..., int]
) -> None:
    found = desk.upload(LIST).json

    ended = [run_worker("import_reading") for _ in range(4)]

    assert ended == [-signal.SIGKILL] * 3 + [0]
    assert desk.shown(found)["status"] == "unreadable"


def counts(database: Any) -> tuple[int, int, int]:
    """Return how many associations, people other than office holders, and roles there are."""
    with database.reading() as session:
        associations = session.scalar(text("SELECT count(*) FROM association"))
        people = session.scalar(text("SELECT count(*) FROM person WHERE name LIKE 'Formand%'"))
        roles = session.scalar(text("SELECT count(*) FROM membership"))
    return associations, people, roles
