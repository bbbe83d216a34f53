"""The name of a person as an association wrote it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("membership", sa.Column("known_as", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("membership", "known_as")
