"""Funding opportunities; the municipality's rounds as a copy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEARCH = (
    "setweight(search_vector(title), 'A') || setweight(search_vector(provider), 'B')"
    " || setweight(search_vector(summary), 'C')"
)


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    texts = postgresql.ARRAY(sa.Text())
    op.create_table(
        "funding_opportunity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "provider_kind",
            words("provider_kind", "municipality", "state", "foundation", "other"),
            nullable=False,
        ),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("applicants", texts, nullable=False),
        sa.Column("target_groups", texts, nullable=False),
        sa.Column("amount_min_ore", sa.BigInteger(), nullable=True),
        sa.Column("amount_max_ore", sa.BigInteger(), nullable=True),
        sa.Column(
            "deadline_kind", words("deadline_kind", "once", "yearly", "rolling"), nullable=False
        ),
        sa.Column("deadlines", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("status", words("status", "draft", "published", "withdrawn"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search", postgresql.TSVECTOR(), sa.Computed(SEARCH, persisted=True), nullable=False
        ),
        sa.CheckConstraint(
            "amount_min_ore <= amount_max_ore",
            name=op.f("ck_funding_opportunity_amounts_in_order"),
        ),
        sa.CheckConstraint(
            "(deadline_kind = 'rolling') = (cardinality(deadlines) = 0)",
            name=op.f("ck_funding_opportunity_has_its_deadlines"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_opportunity")),
    )
    op.create_index(
        "ix_funding_opportunity_search", "funding_opportunity", ["search"], postgresql_using="gin"
    )
    op.create_index(
        "ix_funding_opportunity_status", "funding_opportunity", ["status", "title", "id"]
    )
    op.create_table(
        "round_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("frame_ore", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_notice")),
    )


def downgrade() -> None:
    op.drop_table("round_notice")
    op.drop_table("funding_opportunity")
