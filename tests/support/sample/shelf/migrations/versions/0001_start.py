from alembic import op

from chassis.migrations import create_chassis_tables, drop_chassis_tables
from tests.support.sample.model import ShelfBase

revision = "0001"
down_revision = None


def upgrade():
    create_chassis_tables()
    ShelfBase.metadata.create_all(op.get_bind())


def downgrade():
    ShelfBase.metadata.drop_all(op.get_bind())
    drop_chassis_tables()
