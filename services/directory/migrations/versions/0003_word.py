"""How many published associations use each word: what a typing error is compared with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FOLD = "replace(replace(replace({}, 'å', 'aa'), 'æ', 'ae'), 'ø', 'oe')"
WORDS = (
    "unnest(tsvector_to_array(to_tsvector('simple'::regconfig, {0}.name || ' ' || {0}.purpose)))"
)

# In order of the words, so that two transactions that publish at once wait for each other in the
# same order and never deadlock.
COUNT = f"""
INSERT INTO word (written, folded, document_count)
SELECT each, {FOLD.format("each")}, sum(step) FROM ({{steps}}) AS steps
WHERE length(each) BETWEEN 3 AND 40
GROUP BY each HAVING sum(step) <> 0 ORDER BY each
ON CONFLICT (written) DO UPDATE SET document_count = word.document_count + EXCLUDED.document_count
"""
CHANGED = f"""
    SELECT {WORDS.format("OLD")} AS each, -1 AS step
    WHERE TG_OP <> 'INSERT' AND OLD.status = 'published'
    UNION ALL
    SELECT {WORDS.format("NEW")}, 1 WHERE TG_OP <> 'DELETE' AND NEW.status = 'published'
"""
EXISTING = f"""
    SELECT {WORDS.format("association")} AS each, 1 AS step FROM association
    WHERE status = 'published'
"""


def upgrade() -> None:
    op.create_table(
        "word",
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("document_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("written", name=op.f("pk_word")),
    )
    op.execute(
        "CREATE FUNCTION count_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" {COUNT.format(steps=CHANGED)}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER count_words AFTER INSERT OR DELETE OR UPDATE OF name, purpose, status"
        " ON association FOR EACH ROW EXECUTE FUNCTION count_words()"
    )
    op.execute(COUNT.format(steps=EXISTING))


def downgrade() -> None:
    op.execute("DROP TRIGGER count_words ON association")
    op.execute("DROP FUNCTION count_words()")
    op.drop_table("word")
