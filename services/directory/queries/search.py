"""One search over all that is offered: Danish words, choices and their counts, typing errors.

What a search costs is bounded. Up to ``CANDIDATES`` matches are all ranked ("exact"), of more so
many are ("sample"); up to ``COUNTED`` matches are all counted, of more so many are, and the total
says "at least". A municipality has a few hundred associations, so both are the exception.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chassis.database import ask
from chassis.dump import Ready
from services.directory.model import TIMES_OF_DAY, WEEKDAYS
from services.directory.queries.asked import Asked, terms_of, words_of
from services.directory.queries.dictionary import (
    REMEMBERED,
    Dictionary,
    Position,
    dictionary_of,
    remembered,
)
from services.directory.queries.listings import (
    CANDIDATES,
    COUNTED,
    SUMMARY,
    counting,
    counts,
    listing,
)

__all__ = ["CANDIDATES", "COUNTED", "Asked", "Found", "search", "suggestions"]


@dataclass
class Found:
    """A page of search results."""

    items: list[Any]
    next: str | None
    total: int
    facets: Mapping[str, Mapping[str, int]]
    did_you_mean: str | None = None
    ranked: str = "exact"
    counted: str = "exact"


def search(session: Session, asked: Asked) -> Found:
    """Search everything that is offered, in Danish; without words, list it by name.

    Every word must match. Where nothing does, words nobody uses are taken for typing errors:
    ``did_you_mean`` names what was probably meant, and the results are those of the correction.
    Raises :class:`Invalid` for a cursor or a place that is none of ours.
    """
    terms = terms_of(asked.q)
    dictionary = remembered(session)
    found, state = _search(session, asked, terms, dictionary)
    if state != dictionary.state:
        # Words have come or gone since the dictionary was read: what ends in a word may be more.
        dictionary = dictionary_of(session, state=state)
        if terms:
            found, _ = _search(session, asked, terms, dictionary)
    if found.total or not terms:
        return found
    corrected = dictionary.corrected(terms)
    if corrected == terms:
        return found
    found, _ = _search(session, asked, corrected, dictionary)
    found.did_you_mean = " ".join(corrected) if found.total else None
    return found


def suggestions(session: Session, q: str, *, limit: int) -> list[str]:
    """Return what may be meant by words that are still being typed.

    Of the dictionary as it was last: a word may be suggested for some seconds after it has gone.
    """
    return remembered(session).suggestions(q, limit=limit)


def _search(
    session: Session, asked: Asked, terms: Sequence[str], dictionary: Dictionary
) -> tuple[Found, int]:
    """Return a page, and the state the words were in meanwhile."""
    words = words_of(terms, dictionary)
    listed = listing(asked, words, dictionary)
    counted, rows = ask(session, counting(asked, words), listed.statement)
    facets, total, state = counts(counted, asked)
    page = listed.page(rows, asked.limit)
    near = dictionary.place(asked.near) if asked.near else None
    found = Found(
        Ready([_item(row, dictionary, near) for row in page.rows]),
        page.next,
        min(total, COUNTED),
        facets,
        ranked="sample" if total > page.most else "exact",
        counted="sample" if total > COUNTED else "exact",
    )
    return found, state


def _item(row: Any, dictionary: Dictionary, near: Position | None) -> dict[str, Any]:
    """Show a listing: its choices by name, and where it is.

    Written for speed: a page has fifty of them. What is shown is what the schema says, in its
    order, which then has nothing to do.
    """
    # In the order of the statement's columns.
    (
        kind,
        id_,
        association_id,
        department,
        provider,
        name,
        summary,
        *where,
        choices,
        confirmed_at,
    ) = row
    place, postcode, area, latitude, longitude = where
    at = dictionary.position(postcode, area) if latitude is None else Position(latitude, longitude)
    return {
        "kind": kind,
        "id": id_,
        "association_id": association_id,
        "department": department,
        "provider": provider,
        "name": name,
        "summary": _shortened(summary),
        "place": place,
        "postcode": postcode,
        "area": area,
        "latitude": at.latitude if at else None,
        "longitude": at.longitude if at else None,
        "is_exact": latitude is not None,
        "distance_km": round(near.kilometres_to(at), 1) if near and at else None,
        **_choices(tuple(choices)),
        "confirmed_at": confirmed_at,
    }


@functools.lru_cache(maxsize=REMEMBERED)
def _choices(tokens: tuple[str, ...]) -> Mapping[str, Any]:
    """Show the choices of a listing by name; it is kept, so nobody may change what is in it."""
    groups: list[str] = []
    topics: list[str] = []
    traits: list[str] = []
    when: list[str] = []
    into = {"#group": groups, "#topic": topics, "#is": traits, "#when": when}
    for token in tokens:
        prefix, _, value = token.partition(":")
        if prefix in into:
            into[prefix].append(value)
    return {
        "target_groups": groups,
        "topics": topics,
        "weekdays": [day for day in WEEKDAYS if day in when],
        "times_of_day": [part for part in TIMES_OF_DAY if part in when],
        "free": "free" in traits,
        "takes_new_users": "takes-new-users" in traits,
        "needs_volunteers": "needs-volunteers" in traits,
        "wheelchair": "wheelchair" in traits,
    }


def _shortened(words: str) -> str:
    if len(words) <= SUMMARY:
        return words
    return f"{words[:SUMMARY].rsplit(maxsplit=1)[0]} …"
