"""Imports: files of associations, what became of each row, and where a record comes from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATUSES = ("reading", "unreadable", "read", "checking", "checked", "running", "stopped", "done")
OUTCOMES = ("new", "changed", "same", "refused", "asked", "skipped")


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column("association", sa.Column("street", sa.Text(), nullable=True))
    op.add_column("association", sa.Column("postcode", sa.Text(), nullable=True))
    op.add_column("association", sa.Column("city", sa.Text(), nullable=True))
    op.add_column(
        "association", sa.Column("quiet", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "association",
        sa.Column(
            "source",
            words("source", "registration", "import"),
            server_default="registration",
            nullable=False,
        ),
    )
    op.create_table(
        "import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("status", words("status", *STATUSES), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("separator", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("header_row", sa.Integer(), nullable=False),
        sa.Column("suggestions", postgresql.JSONB(), nullable=False),
        sa.Column("columns", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("defaults", postgresql.JSONB(), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        sa.Column("existing", words("existing", "fill", "update"), nullable=False),
        sa.Column("publish", sa.Boolean(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("started_as", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("introducing", sa.Boolean(), nullable=False),
        sa.Column("introduced_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_index("ix_import_uploaded_at", "import", ["uploaded_at", "id"], unique=False)
    op.create_index(
        "ix_import_working",
        "import",
        ["uploaded_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('reading', 'checking', 'running') OR introducing"),
    )
    op.create_table(
        "import_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cells", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("outcome", words("outcome", *OUTCOMES), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notes", postgresql.JSONB(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("keys", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("candidates", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("answer", words("answer", "same", "new", "skip"), nullable=True),
        sa.Column("association_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["import.id"],
            name=op.f("fk_import_row_import_id_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
    )
    op.create_index(
        "uq_import_row_import_id_position", "import_row", ["import_id", "position"], unique=True
    )
    op.create_index(
        "ix_import_row_open",
        "import_row",
        ["import_id", "position"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index("ix_import_row_association_id", "import_row", ["association_id"], unique=False)
    op.create_index(
        "ix_import_row_person_id",
        "import_row",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("import_row")
    op.drop_table("import")
    for column in ("source", "quiet", "city", "postcode", "street"):
        op.drop_column("association", column)
