"""The tables of this service: up, down, and what the models say."""

import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from chassis import migrations
from chassis.database import chassis_metadata
from services.grants.app import service
from services.grants.model import Base


def tables(engine):
    return set(sqlalchemy.inspect(engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(postgres):
    url = postgres.ensure_database("grants_migrations")
    engine = sqlalchemy.create_engine(url)
    expected = set(Base.metadata.tables) | set(chassis_metadata.tables)

    migrations.upgrade(url, service.migrations_folder)
    assert tables(engine) == expected
    migrations.downgrade(url, service.migrations_folder)
    assert tables(engine) == set()
    migrations.upgrade(url, service.migrations_folder)
    assert tables(engine) == expected
    engine.dispose()


def test_the_models_are_the_schema(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, [Base.metadata, chassis_metadata])

    assert differences == []


def test_every_word_list_is_checked_by_the_database_too(database):
    with database.reading() as session:
        names = set(
            session.scalars(
                sqlalchemy.text("SELECT conname FROM pg_constraint WHERE contype = 'c'")
            )
        )

    checks = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sqlalchemy.CheckConstraint)
    }
    assert checks <= names


def test_every_foreign_key_is_indexed():
    for table in Base.metadata.tables.values():
        unique = [
            list(c.columns) for c in table.constraints if isinstance(c, sqlalchemy.UniqueConstraint)
        ]
        leading = [
            columns[0].name
            for columns in [
                *([list(table.primary_key.columns)]),
                *unique,
                *(list(index.columns) for index in table.indexes),
            ]
        ]
        for key in table.foreign_keys:
            assert key.parent.name in leading, f"{table.name}.{key.parent.name}"
