"""Who was erased, to keep them out of what is replayed or put back."""

from chassis.migrations import create_tombstones, drop_tombstones

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tombstones()


def downgrade() -> None:
    drop_tombstones()
