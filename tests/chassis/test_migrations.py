"""Migrations beside people at work, and tables that a newer version has made."""

import shutil
import threading

import pytest
import sqlalchemy

from chassis import migrations
from tests.support.eventually import eventually
from tests.support.sample.services import shelf


def test_tables_of_a_newer_version_stay_as_they_are(postgres):
    url = postgres.ensure_database("newer_tables")
    migrations.upgrade(url, shelf.migrations_folder)
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE item ADD COLUMN colour text NOT NULL DEFAULT ''")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    migrations.upgrade(url, shelf.migrations_folder)

    columns = {each["name"] for each in sqlalchemy.inspect(engine).get_columns("item")}
    with engine.connect() as connection:
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    engine.dispose()
    assert "colour" in columns
    assert revision == "9999"


ADD_COLUMN = """
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade():
    op.execute("ALTER TABLE {table} ADD COLUMN remark text")
"""


def test_a_change_waits_for_whoever_uses_its_table_and_nobody_waits_for_the_change(
    postgres, tmp_path
):
    folder = tmp_path / "migrations"
    shutil.copytree(shelf.migrations_folder, folder)
    for revision, before, table in (("0002", "0001", "item"), ("0003", "0002", "event_log")):
        text = ADD_COLUMN.format(revision=revision, before=before, table=table)
        (folder / "versions" / f"{revision}_remark.py").write_text(text)
    url = postgres.ensure_database("busy_tables")
    migrations.upgrade(url, shelf.migrations_folder)
    engine = sqlalchemy.create_engine(url, connect_args={"options": "-c lock_timeout=2000"})
    change = threading.Thread(target=migrations.upgrade, args=(url, folder))

    with engine.connect() as one, engine.connect() as other:
        one.exec_driver_sql("SELECT count(*) FROM event_log")
        change.start()
        eventually(lambda: require_waiting(other), within=10, every=0.01)
        # Behind the change, which gives up first.
        other.exec_driver_sql("SELECT count(*) FROM event_log")
        # What came before the change that waits is there already.
        other.exec_driver_sql("SELECT remark FROM item")
        other.rollback()
        assert change.is_alive()
        one.rollback()
        change.join(timeout=20)
        other.exec_driver_sql("SELECT remark FROM event_log")

    engine.dispose()
    assert not change.is_alive()


def require_waiting(connection):
    """Somebody waits for a lock at this moment."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    assert connection.exec_driver_sql(waiting).scalar()


def test_a_change_that_never_gets_its_table_fails_and_says_which(postgres):
    url = postgres.ensure_database("taken_tables")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text NOT NULL)")
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE alembic_version IN EXCLUSIVE MODE")

        with pytest.raises(sqlalchemy.exc.OperationalError, match="lock timeout"):
            migrations.upgrade(url, shelf.migrations_folder, attempts=1)
    engine.dispose()
