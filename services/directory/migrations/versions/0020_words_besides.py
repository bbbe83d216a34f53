"""Of several words the common ones are looked for in what the rarer ones find (ADR 77)."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# As those of 0006, which the version before this one still calls. ``besides`` is null where the
# index is asked for everything; and as no index can answer "is not false", it is never asked this.
MATCHES = """
CREATE FUNCTION listing_{name}(query tsquery, besides tsquery, most integer)
RETURNS SETOF {kind} LANGUAGE sql STABLE SET enable_seqscan = off
BEGIN ATOMIC
    SELECT {what} FROM listing
    WHERE search @@ query AND (search @@ besides) IS NOT FALSE LIMIT most;
END
"""


def upgrade() -> None:
    op.execute(MATCHES.format(name="matches", kind="listing", what="listing.*"))
    op.execute(MATCHES.format(name="choices", kind="text[]", what="choices"))


def downgrade() -> None:
    op.execute("DROP FUNCTION listing_matches(tsquery, tsquery, integer)")
    op.execute("DROP FUNCTION listing_choices(tsquery, tsquery, integer)")
