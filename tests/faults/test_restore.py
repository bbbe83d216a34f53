"""One service's database is put back an hour, the others have moved on (F39)."""

import contextlib
import shlex

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from chassis import telemetry
from chassis.auth import Principal
from tests.support.eventually import eventually
from tests.support.sample import ledger
from tests.support.sample.contracts import ItemMoved
from tools.ops import group

# Starting a broker takes half a minute on a busy machine.
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


class Site:
    """The world, and its operator."""

    def __init__(self, world, folder):
        self.world = world
        self._folder = folder

    def ops(self, command, *arguments):
        named = [
            f"--database={name}={settings.database_url}"
            for name, settings in self.world.settings.items()
        ]
        answer = CliRunner().invoke(group, [command, *named, *map(str, arguments)])
        assert answer.exit_code == 0, answer.output
        return answer.output

    def back_up(self):
        """Dump both databases, and let an hour pass for them."""
        self.ops("backup", "--to", self._folder)
        (self.dumps,) = self._folder.iterdir()

    def put_back(self, name, *roles):
        """End the roles of a service and restore its database."""
        for role in roles:
            role.end()
        self.world.databases[name].close()
        self.ops("restore", name, self.dumps / f"{name}.dump", "--yes")

    def run(self, *arguments):
        """Run a command of a service to its end."""
        role = self.world.start(*arguments)
        role.process.wait(timeout=60)
        assert role.process.returncode == 0, role.text
        return role.text

    def rebuild(self):
        """Have the reader's copies made anew from what the shelf's log says."""
        self.run("reader", "rebuild", "--yes")
        self.run("shelf", "replay", "--to", "reader")

    def move(self, item_id, number):
        """Move an item once more: what commits is a promise."""
        database = self.world.databases["shelf"]
        with telemetry.tracing(), database.unit_of_work(Principal.of_service("shelf")) as work:
            work.emit(ItemMoved(item_id=item_id, number=number))
        self.world.posted.append((item_id, number))

    @property
    def copies(self):
        return ledger.copies(self.world.databases["reader"])

    def log(self):
        """What the shelf's log says of each item: the truth that every copy must equal."""
        told = {}
        query = (
            "SELECT type, convert_from(body, 'UTF8')::json -> 'data' AS data FROM event_log"
            " ORDER BY position"
        )
        for row in ledger.rows(self.world.databases["shelf"], query):
            if not row.type.endswith(".forgotten.v1"):
                told.setdefault(row.data["item_id"], []).append(str(row.data["number"]))
        return {item: " ".join(numbers) for item, numbers in told.items()}

    def copies_equal_the_log(self):
        assert {str(item): history for item, history in self.copies.items()} == self.log()

    def dead(self):
        return ledger.statuses(self.world.databases["reader"]).get("dead", 0)


@pytest.fixture
def site(world, postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_BIN", str(postgres.program("pg_dump").parent))
    return Site(world, tmp_path / "backups")


def lost_hour(site):
    """Back up, then let both services move on: one item moves, one is new."""
    world = site.world
    relay, consumer = world.start_all()
    (item,) = world.post(moves=1)
    world.all_done_once()
    site.back_up()
    site.move(item, 2)
    (new,) = world.post()
    world.all_done_once()
    return relay, consumer, item, new


def test_f39_a_publisher_is_put_back_and_counts_on(site):
    """Reconciled before it starts: no number is used twice, and a rebuild makes all equal."""
    world = site.world
    relay, _, item, new = lost_hour(site)
    site.put_back("shelf", relay)

    told = site.ops("reconcile", "shelf", "--mend")

    assert "shelf has forgotten 2 events of 2 subjects" in told
    assert f"item/{item}  knows 2, others have seen 3" in told
    assert f"item/{new}  knows 0, others have seen 1" in told

    relay = world.start("shelf", "relay")
    site.move(item, 70)
    eventually(lambda: _require(site.copies[item] == "0 1 2 70"), within=30)
    assert site.dead() == 0

    # What the reader knows of the lost hour stays until somebody decides that the log is the truth.
    site.rebuild()
    eventually(site.copies_equal_the_log, within=30)
    assert site.copies == {item: "0 1 70"}


def test_f39_a_publisher_that_went_on_unreconciled_is_found_out(site):
    """Numbers are used twice: dead letters instead of silence; then it is mended all the same."""
    world = site.world
    relay, _, item, _ = lost_hour(site)
    site.put_back("shelf", relay)
    relay = world.start("shelf", "relay")

    site.move(item, 70)

    eventually(lambda: _require(site.dead() == 1), within=30)
    assert "SequenceReused" in site.ops("dead")
    assert site.copies[item] == "0 1 2"

    relay.end()
    world.databases["shelf"].close()
    site.ops("reconcile", "shelf", "--mend")
    relay = world.start("shelf", "relay")
    site.move(item, 71)
    eventually(lambda: _require(site.copies[item] == "0 1 2 71"), within=30)
    site.rebuild()
    site.run("reader", "dead", "retry", "--all")
    eventually(site.copies_equal_the_log, within=30)
    assert site.copies == {item: "0 1 70 71"}
    assert site.dead() == 0
    assert (item, 70) in ledger.lines(world.databases["reader"])


def test_f39_a_receiver_is_put_back_and_catches_up(site):
    """Its inbox and its copies went back together; what it missed its publishers send again."""
    world = site.world
    _, consumer, item, new = lost_hour(site)
    site.put_back("reader", consumer)
    consumer = world.start("reader", "consume")

    site.move(item, 3)
    eventually(lambda: _require(_parked(world) == 1), within=30)
    assert site.copies == {item: "0 1"}

    world.databases["reader"].close()
    told = site.ops("reconcile", "reader")
    (command,) = (line for line in told.splitlines() if "services.shelf replay" in line)
    site.run("shelf", *shlex.split(command)[3:])
    eventually(site.copies_equal_the_log, within=30)
    assert site.copies == {item: "0 1 2 3", new: "0"}
    world.require_all_done_once()
    eventually(lambda: _require("missed nothing" in site.ops("reconcile", "reader")), within=10)


def test_f39_a_receiver_whose_effects_have_reached_people_takes_copies_only(site):
    world = site.world
    _, consumer, item, new = lost_hour(site)
    site.put_back("reader", consumer)
    world.start("reader", "consume")

    site.run("shelf", "replay", "--to", "reader", "--projections-only")

    eventually(site.copies_equal_the_log, within=30)
    done = ledger.lines(world.databases["reader"])
    assert done == [(item, 0), (item, 1)]
    assert site.copies == {item: "0 1 2", new: "0"}


def _parked(world):
    with contextlib.closing(world.databases["reader"].engine.connect()) as connection:
        return connection.execute(
            text("SELECT count(*) FROM inbox WHERE status = 'parked'")
        ).scalar()


def _require(holds):
    assert holds
