"""Rooms and their pictures; what was looked for in vain."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SEARCH = (
    "setweight(search_vector(name), 'A') || setweight(search_vector(place), 'B')"
    " || setweight(search_vector(description), 'C')"
)
SIZES = ("up-to-10", "11-25", "26-50", "over-50")


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    texts = postgresql.ARRAY(sa.Text())
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("square_metres", sa.Integer(), nullable=True),
        sa.Column("equipment", texts, nullable=False),
        sa.Column("access", texts, nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("contact_title", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("price_ore", sa.Integer(), nullable=True),
        sa.Column("price_text", sa.Text(), nullable=True),
        sa.Column("is_house", sa.Boolean(), nullable=False),
        sa.Column("status", words("status", "draft", "published", "withdrawn"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search", postgresql.TSVECTOR(), sa.Computed(SEARCH, persisted=True), nullable=False
        ),
        sa.CheckConstraint("persons > 0", name=op.f("ck_room_holds_somebody")),
        sa.CheckConstraint("price_ore >= 0", name=op.f("ck_room_price_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
    )
    op.create_index("ix_room_search", "room", ["search"], postgresql_using="gin")
    op.create_index("ix_room_status", "room", ["status", "name", "id"])
    op.create_table(
        "room_picture",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_picture_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_picture")),
    )
    op.create_index("ix_room_picture_room_id", "room_picture", ["room_id"])
    op.create_table(
        "unmet_room_need",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("size", words("size", *SIZES), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "area", "size", name=op.f("pk_unmet_room_need")),
    )


def downgrade() -> None:
    op.drop_table("unmet_room_need")
    op.drop_table("room_picture")
    op.drop_table("room")
