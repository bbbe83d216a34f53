"""Words of a search as conditions on a column, matched as the search of the vejviser does."""

from typing import Any

from sqlalchemy import ColumnElement, bindparam, text
from sqlalchemy.orm import Session

from services.directory.queries.asked import terms_of, words_of
from services.directory.queries.dictionary import remembered


def every_word(session: Session, q: str, vector: Any) -> list[ColumnElement[bool]]:
    """Say that every word somebody typed must be in a ``tsvector``; nothing without words."""
    terms = terms_of(q)
    if not terms:
        return []
    words = words_of(terms, remembered(session)).parameters
    return [
        vector.op("@@")(
            text(
                f"(to_tsquery('danish'::regconfig, :danish{place})"
                f" || CAST(:other{place} AS tsquery))"
            ).bindparams(
                bindparam(f"danish{place}", words[f"danish{place}"]),
                bindparam(f"other{place}", words[f"other{place}"]),
            )
        )
        for place in range(len(terms))
    ]
