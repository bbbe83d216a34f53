from alembic import op

from chassis.migrations import create_chassis_tables, drop_chassis_tables
from tests.support.sample.model import ReaderBase

revision = "0001"
down_revision = None


def upgrade():
    create_chassis_tables()
    ReaderBase.metadata.create_all(op.get_bind())


def downgrade():
    ReaderBase.metadata.drop_all(op.get_bind())
    drop_chassis_tables()
