"""Deliveries, choices of news, and the copies of others' facts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations import create_chassis_tables, drop_chassis_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _id(name: str = "id") -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _table(name: str, *parts: sa.schema.SchemaItem, key: str = "id", indexes: tuple = ()) -> None:
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")))
    for column in indexes:
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column], unique=False)


def upgrade() -> None:
    create_chassis_tables()
    _table(
        "person",
        _id(),
        _text("name"),
        _text("email"),
        _text("language"),
        sa.Column("erased", sa.Boolean(), nullable=False),
    )
    _table(
        "association",
        _id(),
        _text("name"),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("contact_person_id", sa.Uuid(), nullable=True),
        indexes=("published", "contact_person_id"),
    )
    _table(
        "membership",
        _id(),
        _id("association_id"),
        _id("person_id"),
        _text("role"),
        sa.Column("is_contact", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        indexes=("association_id", "person_id"),
    )
    _table(
        "office",
        _id(),
        _id("person_id"),
        _text("person_name"),
        _text("body"),
        _text("title"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        indexes=("person_id", "body"),
    )
    _table("application", _id(), _text("case_number"), _text("title"), _text("round_title"))
    _table(
        "meeting",
        _id(),
        _text("title"),
        _moment("starts_at"),
        _moment("ends_at"),
        _text("place"),
        sa.Column("agenda", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    _table(
        "registration",
        _id(),
        _id("meeting_id"),
        _id("person_id"),
        sa.Column("association_id", sa.Uuid(), nullable=True),
        _text("status"),
        indexes=("meeting_id", "person_id", "association_id"),
    )
    _table(
        "preference",
        _id("person_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("news", sa.Boolean(), nullable=False),
        _text("token"),
        sa.UniqueConstraint("token", name=op.f("uq_preference_token")),
        key="person_id",
    )
    _table(
        "delivery",
        _id(),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("event_id"),
        _text("event_type"),
        _text("correlation_id"),
        _text("template"),
        _id("person_id"),
        sa.Column("association_id", sa.Uuid(), nullable=True),
        _text("about_kind"),
        _id("about_id"),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("next_attempt_at", nullable=True),
        _moment("lease_until", nullable=True),
        _moment("sent_at", nullable=True),
        _text("error", nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'transmitting', 'sent', 'failed', 'uncertain',"
            " 'suppressed')",
            name=op.f("ck_delivery_status"),
        ),
        sa.UniqueConstraint(
            "event_id", "template", "person_id", name=op.f("uq_delivery_event_id_template_person_id")
        ),
        indexes=("person_id", "association_id"),
    )
    op.create_index("ix_delivery_created_at_id", "delivery", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["next_attempt_at"],
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_delivery_leased",
        "delivery",
        ["lease_until"],
        postgresql_where=sa.text("status IN ('sending', 'transmitting')"),
    )


def downgrade() -> None:
    for name in (
        "delivery",
        "preference",
        "registration",
        "meeting",
        "application",
        "office",
        "membership",
        "association",
        "person",
    ):
        op.drop_table(name)
    drop_chassis_tables()
