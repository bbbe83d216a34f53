"""Invitations to roles, and handing an association over on proof in its history."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLES = ("member", "editor", "administrator")
STATUSES = ("open", "accepted", "declined", "withdrawn", "expired")
KINDS = (
    "registered",
    "described",
    "confirmed",
    "approved",
    "rejected",
    "closed",
    "reopened",
    "merged",
    "delegated",
)


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)


def allow_kinds(*kinds: str) -> None:
    # The name that 0007's enumeration gave it.
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("kind"), "association_change", type_="check")
    op.create_check_constraint(op.f("kind"), "association_change", f"kind IN ({listed})")


def upgrade() -> None:
    allow_kinds(*KINDS, "handed-over")
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("role", words("role", *ROLES), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("is_contact", sa.Boolean(), nullable=False),
        sa.Column("leaver_membership_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("status", words("status", *STATUSES), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("mail_count", sa.Integer(), nullable=False),
        sa.Column("mail_due", sa.Boolean(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mail_count >= 1", name=op.f("ck_invitation_mailed")),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_invitation_association_id_association"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_invitation_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["leaver_membership_id"],
            ["membership.id"],
            name=op.f("fk_invitation_leaver_membership_id_membership"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["association_id", "email_key"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_invitation_association_id", "invitation", ["association_id", "invited_at", "id"]
    )
    op.create_index("ix_invitation_person_id", "invitation", ["person_id"])
    op.create_index("ix_invitation_email_key", "invitation", ["email_key"])
    op.create_index(
        "ix_invitation_mail_due",
        "invitation",
        ["mailed_at"],
        postgresql_where=sa.text("mail_due"),
    )
    op.create_index("ix_invitation_leaver_membership_id", "invitation", ["leaver_membership_id"])
    op.create_index(
        "ix_invitation_expires_at",
        "invitation",
        ["expires_at"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("ix_invitation_ended_at", "invitation", ["ended_at"])


def downgrade() -> None:
    op.drop_table("invitation")
    op.execute("DELETE FROM association_change WHERE kind = 'handed-over'")
    allow_kinds(*KINDS)
