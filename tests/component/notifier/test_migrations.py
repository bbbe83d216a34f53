"""The tables are those of the model, and go as they came."""

from uuid import uuid4

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from chassis import migrations
from chassis.database import chassis_metadata
from services.notifier.model import Base


def test_migrations_make_the_tables_of_the_model_and_take_them_away_again(postgres, service):
    url = postgres.ensure_database(f"notifier_{uuid4().hex}")
    engine = sa.create_engine(url)

    migrations.upgrade(url, service.migrations_folder)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, [Base.metadata, chassis_metadata])
    migrations.downgrade(url, service.migrations_folder)
    left = sa.inspect(engine).get_table_names()
    engine.dispose()

    assert difference == []
    assert set(left) <= {"alembic_version"}
