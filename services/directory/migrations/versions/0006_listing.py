"""What can be found, one row for each association and offer, written by triggers (ADR 48)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Two spellings of what has other letters than a to z: "Ågade" as "aagade" and as "agade". Their
# bodies are parsed here and now (RETURN), so that a restored backup computes the same whatever its
# search_path is.
FOLD = """
CREATE FUNCTION {name}(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate({replaced}, 'áàâãéèêëíìîïóòôõúùûüýÿçñšž', 'aaaaeeeeiiiioooouuuuyycnsz')
"""
PAIRS = {
    "search_fold": {"å": "aa", "æ": "ae", "ø": "oe", "ä": "ae", "ö": "oe"},
    "search_bare": {"å": "a", "æ": "ae", "ø": "o", "ä": "a", "ö": "o"},
}
VECTOR = """
CREATE FUNCTION search_vector(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('danish'::regconfig, words)
    || to_tsvector('simple'::regconfig, search_fold(words))
    || to_tsvector('simple'::regconfig, search_bare(words))
"""
SEARCH = """
CREATE FUNCTION listing_search(name text, body text, beside text, choices text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(search_vector(name), 'A') || setweight(search_vector(body), 'B')
    || setweight(search_vector(beside), 'C') || array_to_tsvector(choices)
"""
TOKENS = """
CREATE FUNCTION choice_tokens(prefix text, words text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT '#' || prefix || ':' || word FROM unnest(words) AS word)
"""

# How common a word is that few use, the planner can only guess. For many words joined by "or" it
# guesses too high: it then reads the whole table, and unpacks every vector. So never here.
MATCHES = """
CREATE FUNCTION listing_{name}(query tsquery, most integer) RETURNS SETOF {kind} LANGUAGE sql STABLE
SET enable_seqscan = off
BEGIN ATOMIC SELECT {what} FROM listing WHERE search @@ query LIMIT most; END
"""
ROW = """
    INSERT INTO listing (kind, id, association_id, department, provider, name, body, beside, place,
        postcode, area, latitude, longitude, choices)
    {values}
    ON CONFLICT (kind, id) DO UPDATE SET
        association_id = EXCLUDED.association_id, department = EXCLUDED.department,
        provider = EXCLUDED.provider, name = EXCLUDED.name, body = EXCLUDED.body,
        beside = EXCLUDED.beside, place = EXCLUDED.place, postcode = EXCLUDED.postcode,
        area = EXCLUDED.area, latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude,
        choices = EXCLUDED.choices
"""
OF_ASSOCIATION = """
    SELECT 'association', {row}.id, {row}.id, NULL, NULL, {row}.name, {row}.purpose,
        coalesce({row}.cvr, ''), NULL, NULL, {row}.area, NULL, NULL,
        choice_tokens('kind', ARRAY['association'])
        || choice_tokens('status', ARRAY[{row}.status::text])
        || choice_tokens('group', {row}.target_groups) || choice_tokens('area', ARRAY[{row}.area])
        || CASE WHEN {row}.volunteers_wanted THEN ARRAY['#is:needs-volunteers']
            ELSE ARRAY[]::text[] END
"""
OF_OFFER = """
    SELECT 'offer', {row}.id, {row}.association_id, {row}.department, provider.name, {row}.title,
        {row}.description,
        concat_ws(' ', provider.name, {row}.place, {row}.postcode), {row}.place,
        {row}.postcode, {row}.area, {row}.latitude, {row}.longitude,
        choice_tokens('kind', ARRAY['offer'])
        || choice_tokens('status', ARRAY[{row}.status::text])
        || choice_tokens('group', {row}.target_groups) || choice_tokens('topic', {row}.topics)
        || choice_tokens('area', ARRAY[{row}.area]) || choice_tokens('when', {row}.occasions)
        || choice_tokens('is', array_remove(ARRAY[
            CASE WHEN {row}.price_ore = 0 THEN 'free' END,
            CASE WHEN {row}.takes_new_users THEN 'takes-new-users' END,
            CASE WHEN {row}.needs_volunteers THEN 'needs-volunteers' END,
            CASE WHEN {row}.wheelchair THEN 'wheelchair' END], NULL))
"""
PROVIDER = (
    " (SELECT (SELECT name FROM association WHERE id = {row}.association_id) AS name) AS provider"
)
LIST_ASSOCIATION = f"""
CREATE FUNCTION list_association() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM listing WHERE kind = 'association' AND id = OLD.id;
        RETURN NULL;
    END IF;
    {ROW.format(values=OF_ASSOCIATION.format(row="NEW"))};
    IF TG_OP = 'UPDATE' AND OLD.name <> NEW.name THEN
        UPDATE listing SET provider = NEW.name, beside = concat_ws(' ', NEW.name, place, postcode)
        WHERE kind = 'offer' AND association_id = NEW.id;
    END IF;
    RETURN NULL;
END $$
"""
LIST_OFFER = f"""
CREATE FUNCTION list_offer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM listing WHERE kind = 'offer' AND id = OLD.id;
        RETURN NULL;
    END IF;
    {ROW.format(values=OF_OFFER.format(row="NEW") + " FROM" + PROVIDER.format(row="NEW"))};
    RETURN NULL;
END $$
"""
# What is counted are words of what everybody can find. Whoever counts takes the row of word_state
# first, so that two that publish at once wait there and never deadlock among the words.
WORDS = "unnest(tsvector_to_array(to_tsvector('simple'::regconfig, {0}.name || ' ' || {0}.body)))"
PUBLISHED = "{0}.choices @> ARRAY['#status:published']"
COUNT = """
INSERT INTO word (written, folded, document_count)
SELECT each, search_fold(each), sum(step) FROM ({steps}) AS steps
WHERE length(each) BETWEEN 3 AND 40
GROUP BY each HAVING sum(step) <> 0 ORDER BY each
ON CONFLICT (written) DO UPDATE SET document_count = word.document_count + EXCLUDED.document_count
"""
CHANGED = f"""
    SELECT {WORDS.format("OLD")} AS each, -1 AS step
    WHERE TG_OP <> 'INSERT' AND {PUBLISHED.format("OLD")}
    UNION ALL
    SELECT {WORDS.format("NEW")}, 1 WHERE TG_OP <> 'DELETE' AND {PUBLISHED.format("NEW")}
"""
COUNT_WORDS = f"""
CREATE FUNCTION count_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' AND OLD.name = NEW.name AND OLD.body = NEW.body
        AND ({PUBLISHED.format("OLD")}) = ({PUBLISHED.format("NEW")}) THEN
        RETURN NULL;
    END IF;
    INSERT INTO word_state VALUES (1, pg_current_xact_id()::text::bigint)
    ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version;
    {COUNT.format(steps=CHANGED)};
    RETURN NULL;
END $$
"""
EXISTING = f"""
    SELECT {WORDS.format("listing")} AS each, 1 AS step FROM listing
    WHERE {PUBLISHED.format("listing")}
"""


def upgrade() -> None:
    for name, pairs in PAIRS.items():
        replaced = "lower(words)"
        for letter, written in pairs.items():
            replaced = f"replace({replaced}, '{letter}', '{written}')"
        op.execute(FOLD.format(name=name, replaced=replaced))
    for function in (VECTOR, SEARCH, TOKENS):
        op.execute(function)
    op.create_table(
        "listing",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("beside", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("choices", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("listing_search(name, body, beside, choices)", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_listing")),
    )
    op.create_table(
        "word_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_state")),
    )
    op.execute("DROP TRIGGER count_words ON association")
    op.execute("DROP FUNCTION count_words()")
    op.execute("DELETE FROM word")
    existing = OF_ASSOCIATION.format(row="association") + " FROM association"
    op.execute(ROW.format(values=existing).replace("ON CONFLICT", "WHERE true ON CONFLICT"))
    op.execute(COUNT.format(steps=EXISTING))
    op.create_index("ix_listing_search", "listing", ["search"], postgresql_using="gin")
    op.execute(MATCHES.format(name="matches", kind="listing", what="listing.*"))
    op.execute(MATCHES.format(name="choices", kind="text[]", what="choices"))
    op.create_index("ix_listing_name", "listing", ["name", "id"])
    op.create_index("ix_listing_association_id", "listing", ["association_id"])
    for function in (LIST_ASSOCIATION, LIST_OFFER, COUNT_WORDS):
        op.execute(function)
    op.execute(
        "CREATE TRIGGER list_association AFTER INSERT OR DELETE OR UPDATE OF name, cvr, purpose,"
        " target_groups, area, volunteers_wanted, status"
        " ON association FOR EACH ROW EXECUTE FUNCTION list_association()"
    )
    op.execute(
        "CREATE TRIGGER list_offer AFTER INSERT OR DELETE OR UPDATE"
        " ON offer FOR EACH ROW EXECUTE FUNCTION list_offer()"
    )
    op.execute(
        "CREATE TRIGGER count_words AFTER INSERT OR DELETE OR UPDATE OF name, body, choices"
        " ON listing FOR EACH ROW EXECUTE FUNCTION count_words()"
    )
    op.drop_column("association", "search_danish")
    op.drop_column("association", "search_folded")


# What was there before: words counted by the associations, and their own search columns.
OLD_FOLD = "replace(replace(replace({}, 'å', 'aa'), 'æ', 'ae'), 'ø', 'oe')"
OLD_WORDS = (
    "unnest(tsvector_to_array(to_tsvector('simple'::regconfig, {0}.name || ' ' || {0}.purpose)))"
)
OLD_COUNT = COUNT.replace("search_fold(each)", OLD_FOLD.format("each"))
OLD_CHANGED = f"""
    SELECT {OLD_WORDS.format("OLD")} AS each, -1 AS step
    WHERE TG_OP <> 'INSERT' AND OLD.status = 'published'
    UNION ALL
    SELECT {OLD_WORDS.format("NEW")}, 1 WHERE TG_OP <> 'DELETE' AND NEW.status = 'published'
"""
OLD_EXISTING = f"""
    SELECT {OLD_WORDS.format("association")} AS each, 1 AS step FROM association
    WHERE status = 'published'
"""


def downgrade() -> None:
    folded = OLD_FOLD.replace("replace({}", "replace(lower({})")
    for name, config, words in (
        ("search_danish", "danish", "{}"),
        ("search_folded", "simple", folded),
    ):
        vector = " || ".join(
            f"setweight(to_tsvector('{config}'::regconfig, {words.format(column)}), '{weight}')"
            for column, weight in (("name", "A"), ("purpose", "B"))
        )
        op.add_column(
            "association",
            sa.Column(
                name, postgresql.TSVECTOR(), sa.Computed(vector, persisted=True), nullable=False
            ),
        )
        op.create_index(f"ix_association_{name}", "association", [name], postgresql_using="gin")
    op.execute("DROP TRIGGER list_association ON association")
    op.execute("DROP TRIGGER list_offer ON offer")
    op.execute("DROP FUNCTION listing_matches(tsquery, integer)")
    op.execute("DROP FUNCTION listing_choices(tsquery, integer)")
    op.drop_table("listing")
    op.drop_table("word_state")
    for function in (
        "list_association()",
        "list_offer()",
        "count_words()",
        "listing_search(text, text, text, text[])",
        "search_vector(text)",
        "choice_tokens(text, text[])",
        "search_fold(text)",
        "search_bare(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DELETE FROM word")
    op.execute(OLD_COUNT.format(steps=OLD_EXISTING))
    op.execute(
        "CREATE FUNCTION count_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" {OLD_COUNT.format(steps=OLD_CHANGED)}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER count_words AFTER INSERT OR DELETE OR UPDATE OF name, purpose, status"
        " ON association FOR EACH ROW EXECUTE FUNCTION count_words()"
    )
