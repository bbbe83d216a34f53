"""Tables that a newer version has made: after a way back the older one works on them."""

import sqlalchemy

from chassis import migrations
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
