"""Programmes, rounds, applications, the council's and the committee's say; local copies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from chassis.migrations import create_chassis_tables, drop_chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_chassis_tables()
    op.create_table(
        "applicant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cvr", sa.Text(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applicant")),
    )
    op.create_table(
        "case_number",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_case_number")),
    )
    op.create_table(
        "office_holder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_holder")),
    )
    op.create_index("ix_office_holder_person_id", "office_holder", ["person_id"], unique=False)
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_by_name", sa.Text(), nullable=False),
        sa.Column("recommended_by_name", sa.Text(), nullable=False),
        sa.Column("appeal", sa.Text(), nullable=False),
        sa.Column("conditions", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("excluded", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("focus_areas", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("criteria", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("thresholds", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("minimum_ore", sa.BigInteger(), nullable=False),
        sa.Column("maximum_ore", sa.BigInteger(), nullable=False),
        sa.Column("reminder_days", sa.Integer(), nullable=False),
        sa.Column("accept_without_cvr", sa.Boolean(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("key", name=op.f("uq_programme_key")),
    )
    op.create_table(
        "tie",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("disqualifies", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tie")),
    )
    op.create_index("ix_tie_association_id", "tie", ["association_id"], unique=False)
    op.create_index("ix_tie_person_id", "tie", ["person_id"], unique=False)
    op.create_table(
        "round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "announced",
                "open",
                "closed",
                "recommended",
                "decided",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("frame_ore", sa.BigInteger(), nullable=False),
        sa.Column("allocated_ore", sa.BigInteger(), nullable=False),
        sa.Column("minimum_ore", sa.BigInteger(), nullable=False),
        sa.Column("maximum_ore", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("council_on", sa.Date(), nullable=False),
        sa.Column("committee_on", sa.Date(), nullable=False),
        sa.Column("report_on", sa.Date(), nullable=True),
        sa.Column("criteria", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("focus_areas", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("information", sa.Text(), nullable=False),
        sa.Column("reminder_days", sa.Integer(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "allocated_ore >= 0 AND allocated_ore <= frame_ore", name=op.f("ck_round_hard_frame")
        ),
        sa.CheckConstraint("frame_ore > 0", name=op.f("ck_round_frame_is_money")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_round_programme_id_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
    )
    op.create_index(op.f("ix_round_programme_id"), "round", ["programme_id"], unique=False)
    op.create_index("ix_round_status_closes_at", "round", ["status", "closes_at"], unique=False)
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "withdrawn",
                "decided",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("target_group", sa.Text(), nullable=False),
        sa.Column("volunteers_count", sa.Integer(), nullable=True),
        sa.Column("users_count", sa.Integer(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("cooperation", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("budget", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("signatory_name", sa.Text(), nullable=False),
        sa.Column("first_time", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_application_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("case_number", name=op.f("uq_application_case_number")),
    )
    op.create_index(
        "ix_application_association_id", "application", ["association_id"], unique=False
    )
    op.create_index(
        "ix_application_created_at_id", "application", ["created_at", "id"], unique=False
    )
    op.create_index(
        "ix_application_round_id_status", "application", ["round_id", "status"], unique=False
    )
    op.create_table(
        "recommendation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_recommendation_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation")),
        sa.UniqueConstraint("round_id", name=op.f("uq_recommendation_round_id")),
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column(
            "recommend",
            sa.Enum(
                "yes",
                "partly",
                "no",
                name="recommend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_ore", sa.BigInteger(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_assessment_application_id_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint(
            "application_id", "person_id", name=op.f("uq_assessment_application_id_person_id")
        ),
    )
    op.create_index("ix_assessment_person_id", "assessment", ["person_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("granted_ore", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("considerations", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("conditions", postgresql.ARRAY(Text()), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft", "sent", name="status", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("granted_ore >= 0", name=op.f("ck_decision_not_negative")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_decision_application_id_application"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_decision_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("application_id", name=op.f("uq_decision_application_id")),
    )
    op.create_index(op.f("ix_decision_round_id"), "decision", ["round_id"], unique=False)
    op.create_table(
        "disqualification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "leads",
                "declared",
                name="ground",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_disqualification_application_id_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disqualification")),
        sa.UniqueConstraint(
            "application_id", "person_id", name=op.f("uq_disqualification_application_id_person_id")
        ),
    )
    op.create_index(
        "ix_disqualification_person_id", "disqualification", ["person_id"], unique=False
    )
    op.create_table(
        "file",
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
            ["owner_id"],
            ["application.id"],
            name=op.f("fk_file_owner_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
    )
    op.create_index(op.f("ix_file_owner_id"), "file", ["owner_id"], unique=False)
    op.create_table(
        "file_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_file_entry_application_id_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_entry")),
    )
    op.create_index(
        op.f("ix_file_entry_application_id"), "file_entry", ["application_id"], unique=False
    )
    op.create_table(
        "recommendation_line",
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_ore >= 0", name=op.f("ck_recommendation_line_not_negative")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_recommendation_line_application_id_application"),
        ),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendation.id"],
            name=op.f("fk_recommendation_line_recommendation_id_recommendation"),
        ),
        sa.PrimaryKeyConstraint(
            "recommendation_id", "application_id", name=op.f("pk_recommendation_line")
        ),
    )
    op.create_index(
        op.f("ix_recommendation_line_application_id"),
        "recommendation_line",
        ["application_id"],
        unique=False,
    )
    op.create_table(
        "vote",
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "vote",
            sa.Enum(
                "for",
                "against",
                "abstain",
                name="vote",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_vote_application_id_application")
        ),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendation.id"],
            name=op.f("fk_vote_recommendation_id_recommendation"),
        ),
        sa.PrimaryKeyConstraint(
            "recommendation_id", "application_id", "person_id", name=op.f("pk_vote")
        ),
    )
    op.create_index(op.f("ix_vote_application_id"), "vote", ["application_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_vote_application_id"), table_name="vote")
    op.drop_table("vote")
    op.drop_index(op.f("ix_recommendation_line_application_id"), table_name="recommendation_line")
    op.drop_table("recommendation_line")
    op.drop_index(op.f("ix_file_entry_application_id"), table_name="file_entry")
    op.drop_table("file_entry")
    op.drop_index(op.f("ix_file_owner_id"), table_name="file")
    op.drop_table("file")
    op.drop_index("ix_disqualification_person_id", table_name="disqualification")
    op.drop_table("disqualification")
    op.drop_index(op.f("ix_decision_round_id"), table_name="decision")
    op.drop_table("decision")
    op.drop_index("ix_assessment_person_id", table_name="assessment")
    op.drop_table("assessment")
    op.drop_table("recommendation")
    op.drop_index("ix_application_round_id_status", table_name="application")
    op.drop_index("ix_application_created_at_id", table_name="application")
    op.drop_index("ix_application_association_id", table_name="application")
    op.drop_table("application")
    op.drop_index("ix_round_status_closes_at", table_name="round")
    op.drop_index(op.f("ix_round_programme_id"), table_name="round")
    op.drop_table("round")
    op.drop_index("ix_tie_person_id", table_name="tie")
    op.drop_index("ix_tie_association_id", table_name="tie")
    op.drop_table("tie")
    op.drop_table("programme")
    op.drop_index("ix_office_holder_person_id", table_name="office_holder")
    op.drop_table("office_holder")
    op.drop_table("case_number")
    op.drop_table("applicant")
    drop_chassis_tables()
