"""Two services whose databases have talked with each other, and the operator's commands."""

from contextlib import closing
from types import SimpleNamespace
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import text

import tests.support.sample.reader
import tests.support.sample.shelf  # noqa: F401 - migrations are found beside the package
from chassis import migrations, telemetry
from chassis.auth import Principal
from chassis.inbox import Inbox, Message
from tests.support.sample.fixtures import profile_path
from tests.support.sample.services import add_item, reader, shelf
from tools.ops import group

__all__ = ["profile_path"]


@pytest.fixture
def service():
    return reader


class Pair:
    """The shelf publishes, the reader handles; what is between them the tests carry."""

    def __init__(self, postgres):
        suffix = uuid4().hex[:8]
        self.names = {each.name: f"{each.name}_{suffix}" for each in (shelf, reader)}
        self.urls = {key: postgres.ensure_database(name) for key, name in self.names.items()}
        self.open = {}
        for each in (shelf, reader):
            migrations.upgrade(self.urls[each.name], each.migrations_folder)
            self.reopen(each)

    def reopen(self, service):
        self.open[service.name] = SimpleNamespace(url=self.urls[service.name])
        settings = SimpleNamespace(database_url=self.urls[service.name], crash_at="")
        self.open[service.name] = service.database(settings)

    def stop(self, name):
        """Close the database, as the end of every role does."""
        self.open[name].close()

    def post(self, *, moves=0, item_id=None):
        item_id = item_id or uuid4()
        with (
            telemetry.tracing() as trace,
            self.open["shelf"].unit_of_work(Principal.of_service("shelf")) as work,
        ):
            add_item(work, item_id, moves=moves)
        return item_id, trace.correlation_id

    def carry(self):
        """Hand everything of the shelf's log to the reader, as relay and consumer do."""
        with self.open["shelf"].engine.begin() as connection:
            rows = connection.execute(text("SELECT body FROM event_log ORDER BY position")).all()
            connection.execute(text("UPDATE event_log SET published_at = now()"))
        inbox = Inbox(reader, self.open["reader"])
        with closing(inbox):
            return inbox.settle([Message(bytes(row.body)) for row in rows])


@pytest.fixture
def pair(postgres):
    made = Pair(postgres)
    yield made
    for database in made.open.values():
        database.close()
    for name in made.names.values():
        postgres.drop_database(name)


@pytest.fixture
def ops(pair, postgres, monkeypatch):
    """Run an operator's command on the two databases; fails where the command does."""
    monkeypatch.setenv("POSTGRES_BIN", str(postgres.program("pg_dump").parent))

    def run(command, *arguments, fails=False):
        named = [f"--database={name}={url}" for name, url in pair.urls.items()]
        answer = CliRunner().invoke(group, [command, *named, *map(str, arguments)])
        assert (answer.exit_code != 0) == fails, answer.output
        return answer.output

    return run
