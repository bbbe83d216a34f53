"""The commands of a service, as an operator types them."""

import json
from uuid import UUID

import pytest
from click.testing import CliRunner

from chassis import topology
from chassis.cli import command_line
from chassis.inbox import Inbox, Message
from tests.support.sample.ledger import copies, lines, rows
from tests.support.sample.messages import story
from tests.support.sample.services import reader

ITEM = UUID("0197e5a0-0000-7000-8000-000000000001")
OTHER = UUID("0197e5a0-0000-7000-8000-000000000002")


@pytest.fixture
def run(settings, profile_path):
    environment = {
        "DATABASE_URL": settings.database_url,
        "AMQP_URL": "memory://",
        "PROFILE": str(profile_path),
    }

    def call(*arguments, **changes):
        runner = CliRunner()
        return runner.invoke(command_line(reader), arguments, env={**environment, **changes})

    return call


@pytest.fixture
def inbox(service, database):
    return Inbox(service, database)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("DATABASE_URL", ""),
        ("AMQP_URL", None),
        ("AMQP_URL", "nonsense"),
        ("PROFILE", "/nowhere.toml"),
        ("LOG_LEVEL", "chatty"),
    ],
)
def test_a_wrong_setting_is_named(run, name, value):
    answer = run("status", **{name: value})

    assert answer.exit_code == 1
    assert name in answer.output


def test_every_command_has_a_line_of_help(run):
    answer = run("--help")

    for command in (
        *("serve", "consume", "relay", "schedule", "migrate"),
        *("dead", "replay", "rebuild", "status", "openapi"),
    ):
        assert command in answer.output


def test_migrate_may_be_run_again(run, database):
    assert run("migrate").exit_code == 0
    assert run("migrate").exit_code == 0


def test_status_counts_what_waits(run, inbox):
    inbox.settle([*story(ITEM, mode="poison", moves=1), Message(b"{not json")])

    found = json.loads(run("status").output)

    assert found["inbox"] == {"parked": 1, "failed": 1, "dead": 1}
    assert found["outbox"]["pending"] == 0
    assert found["broker"] == "ok"


def test_dead_letters_are_listed_and_shown(run, inbox):
    inbox.settle([Message(b"{not json")])

    listed = run("dead", "list").output
    event_id = listed.split()[0]
    shown = run("dead", "show", event_id).output

    assert "status: dead" in shown
    assert "{not json" in shown


def test_what_is_not_there_is_said_so(run, database):
    nobody = "0197e5a0-0000-7000-8000-0000000000ff"

    for command in (["show", nobody], ["drop", nobody, "--reason", "x"]):
        answer = run("dead", *command)
        assert answer.exit_code == 1
        assert nobody in answer.output


def test_a_drop_needs_a_reason(run, database):
    answer = run("dead", "drop", "0197e5a0-0000-7000-8000-0000000000ff")

    assert answer.exit_code == 2
    assert "--reason" in answer.output


def test_a_failed_message_is_retried(run, inbox, database, heal):
    inbox.settle(story(ITEM, mode="poison", moves=0))
    heal()

    assert run("dead", "retry").exit_code == 2
    assert run("dead", "retry", "--all").output.startswith("1 ")
    inbox.retry()

    assert lines(database) == [(ITEM, 0)]


def test_a_failed_message_is_dropped(run, inbox, database):
    inbox.settle(story(ITEM, mode="poison", moves=1))
    (failed,) = rows(database, "SELECT event_id FROM inbox WHERE status = 'failed'")

    answer = run("dead", "drop", str(failed.event_id), "--reason", "en prøve")

    assert answer.exit_code == 0
    (dropped,) = rows(database, "SELECT reason FROM inbox WHERE status = 'dropped'")
    assert dropped.reason == "en prøve"


def test_dead_messages_are_dropped_one_after_the_other(run, inbox, database):
    inbox.settle([Message(b"{not json"), Message(b"[nor this"), Message(b"and not this")])
    first, second, third = (
        str(row.event_id) for row in rows(database, "SELECT event_id FROM inbox")
    )
    nobody = "0197e5a0-0000-7000-8000-0000000000ff"

    assert run("dead", "drop", first, nobody, "--reason", "x").exit_code == 1
    assert len(run("dead", "list").output.splitlines()) == 3

    assert run("dead", "drop", first, second, "--reason", "ulæselig").output.endswith("2 dropped\n")

    assert run("dead", "list").output.startswith(third)
    assert run("dead", "drop", first, "--reason", "igen").exit_code == 1


def test_all_dead_messages_are_dropped_when_somebody_says_yes(run, inbox, database):
    inbox.settle([*story(ITEM, mode="poison", moves=1), Message(b"{not json"), Message(b"[nor")])

    assert run("dead", "drop", "--reason", "x").exit_code == 2
    assert run("dead", "drop", str(ITEM), "--all", "--reason", "x").exit_code == 2
    asked = run("dead", "drop", "--all", "--reason", "ulæselig")
    assert (asked.exit_code, "2 dead messages" in asked.output) == (1, True)
    assert len(run("dead", "list").output.splitlines()) == 2

    assert run("dead", "drop", "--all", "--reason", "ulæselig", "--yes").exit_code == 0

    dropped = rows(database, "SELECT reason FROM inbox WHERE status = 'dropped'")
    assert [row.reason for row in dropped] == ["ulæselig"] * 2
    # What failed will be tried again, and what is parked waits for it.
    assert json.loads(run("status").output)["inbox"] == {"parked": 1, "failed": 1, "dead": 0}
    assert run("dead", "drop", "--all", "--reason", "x").output.endswith("0 dropped\n")


def test_rebuild_asks_first_and_then_says_what_to_run(run, inbox, database):
    inbox.settle(story(ITEM))

    assert run("rebuild").exit_code == 1
    assert copies(database)
    answer = run("rebuild", "--yes")

    assert copies(database) == {}
    assert "python -m services.shelf replay --to reader" in answer.output


def test_replay_sends_what_is_asked_for(run, inbox, database):
    topology.forget_memory()
    inbox.settle([*story(ITEM), *story(OTHER)])

    every = run("replay", "--to", "somebody")
    some = run("replay", "--to", "somebody", "--type", "reader.nothing.*")
    none = run("replay", "--to", "somebody", "--since", "2999-01-01")

    assert "8 events sent to somebody" in every.output
    assert "0 events sent to somebody" in some.output
    assert "0 events sent to somebody" in none.output
    assert topology.MemoryChannel.queues["somebody"].qsize() == 8
    topology.forget_memory()


def test_the_openapi_document_is_printed(run, database):
    document = json.loads(run("openapi").output)

    assert document["openapi"].startswith("3.1")
