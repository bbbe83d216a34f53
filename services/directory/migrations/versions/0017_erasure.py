"""Erasures that were asked for, and what every service answered; who was erased."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations import create_tombstones, drop_tombstones

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tombstones()
    op.create_table(
        "erasure",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "asked_by",
            sa.Enum(
                "person",
                "coordinator",
                "restore",
                name="asked_by",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("receipt_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_erasure_receipt_hash")),
    )
    op.create_index("ix_erasure_asked_at", "erasure", ["asked_at", "person_id"])
    op.create_table(
        "erasure_answer",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "service", name=op.f("pk_erasure_answer")),
    )


def downgrade() -> None:
    op.drop_table("erasure_answer")
    op.drop_table("erasure")
    drop_tombstones()
