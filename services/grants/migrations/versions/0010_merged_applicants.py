"""Which association an applicant went up in."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applicant", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.create_index("ix_applicant_merged_into_id", "applicant", ["merged_into_id"])


def downgrade() -> None:
    op.drop_index("ix_applicant_merged_into_id", table_name="applicant")
    op.drop_column("applicant", "merged_into_id")
