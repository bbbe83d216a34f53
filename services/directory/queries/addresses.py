"""Completing an address without a register: by the municipality's own postcodes and places."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from services.directory.model import MOST_SUGGESTED, SuggestedAddress
from services.directory.model.vocabulary import stored_words
from services.directory.queries.dictionary import fold

# A house number has as many digits as the beginning of a postcode: from the third on it is one.
_POSTCODE: Final = re.compile(r"^(?P<street>.*?)[\s,]*\b(?P<end>\d{3,4})$")
_SHORTEST: Final = 2


def offline(session: Session, typed: str) -> list[SuggestedAddress]:
    """Complete the end of what was typed: a postcode, or a place behind a comma or alone."""
    words = stored_words(session) or {}
    street, end = _parts(typed)
    if len(end) < _SHORTEST:
        return []
    return list(_matching(words.get("places", ()), street, fold(end)))[:MOST_SUGGESTED]


def _parts(typed: str) -> tuple[str, str]:
    """Part the street from what can be completed."""
    typed = " ".join(typed.split())
    postcode = _POSTCODE.match(typed)
    if postcode:
        return postcode["street"].strip(" ,"), postcode["end"]
    street, comma, end = typed.rpartition(",")
    return (street.strip(" ,"), end.strip()) if comma else ("", typed)


def _matching(
    places: Iterable[Mapping[str, Any]], street: str, end: str
) -> Iterator[SuggestedAddress]:
    for place in places:
        postcode, city = str(place.get("postcode", "")), str(place["name"])
        whole = f"{postcode} {city}".strip()
        if any(fold(each).startswith(end) for each in (postcode, city, whole)):
            text = f"{street}, {whole}" if street else whole
            yield SuggestedAddress(text=text, street=street, postcode=postcode, city=city)
