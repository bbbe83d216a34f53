"""P7 where it matters: a rebuild of a real service equals what was live, and nothing happens again.

The sample service of the chassis proves the machinery. Whether a service's own projections read
nothing but their events (no clock, no table of their own that went on), only they can show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import embedded.contracts
from chassis import replay
from chassis.events import Envelope, encode, source_of
from chassis.inbox import Inbox, Message
from chassis.inbox.message import REPLAY
from chassis.service import Service
from chassis.testing import empty
from contracts import directory
from tests.contract import history
from tests.contract.worlds import OWNER, WORLDS, World

SERVICES = ("directory", "grants", "meetings", "notifier")
SETTLED = {"handled", "ignored"}
# How far the inbox has come, which a rebuild does put back.
INBOX = {"inbox", "inbox_stream"}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return embedded.contracts.services()[request.param]


@pytest.fixture
def environment(service: Service) -> Mapping[str, str]:
    return embedded.contracts.placeholders(service)


@pytest.fixture
def year(service: Service) -> list[Envelope]:
    """Give what the service hears of the town's year."""
    # By aggregate, as queues are bound: a subject's numbers have no gaps.
    heard = {aggregate_of(type_) for type_ in service.handlers.types}
    return [each for each in history.whole() if aggregate_of(each.type) in heard]


def aggregate_of(type_: str) -> str:
    return type_.rsplit(".", 2)[0]


def tables(database: Any) -> dict[str, list[str]]:
    """Read everything the service keeps, but for its inbox's positions."""
    with database.reading() as session:
        names = session.scalars(
            text(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename <> 'alembic_version' ORDER BY tablename"
            )
        ).all()
        return {
            name: list(session.scalars(text(f"SELECT to_jsonb(t)::text FROM {name} t ORDER BY 1")))
            for name in names
            if name not in INBOX
        }


def copies(service: Service, database: Any) -> dict[str, list[str]]:
    """Read the projections only."""
    names = {cls.__table__.name for cls in service.projections}  # type: ignore[attr-defined]
    return {name: rows for name, rows in tables(database).items() if name in names}


def heard_by(deliver: Any, envelopes: Sequence[Envelope], clock: Any) -> None:
    """Let the service hear everything when it was said."""
    for each in envelopes:
        clock.set(each.time)
        assert deliver.envelope(each) in SETTLED, f"{each.type}: {deliver._error()}"


def lived(
    service: Service, client: Any, deliver: Any, outbox: Any, clock: Any, year: list[Envelope]
) -> None:
    """Let the service live: things of its own first, then the year, then an erasure."""
    clock.set(history.BEGINS - timedelta(days=1))
    world = World(client, deliver, outbox)
    world.populate()
    WORLDS[service.name](world)
    heard_by(deliver, year, clock)
    deliver(directory.PersonErased(person_id=OWNER))


def test_the_year_has_all_that_the_service_keeps_copies_of(
    service: Service, year: list[Envelope]
) -> None:
    kept = {
        type_
        for type_, handlers in service.handlers.types.items()
        if any(each.projection for each in handlers)
    }

    assert kept <= {each.type for each in year}


def test_a_rebuilt_service_equals_the_live_one(
    service: Service,
    database: Any,
    client: Any,
    deliver: Any,
    outbox: Any,
    clock: Any,
    year: list[Envelope],
) -> None:
    lived(service, client, deliver, outbox, clock, year)
    live = tables(database)
    assert all(copies(service, database).values()), "a projection without rows proves nothing"
    clock.move(timedelta(days=500))

    publishers = {source_of(each) for each in replay.reset(service, database)}
    assert not any(copies(service, database).values())
    # Of the others nothing is copied, so they do not send theirs again.
    said = [each for each in deliver.last if each.source in publishers]
    again = [Message(encode(each), replay=REPLAY) for each in said]
    assert set(Inbox(service, database).settle(again)) <= SETTLED

    assert tables(database) == live


@settings(
    max_examples=6,
    deadline=None,
    # Smaller examples would not tell more, and take minutes to find.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_what_is_said_meanwhile_finds_its_place(
    service: Service, database: Any, clock: Any, year: list[Envelope], data: st.DataObject
) -> None:
    """Live events of a rebuild come between the replayed ones, and its publishers at once."""
    empty(database)
    inbox = Inbox(service, database)
    inbox.settle([Message(encode(each)) for each in year])
    live = copies(service, database)
    empty(database)
    before = data.draw(st.integers(1, len(year)), label="heard before the rebuild")
    inbox.settle([Message(encode(each)) for each in year[:before]])
    replay.reset(service, database)

    lanes = by_publisher(year[:before], REPLAY) + by_publisher(year[before:], "")
    turns = [place for place, lane in enumerate(lanes) for _ in lane]
    for place in data.draw(st.permutations(turns), label="whose turn it is"):
        inbox.settle([lanes[place].pop(0)])
    # Whom a mail goes to may have come after what it is about.
    clock.move(timedelta(days=1))
    inbox.retry()

    assert copies(service, database) == live


def by_publisher(envelopes: Sequence[Envelope], how: str) -> list[list[Message]]:
    """Sort messages into one lane per publisher: each keeps its own order."""
    lanes: dict[str, list[Message]] = {}
    for each in envelopes:
        lanes.setdefault(each.source, []).append(Message(encode(each), replay=how))
    return list(lanes.values())
