"""Three offers for a need, chosen fairly; and what could not be met, in numbers.

No provider is better than another (V4), so nothing here ranks them. In this order it counts: what
fits more of the words, what is in the area, what is known to have room, and then the day's turn: a
draw that is the same all day, so that a printed card can be found again, and another one tomorrow.
"""

import functools
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from chassis.database import UnitOfWork
from services.directory.model import (
    CAPACITY_FRESH,
    GIVEN,
    WHOLE,
    UnmetNeed,
    tellable,
    today,
)
from services.directory.queries.asked import Asked, terms_of, words_of
from services.directory.queries.dictionary import dictionary_of
from services.directory.queries.offers import offers_by_id

CANDIDATES: Final = 300
MONTHS: Final = 12


@functools.cache
def _statement(words: int) -> TextClause:
    """Return the statement that finds candidates: every choice fits, and one word at least."""
    each = [
        f"(to_tsquery('danish'::regconfig, :danish{place}) || CAST(:other{place} AS tsquery))"
        for place in range(words)
    ]
    fitting = " + ".join(f"CAST(listing.search @@ {way} AS integer)" for way in each)
    fitting_first = f"{fitting} DESC, " if each else ""
    some = f" && ({' || '.join(each)})" if each else ""
    return text(
        "SELECT offer.id,"
        " coalesce(CAST(offer.association_id AS text), offer.department) AS provider,"
        " listing.provider AS provider_name,"
        " greatest(offer.capacity_said_at, association.confirmed_at) AS said_at,"
        " CAST(:area AS text) IS NOT NULL AND offer.area NOT IN (:area, :whole) AS is_elsewhere"
        " FROM listing JOIN offer ON offer.id = listing.id"
        " LEFT JOIN association ON association.id = offer.association_id"
        f" WHERE listing.kind = 'offer' AND listing.search @@ (CAST(:tokens AS tsquery){some})"
        " AND NOT offer.id = ANY(CAST(:leave_out AS uuid[]))"
        f" ORDER BY {fitting_first}is_elsewhere,"
        " greatest(offer.capacity_said_at, association.confirmed_at) > :fresh DESC,"
        " md5(CAST(offer.id AS text) || CAST(:day AS text)), offer.id"
        f" LIMIT {CANDIDATES}"
    )


def matches(
    work: UnitOfWork, *, q: str, area: str | None, leave_out: Sequence[UUID], **choices: Any
) -> dict[str, Any]:
    """Return up to three offers of three providers that take new users now, and how many there are.

    Reads only: nothing of what is asked is kept.
    """
    terms = terms_of(q)
    words = words_of(terms, dictionary_of(work.session))
    asked = Asked(kind="offer", takes_new_users=True, **choices)
    fresh_from = work.now - CAPACITY_FRESH
    rows = work.session.execute(
        _statement(words.form.number),
        {
            **{name: each for name, each in words.parameters.items() if "ranked" not in name},
            "tokens": asked.tokens(),
            "area": area,
            "whole": WHOLE,
            "leave_out": list(leave_out),
            "fresh": fresh_from,
            "day": today(work.now).isoformat(),
        },
    ).all()
    # One of each provider, the first of theirs; in the order they were drawn.
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(row.provider, row)
    chosen = list(first.values())[:GIVEN]
    offers = offers_by_id(work.session, [row.id for row in chosen])
    return {
        "items": [
            {
                "offer": offers[row.id],
                "provider": row.provider_name,
                "capacity_said_at": row.said_at,
                "is_fresh": row.said_at > fresh_from,
                "is_elsewhere": row.is_elsewhere,
            }
            for row in chosen
        ],
        "more": max(0, len(first) - GIVEN),
    }


def unmet_figures(session: Session, *, year: int, day: date) -> dict[str, Any]:
    """Count what could not be met in the months of a year that are over.

    No number below the least that may be told follows from any of them.
    """
    this_month = day.replace(day=1)
    months_of_year = (date(year, number, 1) for number in range(1, MONTHS + 1))
    over = [month for month in months_of_year if month < this_month]
    rows = session.execute(
        select(UnmetNeed.month, UnmetNeed.section, UnmetNeed.need, UnmetNeed.area, UnmetNeed.count)
        .where(UnmetNeed.month.in_(over))
        .order_by(UnmetNeed.month, UnmetNeed.section, UnmetNeed.need, UnmetNeed.area)
    ).all()
    by_month: dict[date, int] = {}
    by_need: dict[tuple[str, str, str], int] = {}
    for month, section, need, area, count in rows:
        by_month[month] = by_month.get(month, 0) + count
        key = (section, need, area)
        by_need[key] = by_need.get(key, 0) + count
    months, _ = tellable(by_month)
    needs, rest = tellable(by_need)
    return {
        "year": year,
        "months": [
            {"month": month, "count": months.get(month) if month in by_month else 0}
            for month in over
        ],
        "needs": [
            {"section": section, "need": need, "area": area or None, "count": count}
            for (section, need, area), count in needs.items()
        ],
        "rest": rest,
        "total": sum(needs.values()) + rest if by_need and (needs or rest) else None,
    }
