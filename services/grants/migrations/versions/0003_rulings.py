"""Rulings on who takes part in a case, and since when somebody has led an association."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tie", sa.Column("led_from", sa.DateTime(timezone=True), nullable=True))
    for column in (
        sa.Column("ruling", sa.String(40), nullable=True),
        sa.Column("ruling_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ruled_by", sa.Uuid(), nullable=True),
        sa.Column("ruled_by_name", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("disqualification", column)
    op.create_check_constraint(
        op.f("ck_disqualification_ruling"), "disqualification", "ruling IN ('cleared', 'upheld')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_disqualification_ruling"), "disqualification")
    for column in ("ruled_by_name", "ruled_by", "ruled_at", "ruling_reason", "ruling"):
        op.drop_column("disqualification", column)
    op.drop_column("tie", "led_from")
