"""The statements of the search: counts of every choice, and a page in one of three orders.

They are written as SQL and kept, one for each number of words and choices (ADR 48), and go to the
driver as they are, both in one round trip. Common words are looked for in what rarer ones beside
them find (ADR 77). Nothing a caller wrote is ever part of a statement.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Integer, literal

from chassis import paging
from chassis.database import Statement
from chassis.problems import FieldError, Invalid
from services.directory.model import TIMES_OF_DAY, WEEKDAYS, Listing
from services.directory.queries.asked import PREFIXES, TRAITS, Asked, Form, Words
from services.directory.queries.dictionary import Dictionary

CANDIDATES: Final = 1000
COUNTED: Final = 10_000
SUMMARY: Final = 300
_FACETS: Final = {"kind": "kinds", "group": "target_groups", "topic": "topics", "area": "areas"}
_OF: Final = {
    "": "#",
    **{name: f"#{prefix}:" for name, prefix in PREFIXES.items()},
    **dict.fromkeys(("weekday", "time_of_day"), "#when:"),
}
_COLUMNS: Final = (
    "kind, id, association_id, department, provider, name,"
    f" left(body, {SUMMARY + 1}) AS summary, place, postcode, area, latitude, longitude, choices,"
    " (SELECT confirmed_at FROM association WHERE association.id = found.association_id)"
    " AS confirmed_at"
)
_ID: Final = 1
_NAME: Final = 5
# Where something is: its own position, else its postcode's, else roughly its area's.
_PLACED: Final = """
    SELECT found.*,
        coalesce(latitude, CAST(CAST(%(positions)s AS jsonb) -> postcode ->> 0 AS float8),
            CAST(CAST(%(positions)s AS jsonb) -> ('#' || area) ->> 0 AS float8)) AS north,
        coalesce(longitude, CAST(CAST(%(positions)s AS jsonb) -> postcode ->> 1 AS float8),
            CAST(CAST(%(positions)s AS jsonb) -> ('#' || area) ->> 1 AS float8)) AS east
    FROM {found} AS found
"""
# As the square of the distance on a plane: in order it is the same.
_FAR: Final = (
    "power(north - CAST(%(north)s AS float8), 2)"
    " + power((east - CAST(%(east)s AS float8)) * cos(radians(CAST(%(north)s AS float8))), 2)"
)


class Page(NamedTuple):
    """Rows of one page, the cursor of the next, and how many matches were put in order at most."""

    rows: Sequence[Any]
    next: str | None
    most: int


class Listed(NamedTuple):
    """What is asked for a page, what makes the page of the answer, and how many are ordered."""

    statement: Statement
    following: Callable[[Sequence[Any]], str]
    most: int

    def page(self, rows: Sequence[Any], limit: int) -> Page:
        """Return the page: one row more than its ``limit`` says that another follows."""
        more, rows = len(rows) > limit, rows[:limit]
        return Page(rows, self.following(rows) if more else None, self.most)


def _word(place: int) -> str:
    return (
        f"(to_tsquery('danish'::regconfig, %(danish{place})s) || CAST(%(other{place})s AS tsquery))"
    )


def _query(words: int, tokens: str = "tokens") -> str:
    """Say that every word and every choice must match: one question to one index."""
    return " && ".join([f"CAST(%({tokens})s AS tsquery)", *map(_word, range(words))])


def _found(what: str, words: Form, most: int, tokens: str = "tokens") -> str:
    """Return the text of what matches, at most so many: rows by ``matches``, else ``choices``."""
    query = _query(words.indexed, tokens)
    besides = " && ".join(map(_word, range(words.indexed, words.number))) or "NULL"
    return f"listing_{what}({query}, {besides}, {most})"


@functools.cache
def count_statement(words: Form, branches: int) -> str:
    """Return the statement that counts each choice, once for each way of leaving one out."""
    parts = ["SELECT -1 AS branch, '' AS token, (SELECT max(version) FROM word_state) AS many"]
    parts += [
        f"SELECT {branch}, token, count(*)"
        f" FROM {_found('choices', words, COUNTED + 1, f'tokens{branch}')} AS choices,"
        f" unnest(choices) AS token WHERE starts_with(token, %(of{branch})s) GROUP BY token"
        for branch in range(branches)
    ]
    return " UNION ALL ".join(parts)


@functools.cache
def ranked_statement(words: Form) -> str:
    """Return the statement of a page by relevance."""
    return (
        f"SELECT {_COLUMNS} FROM {_found('matches', words, CANDIDATES)} AS found"
        " ORDER BY ts_rank(search, to_tsquery('danish'::regconfig, %(ranked_danish)s)"
        " || CAST(%(ranked_other)s AS tsquery)) DESC, name, id LIMIT %(limit)s OFFSET %(start)s"
    )


@functools.cache
def named_statement(words: Form, *, follows: bool) -> str:
    """Return the statement of a page by name, the first or one that follows another.

    Without words the planner knows how common each choice is, and whether to walk along the names.
    """
    found = _found("matches", words, COUNTED) if words.number else "listing"
    which = "true" if words.number else f"search @@ {_query(0)}"
    after = " AND (name, id) > (%(name)s, CAST(%(id)s AS uuid))" if follows else ""
    return (
        f"SELECT {_COLUMNS} FROM {found} AS found WHERE {which}{after}"
        " ORDER BY name, id LIMIT %(limit)s"
    )


@functools.cache
def near_statement(words: Form) -> str:
    """Return the statement of a page by distance."""
    placed = _PLACED.format(found=_found("matches", words, COUNTED))
    return (
        f"SELECT {_COLUMNS} FROM ({placed}) AS found"
        f" ORDER BY {_FAR} NULLS LAST, name, id LIMIT %(limit)s OFFSET %(start)s"
    )


def counted_by(asked: Asked) -> dict[str, str]:
    """Return what the statement that counts is told: what must match, and which choices count."""
    told = {}
    for branch, name in enumerate(["", *asked.chosen]):
        told[f"tokens{branch}"] = asked.tokens(without=name)
        told[f"of{branch}"] = _OF.get(name, "#is:")
    return told


def counting(asked: Asked, words: Words) -> Statement:
    """Return the statement that counts what each choice would leave."""
    statement = count_statement(words.form, 1 + len(asked.chosen))
    return statement, {**words.parameters, **counted_by(asked)}


def counts(rows: Sequence[Any], asked: Asked) -> tuple[Mapping[str, Mapping[str, int]], int, int]:
    """Of what was counted, return each choice's number, how many match, and the words' state."""
    branches = ["", *asked.chosen]
    # Of each branch the values by the prefix of their tokens.
    counted: list[dict[str, dict[str, int]]] = [{} for _ in branches]
    state = 0
    for branch, token, many in rows:
        if branch < 0:
            state = many or 0
        else:
            prefix, _, value = token.partition(":")
            counted[branch].setdefault(prefix, {})[value] = many
    total = sum(counted[0].get("#kind", {}).values())
    # A choice is counted where it is left out itself, and where nothing is for those not made.
    of = {name: counted[at] for at, name in enumerate(branches)}
    facets = {
        facet: of.get(name, counted[0]).get(f"#{prefix}", {})
        for (name, prefix), facet in zip(PREFIXES.items(), _FACETS.values(), strict=True)
    }
    days, parts = (of.get(name, counted[0]).get("#when", {}) for name in ("weekday", "time_of_day"))
    at, on = asked.time_of_day, asked.weekday
    facets["weekdays"] = _present({day: days.get(f"{day}-{at}" if at else day) for day in WEEKDAYS})
    facets["times_of_day"] = _present(
        {part: parts.get(f"{on}-{part}" if on else part) for part in TIMES_OF_DAY}
    )
    facets["traits"] = _present(
        {
            name: of.get(name, counted[0]).get("#is", {}).get(name.replace("_", "-"))
            for name in TRAITS
        }
    )
    return facets, total, state


def _present(counts: Mapping[str, int | None]) -> dict[str, int]:
    return {name: many for name, many in counts.items() if many}


def listing(asked: Asked, words: Words, dictionary: Dictionary) -> Listed:
    """Return what is asked for a page, in the order that is asked for; without words, by name.

    Raises :class:`Invalid` for a cursor or a place that is none of ours.
    """
    if asked.sort == "distance":
        return _by_distance(asked, words, dictionary)
    if asked.sort == "name" or not words.form.number:
        return _by_name(asked, words)
    return _numbered(asked, ranked_statement(words.form), words.parameters, most=CANDIDATES)


def _by_name(asked: Asked, words: Words) -> Listed:
    values: dict[str, Any] = {
        **words.parameters,
        "tokens": asked.tokens(),
        "limit": asked.limit + 1,
    }
    if asked.cursor is not None:
        values["name"], values["id"] = paging.decode(
            asked.cursor, [Listing.__table__.c.name, Listing.__table__.c.id]
        )
    statement = named_statement(words.form, follows=asked.cursor is not None)
    return Listed(
        (statement, values),
        lambda rows: paging.encode([rows[-1][_NAME], rows[-1][_ID]]),
        COUNTED,
    )


def _by_distance(asked: Asked, words: Words, dictionary: Dictionary) -> Listed:
    near = dictionary.place(asked.near) if asked.near else None
    if near is None:
        raise Invalid(
            errors=[FieldError("/near", "Give a postcode or a place of the municipality.")]
        )
    values = {
        **words.parameters,
        "positions": dictionary.positions,
        "north": near.latitude,
        "east": near.longitude,
    }
    return _numbered(asked, near_statement(words.form), values, most=COUNTED)


def _numbered(asked: Asked, statement: str, values: Mapping[str, Any], *, most: int) -> Listed:
    """Return what is asked of what has no key to go on from: its cursor holds a number."""
    start = 0
    if asked.cursor is not None:
        (start,) = paging.decode(asked.cursor, [literal(0, Integer)])
        if not 0 <= start <= most:
            raise Invalid(
                errors=[
                    FieldError("/cursor", "Not a cursor of this list: begin at its first page.")
                ]
            )
    limit = min(asked.limit + 1, most - start)
    told = {**values, "tokens": asked.tokens(), "start": start, "limit": limit}
    return Listed((statement, told), lambda _: paging.encode([start + asked.limit]), most)
