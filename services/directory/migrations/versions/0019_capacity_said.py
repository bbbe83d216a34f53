"""When somebody last said whether an offer takes new users."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The version before this one writes offers without it: they are said as they are drafted.
    op.add_column(
        "offer",
        sa.Column(
            "capacity_said_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
    )
    # Until now the last writing stood for it.
    op.execute("UPDATE offer SET capacity_said_at = greatest(changed_at, published_at)")


def downgrade() -> None:
    op.drop_column("offer", "capacity_said_at")
