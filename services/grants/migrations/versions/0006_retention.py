"""Names that stay until a rule runs out; who was erased."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations import create_tombstones, drop_tombstones

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tombstones()
    op.create_table(
        "retention",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_retention_application_id_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention")),
        sa.UniqueConstraint(
            "application_id", "field", name=op.f("uq_retention_application_id_field")
        ),
    )
    op.create_index("ix_retention_person_id", "retention", ["person_id"])
    op.create_index(
        "ix_retention_until",
        "retention",
        ["until", "id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("retention")
    drop_tombstones()
