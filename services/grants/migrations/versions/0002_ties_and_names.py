"""Until when somebody led an association, names of people, and constraints named as all others."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The words a column may hold were checked under the column's bare name.
WORD_LISTS = (
    ("application", "status"),
    ("assessment", "recommend"),
    ("decision", "status"),
    ("disqualification", "ground"),
    ("recommendation", "status"),
    ("round", "status"),
    ("vote", "vote"),
)


def upgrade() -> None:
    op.add_column("tie", sa.Column("led_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    for table, column in WORD_LISTS:
        op.execute(f'ALTER TABLE {table} RENAME CONSTRAINT "{column}" TO ck_{table}_{column}')


def downgrade() -> None:
    for table, column in WORD_LISTS:
        op.execute(f'ALTER TABLE {table} RENAME CONSTRAINT ck_{table}_{column} TO "{column}"')
    op.drop_table("person")
    op.drop_column("tie", "led_until")
