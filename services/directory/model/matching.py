"""Finding somebody for a citizen without keeping anything of the citizen (N7, beyond-list 14).

What was asked is nowhere: no row, no event, no address of a page. What could not be met is a number
in a table, for a month, a need and an area; not who counted, nor on which day.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, TypeVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base

GIVEN: Final = 3
"""So many are handed over: a choice, and not a list to search again."""
CAPACITY_FRESH: Final = timedelta(days=90)
"""For so long after somebody said it, "takes new users" counts as known to be so."""
LEAST: Final = 3
"""A number below this might point at somebody: it is told together with others, or not at all."""
WHOLE: Final = "whole"
"""The area of a profile that is everywhere: what is offered there is offered in each of them."""
K = TypeVar("K")


class UnmetNeed(Base):
    """How often nobody could be found, in a month (its first day), for a need, in an area.

    ``section`` and ``need`` are a word of the profile: ``topics`` or ``target_groups``, and its
    key. ``area`` is empty where none was named.
    """

    __tablename__ = "unmet_need"

    month: Mapped[date] = mapped_column(primary_key=True)
    section: Mapped[str] = mapped_column(primary_key=True)
    need: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]

    __table_args__ = (CheckConstraint("count > 0", name="counted"),)


def tellable(counts: Mapping[K, int]) -> tuple[dict[K, int], int]:
    """Return the counts that may be told one by one, and the sum of the rest.

    A count below ``LEAST`` is told only as part of a sum of at least two, which is at least
    ``LEAST`` itself; where it takes one that could have been told to make such a sum, that one goes
    in too. So no small number follows from the others, and where there is no such sum nothing is
    told at all.
    """
    told = dict(sorted(counts.items(), key=lambda item: -item[1]))
    rest = [told.pop(key) for key, count in counts.items() if count < LEAST]
    while rest and (sum(rest) < LEAST or len(rest) < 2):
        if not told:
            return {}, 0
        rest.append(told.popitem()[1])
    return told, sum(rest)
