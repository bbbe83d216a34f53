"""Documents with their editions, searched inside; news."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KINDS = ("policy", "statutes", "form", "minutes", "guidance", "report", "other")
TOPICS = ("grants", "meetings", "volunteering", "council", "other")
DOCUMENT = "setweight(search_vector(title), 'A') || setweight(search_vector(summary), 'B')"


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)


def searched_by(vector: str) -> sa.Column:
    return sa.Column(
        "search", postgresql.TSVECTOR(), sa.Computed(vector, persisted=True), nullable=False
    )


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", words("kind", *KINDS), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", words("status", "draft", "published", "withdrawn"), nullable=False),
        moment("created_at"),
        moment("published_at", nullable=True),
        searched_by(DOCUMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index("ix_document_search", "document", ["search"], postgresql_using="gin")
    op.create_index("ix_document_status_title", "document", ["status", "title", "id"])
    op.create_table(
        "document_edition",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        moment("published_at", nullable=True),
        sa.Column("content_text", sa.Text(), nullable=True),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        moment("tried_at", nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        moment("read_at", nullable=True),
        searched_by("search_vector(coalesce(content_text, ''))"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        moment("stored_at"),
        sa.Column("stored_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_document_edition_document_id_document"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_edition")),
        sa.UniqueConstraint(
            "document_id", "number", name=op.f("uq_document_edition_document_id_number")
        ),
    )
    op.create_index(
        "ix_document_edition_search", "document_edition", ["search"], postgresql_using="gin"
    )
    op.create_index(
        "ix_document_edition_unread",
        "document_edition",
        ["stored_at"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "news_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("topic", words("topic", *TOPICS), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column(
            "status",
            words("status", "draft", "scheduled", "published", "withdrawn"),
            nullable=False,
        ),
        sa.Column("about_kind", sa.Text(), nullable=True),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        moment("created_at"),
        moment("changed_at"),
        moment("publish_at", nullable=True),
        moment("published_at", nullable=True),
        sa.CheckConstraint(
            "status <> 'scheduled' OR publish_at IS NOT NULL",
            name=op.f("ck_news_item_has_its_hour"),
        ),
        sa.CheckConstraint(
            "status <> 'published' OR published_at IS NOT NULL",
            name=op.f("ck_news_item_has_come_out"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_item")),
    )
    op.create_index("ix_news_item_published_at", "news_item", ["published_at", "id"])
    op.create_index("ix_news_item_changed_at", "news_item", ["changed_at", "id"])
    op.create_index(
        "ix_news_item_scheduled",
        "news_item",
        ["publish_at"],
        postgresql_where=sa.text("status = 'scheduled'"),
    )


def downgrade() -> None:
    op.drop_table("news_item")
    op.drop_table("document_edition")
    op.drop_table("document")
