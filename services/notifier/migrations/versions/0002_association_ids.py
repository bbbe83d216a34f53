"""All associations a mail is for, where one mail to their contact is for several."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column("association_ids", sa.ARRAY(sa.Uuid()), nullable=False, server_default="{}"),
    )
    op.execute(
        "UPDATE delivery SET association_ids = ARRAY[association_id]"
        " WHERE association_id IS NOT NULL"
    )
    op.alter_column("delivery", "association_ids", server_default=None)
    op.create_index(
        "ix_delivery_association_ids", "delivery", ["association_ids"], postgresql_using="gin"
    )
    op.drop_index("ix_delivery_association_id", table_name="delivery")
    op.drop_column("delivery", "association_id")


def downgrade() -> None:
    op.add_column("delivery", sa.Column("association_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE delivery SET association_id = association_ids[1]")
    op.create_index("ix_delivery_association_id", "delivery", ["association_id"], unique=False)
    op.drop_index("ix_delivery_association_ids", table_name="delivery")
    op.drop_column("delivery", "association_ids")
