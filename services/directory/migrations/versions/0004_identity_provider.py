"""Visits to an identity provider, whom its subjects are here, and how sure it was of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_flow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_flow")),
    )
    op.create_index("ix_sign_in_flow_expires_at", "sign_in_flow", ["expires_at"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_identity_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
    )
    op.create_index("uq_identity_issuer_subject", "identity", ["issuer", "subject"], unique=True)
    op.create_index("ix_identity_person_id", "identity", ["person_id"], unique=False)
    op.add_column("sign_in_session", sa.Column("acr", sa.Text(), nullable=True))
    op.add_column(
        "sign_in_session",
        sa.Column("amr", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("sign_in_session", "amr")
    op.drop_column("sign_in_session", "acr")
    op.drop_index("ix_identity_person_id", table_name="identity")
    op.drop_index("uq_identity_issuer_subject", table_name="identity")
    op.drop_table("identity")
    op.drop_index("ix_sign_in_flow_expires_at", table_name="sign_in_flow")
    op.drop_table("sign_in_flow")
