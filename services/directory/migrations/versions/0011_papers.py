"""The private papers of an association, with their files and every version."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = ("statutes", "accounts", "cvr-registration", "nemkonto", "child-protection")
STATEMENTS = ("certificates-obtained", "no-children-under-15")


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("kind", *KINDS), nullable=False),
        sa.Column("statement", words("statement", *STATEMENTS), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column(
            "on_behalf",
            words("on_behalf", "association", "centre", "coordinator"),
            nullable=False,
        ),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_paper_association_id_association"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
    )
    op.create_index(
        "uq_paper_current",
        "paper",
        ["association_id", "kind"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index("ix_paper_association_id", "paper", ["association_id", "kind", "filed_at"])
    op.create_index("ix_paper_filed_by", "paper", ["filed_by"])
    op.create_index(
        "ix_paper_expires_on",
        "paper",
        ["expires_on"],
        postgresql_where=sa.text("superseded_at IS NULL AND expired_at IS NULL"),
    )
    op.create_table(
        "paper_file",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["paper.id"], name=op.f("fk_paper_file_owner_id_paper")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_file")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_paper_file_owner_id")),
    )


def downgrade() -> None:
    op.drop_table("paper_file")
    op.drop_table("paper")
