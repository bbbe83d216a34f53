"""Who confirmed a record, the links of the yearly mail, every change, and the centre's part."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ON_BEHALF = ("association", "centre", "coordinator")
WAITING = "status = 'published' AND stale_at IS NULL"
INDEXES = {
    "ix_association_merged_into_id": ("merged_into_id", None),
    "ix_association_confirmed_at": ("confirmed_at", f"{WAITING} AND asked_at IS NULL"),
    "ix_association_asked_at": ("asked_at", f"{WAITING} AND asked_at IS NOT NULL"),
    "ix_association_stale_at": ("stale_at", "status = 'published' AND stale_at IS NOT NULL"),
}
MOMENTS = ("asked_at", "reminded_at", "stale_at", "listed_at")
ADDED = """
ALTER TABLE association
    ADD COLUMN asked_at timestamptz,
    ADD COLUMN reminded_at timestamptz,
    ADD COLUMN stale_at timestamptz,
    ADD COLUMN listed_at timestamptz,
    ADD COLUMN confirmed_by varchar(40) CONSTRAINT ck_association_confirmed_by
        CHECK (confirmed_by IN ('association', 'centre', 'coordinator')),
    ADD COLUMN stale_reason varchar(40) CONSTRAINT ck_association_stale_reason
        CHECK (stale_reason IN ('unanswered', 'bounced')),
    ADD COLUMN merged_into_id uuid CONSTRAINT fk_association_merged_into_id_association
        REFERENCES association (id),
    ADD COLUMN centre_may_edit boolean DEFAULT true NOT NULL
"""


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "confirmation_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_confirmation_link_association_id_association"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_confirmation_link_token_hash")),
    )
    op.create_index("ix_confirmation_link_association_id", "confirmation_link", ["association_id"])
    op.create_index("ix_confirmation_link_expires_at", "confirmation_link", ["expires_at"])
    op.create_table(
        "association_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            words(
                "kind",
                "registered",
                "described",
                "confirmed",
                "approved",
                "rejected",
                "closed",
                "reopened",
                "merged",
                "delegated",
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf", words("on_behalf", *ON_BEHALF), nullable=False),
        sa.Column("by_link", sa.Boolean(), nullable=False),
        sa.Column("differences", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_association_change_association_id_association"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_association_change")),
    )
    op.create_index(
        "ix_association_change_association_id",
        "association_change",
        ["association_id", "at", "id"],
    )
    op.create_table(
        "editing_agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("freshness_target", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on",
            name=op.f("ck_editing_agreement_days_in_order"),
        ),
        sa.CheckConstraint(
            "freshness_target BETWEEN 0 AND 100", name=op.f("ck_editing_agreement_per_cent")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editing_agreement")),
    )
    op.create_index("ix_editing_agreement_starts_on", "editing_agreement", ["starts_on"])
    op.create_table(
        "call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("on_behalf", words("on_behalf", *ON_BEHALF), nullable=False),
        sa.Column("outcome", words("outcome", "confirmed", "no-answer", "closed"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_call_association_id_association"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_association_id", "call", ["association_id", "at", "id"])
    # Last, and in few steps: everybody else waits for this table meanwhile.
    op.execute(ADDED)
    for name, (column, where) in INDEXES.items():
        op.create_index(name, "association", [column], postgresql_where=where and sa.text(where))
    # What was confirmed before had been written or reviewed by the association itself.
    op.execute(
        "UPDATE association SET confirmed_by = 'association',"
        " confirmed_at = coalesce(confirmed_at, registered_at)"
    )


def downgrade() -> None:
    op.drop_index("ix_call_association_id", table_name="call")
    op.drop_table("call")
    op.drop_index("ix_editing_agreement_starts_on", table_name="editing_agreement")
    op.drop_table("editing_agreement")
    op.drop_index("ix_association_change_association_id", table_name="association_change")
    op.drop_table("association_change")
    op.drop_index("ix_confirmation_link_expires_at", table_name="confirmation_link")
    op.drop_index("ix_confirmation_link_association_id", table_name="confirmation_link")
    op.drop_table("confirmation_link")
    for name in reversed(INDEXES):
        op.drop_index(name, table_name="association")
    op.drop_constraint(
        op.f("fk_association_merged_into_id_association"), "association", type_="foreignkey"
    )
    for name in ("centre_may_edit", "merged_into_id", "stale_reason", "confirmed_by"):
        op.drop_column("association", name)
    for name in reversed(MOMENTS):
        op.drop_column("association", name)
