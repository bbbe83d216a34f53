"""Addresses that asked to be mailed about documents and news."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("wanted", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("confirmation_hash", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("email_key", name=op.f("uq_subscription_email_key")),
        sa.UniqueConstraint("token", name=op.f("uq_subscription_token")),
        sa.UniqueConstraint("confirmation_hash", name=op.f("uq_subscription_confirmation_hash")),
    )
    op.create_index(
        "ix_subscription_subjects", "subscription", ["subjects"], postgresql_using="gin"
    )
    op.create_index("ix_subscription_asked_at", "subscription", ["asked_at"])
    op.create_index("ix_subscription_asked_by", "subscription", ["asked_by", "asked_at"])


def downgrade() -> None:
    op.drop_table("subscription")
