"""Who has left an association: their token may be good for some minutes yet."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tie", sa.Column("ended", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("tie", "ended")
