"""What the search costs beside its own statements as plain SQL, and how it grows.

100,000 associations and half as many offers. Ours is what a route calls and what it returns; the
peer is the text of the same statements, with the same parameters, on a connection of psycopg that
does nothing else. It reads the rows and makes nothing of them.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from statistics import median

import orjson
import psycopg
from psycopg.rows import TupleRow
from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import make_url, select

from chassis.database import Database, Statement
from chassis.dump import dump_function
from services.directory.model import Freshness, Listing
from services.directory.queries import listings, search
from services.directory.queries.asked import RARE, Asked, terms_of, words_of
from services.directory.queries.dictionary import dictionary_of
from services.directory.schemas import SearchPageSchema
from tests.bench.measure import REPEATS, Result, Side, interleave
from tests.bench.vejviser import AREAS, DAYS, GROUPS, SEED, TOPICS, filled
from tests.support.servers import Postgres

LARGE = 100_000
SMALL = 1_000
QUERIES = 120
PAGE = 50
Plain = psycopg.Connection[TupleRow]


def measure() -> Iterator[Result]:
    """Ours and plain SQL in turn, on the large vejviser; then the small one beside it."""
    # A municipality's database is in memory, and so is this one.
    memory = {"shared_buffers": "512MB", "work_mem": "16MB", "jit": "off"}
    with closing(Postgres(settings=memory).start()) as postgres:
        large, small = filled(postgres, LARGE), filled(postgres, SMALL)
        with closing(large), closing(small), _plain(large) as plain:
            for name, text, asked in _searches(large):
                yield from _compare(
                    f"search, {name}", text, large, plain, asked, _statements_of(large, asked)
                )
            yield from _suggestions(large, plain)
            yield from _did_you_mean(large, plain)
            yield _growth(large, small)
            yield _serialising(large)


def _searches(database: Database) -> Iterator[tuple[str, str, list[Asked]]]:
    choose = random.Random(SEED)
    with database.reading() as session:
        dictionary = dictionary_of(session)
    counts = dictionary.counts
    by_count = sorted(counts, key=lambda word: (-counts[word][0], word))
    common = [word for word in by_count if len(word) > 3][:200]
    # As a beginning too: a word that is rare as it is written may begin hundreds of others.
    rare = [word for word in by_count if dictionary.uses_of(word, most=RARE + 1) <= RARE]

    def some(make: Callable[[], Asked]) -> list[Asked]:
        return [make() for _ in range(QUERIES)]

    yield "rare word", "a word few use", some(lambda: Asked(q=choose.choice(rare)))
    yield (
        "rare word and choices",
        "a word few use, an area and a target group",
        some(
            lambda: Asked(
                q=choose.choice(rare), area=choose.choice(AREAS), target_group=choose.choice(GROUPS)
            )
        ),
    )
    yield (
        "two words",
        "a common word and a rarer one, with a choice",
        some(
            lambda: Asked(
                q=f"{choose.choice(common)} {choose.choice(rare)}", area=choose.choice(AREAS)
            )
        ),
    )
    yield "common word", "a word thousands use", some(lambda: Asked(q=choose.choice(common)))
    yield (
        "choices only",
        "a topic, a weekday and an area, without words",
        some(
            lambda: Asked(
                topic=choose.choice(TOPICS),
                weekday=choose.choice(DAYS),
                area=choose.choice(AREAS),
                free=True,
            )
        ),
    )


def _compare(
    name: str,
    text: str,
    database: Database,
    plain: Plain,
    asked: Sequence[Asked],
    statements: Sequence[Sequence[Statement]],
) -> Iterator[Result]:
    def ours(each: int) -> None:
        with database.reading() as session:
            search.search(session, asked[each])

    def theirs(each: int) -> None:
        for statement, values in statements[each]:
            plain.execute(statement, values).fetchall()

    yield from _ratios(name, text, len(asked), ours, theirs)


def _ratios(
    name: str,
    text: str,
    count: int,
    ours: Callable[[int], None],
    theirs: Callable[[int], None],
) -> Iterator[Result]:
    """Time both sides of each query, one right after the other, and compare p50 and p99."""
    found: dict[str, list[list[float]]] = {"ours": [], "theirs": []}
    for repeat in range(REPEATS + 1):
        times: dict[str, list[float]] = {"ours": [], "theirs": []}
        for each in range(count):
            sides = (("ours", ours), ("theirs", theirs))
            for side, run in sides if each % 2 else reversed(sides):
                started = time.perf_counter()
                run(each)
                times[side].append((time.perf_counter() - started) * 1000)
        if repeat:
            for side, values in times.items():
                found[side].append(values)
    for label, part, goal in (("p50", 0.5, 1.3), ("p99", 0.99, 2.0)):
        a, b = ([_part(values, part) for values in found[side]] for side in ("ours", "theirs"))
        yield Result(
            name=f"{name}, {label}",
            text=f"{label} of {text}; the same statements as plain SQL",
            ratios=[one / other for one, other in zip(a, b, strict=True)],
            goal=goal,
            at_most=True,
            sides=[Side("ours", "ms", a), Side("plain SQL", "ms", b)],
        )


def _suggestions(database: Database, plain: Plain) -> Iterator[Result]:
    # The best plain SQL can do has an index, which we need not have.
    plain.execute("CREATE INDEX IF NOT EXISTS word_beginning ON word (folded text_pattern_ops)")
    with database.reading() as session:
        words = dictionary_of(session).folded
    choose = random.Random(SEED)
    typed = [choose.choice(words)[: choose.randint(2, 5)] for _ in range(QUERIES)]

    def ours(each: int) -> None:
        with database.reading() as session:
            search.suggestions(session, typed[each], limit=8)

    def theirs(each: int) -> None:
        plain.execute(
            "SELECT written FROM word WHERE folded LIKE %s AND document_count > 0"
            " ORDER BY document_count DESC, folded LIMIT 8",
            [f"{typed[each]}%"],
        ).fetchall()

    yield from _ratios("suggestions", "two to five letters", len(typed), ours, theirs)


def _did_you_mean(database: Database, plain: Plain) -> Iterator[Result]:
    """Search for a typing error, find what was meant, and search for that."""
    choose = random.Random(SEED)
    with database.reading() as session:
        dictionary = dictionary_of(session)
    known = [word for word in dictionary.folded if len(word) > 7 and dictionary.counts[word][0] > 3]
    wrong = []
    while len(wrong) < QUERIES:
        word = choose.choice(known)
        place = choose.randrange(1, len(word) - 1)
        typed = word[:place] + choose.choice("qxzw") + word[place + 1 :]
        if not dictionary.has(typed) and dictionary.corrected([typed]) != [typed]:
            wrong.append(typed)
    before = _statements_of(database, [Asked(q=word) for word in wrong])
    meant = [Asked(q=" ".join(dictionary.corrected([word]))) for word in wrong]
    after = _statements_of(database, meant)

    def ours(each: int) -> None:
        with database.reading() as session:
            if search.search(session, Asked(q=wrong[each])).did_you_mean is None:
                raise RuntimeError(wrong[each])

    def theirs(each: int) -> None:
        for statement, values in before[each]:
            plain.execute(statement, values).fetchall()
        length = len(wrong[each])
        rows = plain.execute(
            "SELECT folded, document_count FROM word WHERE length(folded) BETWEEN %s AND %s",
            [length - 2, length + 2],
        ).fetchall()
        words = [row[0] for row in rows]
        process.extract(wrong[each], words, scorer=OSA.distance, score_cutoff=2, limit=5)
        for statement, values in after[each]:
            plain.execute(statement, values).fetchall()

    yield from _ratios("did you mean", "a typing error", len(wrong), ours, theirs)


def _growth(large: Database, small: Database) -> Result:
    """Search for the same associations by their names, among few and among many."""
    first = select(Listing.name).where(Listing.kind == "association").order_by(Listing.id)
    with small.reading() as session:
        asked = [Asked(q=name) for name in session.scalars(first.limit(QUERIES))]

    def run(database: Database) -> Callable[[], float]:
        def once() -> float:
            times = []
            for each in asked:
                started = time.perf_counter()
                with database.reading() as session:
                    search.search(session, each)
                times.append((time.perf_counter() - started) * 1000)
            return median(times)

        return once

    found = interleave({"large": run(large), "small": run(small)})
    return Result(
        name="search, growth",
        text=f"p50 of an association's name among {LARGE:,} associations; among {SMALL:,}",
        ratios=[a / b for a, b in zip(found["large"], found["small"], strict=True)],
        goal=3,
        at_most=True,
        sides=[
            Side(f"{LARGE:,}", "ms", found["large"]),
            Side(f"{SMALL:,}", "ms", found["small"]),
        ],
    )


def _serialising(database: Database) -> Result:
    """Bring a page that was found to JSON: by its schema, and as the dictionaries that it holds."""
    with database.reading() as session:
        found = search.search(session, Asked(limit=PAGE))
    for item in found.items:
        item["freshness"] = Freshness.FRESH
    dump = dump_function(SearchPageSchema())
    as_dicts = SearchPageSchema().dump(found)
    if orjson.loads(orjson.dumps(dump(found))) != as_dicts:
        raise RuntimeError("the two sides do not say the same")
    plain = {**as_dicts, "items": found.items}

    def timed(make: Callable[[], bytes]) -> Callable[[], float]:
        def once() -> float:
            started = time.perf_counter()
            for _ in range(200):
                make()
            return (time.perf_counter() - started) * 1e6 / 200

        return once

    times = interleave(
        {
            "ours": timed(lambda: orjson.dumps(dump(found))),
            "plain": timed(lambda: orjson.dumps(plain)),
        }
    )
    return Result(
        name="a page of results as JSON",
        text=f"a page of {PAGE} through its schema; plain dictionaries to JSON",
        ratios=[a / b for a, b in zip(times["ours"], times["plain"], strict=True)],
        goal=3,
        at_most=True,
        sides=[Side("schema", "µs", times["ours"]), Side("dictionaries", "µs", times["plain"])],
    )


def _statements_of(database: Database, asked: Sequence[Asked]) -> list[list[Statement]]:
    """Return the statements that each search sends, as plain SQL."""
    with database.reading() as session:
        dictionary = dictionary_of(session)
    found = []
    for each in asked:
        words = words_of(terms_of(each.q), dictionary)
        listed = listings.listing(each, words, dictionary)
        found.append([listings.counting(each, words), listed.statement])
    return found


def _plain(database: Database) -> Plain:
    address = make_url(database.url).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def _part(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
