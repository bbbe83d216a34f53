"""Associations, people, memberships, offices; signing in; the words of the vejviser."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from chassis.migrations import create_chassis_tables, drop_chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEARCH_DANISH = (
    "setweight(to_tsvector('danish'::regconfig, name), 'A')"
    " || setweight(to_tsvector('danish'::regconfig, purpose), 'B')"
)
FOLD = "replace(replace(replace(lower({}), 'å', 'aa'), 'æ', 'ae'), 'ø', 'oe')"
SEARCH_FOLDED = (
    f"setweight(to_tsvector('simple'::regconfig, {FOLD.format('name')}), 'A')"
    f" || setweight(to_tsvector('simple'::regconfig, {FOLD.format('purpose')}), 'B')"
)


def upgrade() -> None:
    create_chassis_tables()
    op.create_table(
        "association",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cvr", sa.Text(), nullable=True),
        sa.Column(
            "form",
            sa.Enum(
                "association",
                "group",
                "company",
                "person",
                name="form",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("target_groups", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("public_email", sa.Text(), nullable=True),
        sa.Column("volunteers_wanted", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "registered",
                "published",
                "rejected",
                "closed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("contact_person_id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_reason", sa.Text(), nullable=True),
        sa.Column("contact_bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejection_reason", sa.Text(), nullable=True),
        sa.Column(
            "search_danish",
            postgresql.TSVECTOR(),
            sa.Computed(
                SEARCH_DANISH,
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "search_folded",
            postgresql.TSVECTOR(),
            sa.Computed(
                SEARCH_FOLDED,
                persisted=True,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_association")),
    )
    op.create_index(
        "ix_association_contact_person_id", "association", ["contact_person_id"], unique=False
    )
    op.create_index(
        "ix_association_search_danish",
        "association",
        ["search_danish"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_association_search_folded",
        "association",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_association_status_name", "association", ["status", "name", "id"], unique=False
    )
    op.create_index(
        "ix_association_target_groups",
        "association",
        ["target_groups"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "uq_association_cvr",
        "association",
        ["cvr"],
        unique=True,
        postgresql_where=sa.text("status IN ('registered', 'published')"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_kind_key_at", "attempt", ["kind", "key", "at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email_key", name=op.f("uq_person_email_key")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
    )
    op.create_index("ix_sign_in_link_expires_at", "sign_in_link", ["expires_at"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("private_pem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "vocabulary",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_vocabulary")),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "member",
                "editor",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("is_contact", sa.Boolean(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_membership_association_id_association"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_association_id", "membership", ["association_id"], unique=False)
    op.create_index("ix_membership_person_id", "membership", ["person_id"], unique=False)
    op.create_index(
        "uq_membership_current",
        "membership",
        ["association_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "office",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "body",
            sa.Enum(
                "council",
                "committee",
                "coordinator",
                "caseworker",
                "centre",
                "operator",
                name="body",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_office_days_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_office_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
    )
    op.create_index(
        "ix_office_ends_on",
        "office",
        ["ends_on"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_office_person_id", "office", ["person_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("chain_secret", sa.Text(), nullable=False),
        sa.Column("refresh_hash", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
    )
    op.create_index("ix_sign_in_session_person_id", "sign_in_session", ["person_id"], unique=False)
    op.create_index(
        "ix_sign_in_session_started_at", "sign_in_session", ["started_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_sign_in_session_started_at", table_name="sign_in_session")
    op.drop_index("ix_sign_in_session_person_id", table_name="sign_in_session")
    op.drop_table("sign_in_session")
    op.drop_index("ix_office_person_id", table_name="office")
    op.drop_index(
        "ix_office_ends_on", table_name="office", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_table("office")
    op.drop_index(
        "uq_membership_current",
        table_name="membership",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_membership_person_id", table_name="membership")
    op.drop_index("ix_membership_association_id", table_name="membership")
    op.drop_table("membership")
    op.drop_table("vocabulary")
    op.drop_table("signing_key")
    op.drop_index("ix_sign_in_link_expires_at", table_name="sign_in_link")
    op.drop_table("sign_in_link")
    op.drop_table("person")
    op.drop_index("ix_attempt_kind_key_at", table_name="attempt")
    op.drop_table("attempt")
    op.drop_index(
        "uq_association_cvr",
        table_name="association",
        postgresql_where=sa.text("status IN ('registered', 'published')"),
    )
    op.drop_index("ix_association_target_groups", table_name="association", postgresql_using="gin")
    op.drop_index("ix_association_status_name", table_name="association")
    op.drop_index("ix_association_search_folded", table_name="association", postgresql_using="gin")
    op.drop_index("ix_association_search_danish", table_name="association", postgresql_using="gin")
    op.drop_index("ix_association_contact_person_id", table_name="association")
    op.drop_table("association")
    drop_chassis_tables()
