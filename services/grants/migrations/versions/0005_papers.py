"""What lives with an applicant in the directory, and which paper an attachment is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = ("statutes", "accounts", "cvr-registration", "nemkonto", "child-protection")


def kinds(table: str) -> sa.Enum:
    name = op.f(f"ck_{table}_kind")
    return sa.Enum(*KINDS, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "applicant_paper",
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("kind", kinds("applicant_paper"), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("association_id", "kind", name=op.f("pk_applicant_paper")),
    )
    op.add_column("application", sa.Column("papers", postgresql.JSONB(), nullable=True))
    op.add_column("file", sa.Column("kind", kinds("file"), nullable=True))
    op.add_column(
        "programme",
        sa.Column("papers", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("programme", "papers")
    op.drop_column("file", "kind")
    op.drop_column("application", "papers")
    op.drop_table("applicant_paper")
