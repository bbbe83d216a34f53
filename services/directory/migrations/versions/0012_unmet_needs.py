"""What could not be met: numbers by month, need and area, and nothing of whose they were."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unmet_need",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_unmet_need_counted")),
        sa.PrimaryKeyConstraint("month", "section", "need", "area", name=op.f("pk_unmet_need")),
    )


def downgrade() -> None:
    op.drop_table("unmet_need")
