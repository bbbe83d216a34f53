"""Associations that may be the same one under two names (V21).

Compared are the CVR number, the telephone number, the address, those on the web and in the mail,
the contact, and the name: in the vejviser's folded spelling, without the words most names have.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from rapidfuzz import fuzz, process
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.directory.model import Association, AssociationStatus
from services.directory.queries.dictionary import fold

# Names this much alike (0 to 100) are worth a human's look.
ALIKE: Final = 87
# At one address a name less alike is worth a look too.
ALIKE_AT_ONE_ADDRESS: Final = 65
MOST: Final = 10
_WORD: Final = re.compile(r"[^\W_]+")
# In so many names that they tell nothing; folded.
_EVERYDAY: Final = frozenset(
    """
    foreningen forening klubben klub gruppen gruppe lokalforening lokalforeningen afdeling
    afdelingen og i af for den det de dansk danske danmark
    """.split()  # noqa: SIM905 - as text it can be read
)
_SHORTEST_NAME: Final = 4
# Up to the house: the floor and the door come behind it.
_HOUSE: Final = re.compile(r"(\D+?)\s*(\d+)\s*([a-z])?\b")
# A volunteer house is the address of many, and one person the contact of several.
_SHARED: Final = frozenset({"contact", "address"})


@dataclass(frozen=True)
class Duplicate:
    """Another association, and what the two have in common."""

    association: Any
    reasons: list[str]
    similarity: int


def duplicates(session: Session, association: Association) -> list[Duplicate]:
    """Return the associations that may be this one, the likeliest first; at most ten.

    Also closed ones: then reopening is better than a second record. Refused registrations and those
    that were merged already are left out.
    """
    others = session.execute(
        select(
            Association.id,
            Association.name,
            Association.cvr,
            Association.phone,
            Association.website,
            Association.public_email,
            Association.street,
            Association.postcode,
            Association.contact_person_id,
        ).where(
            Association.id != association.id,
            Association.merged_into_id.is_(None),
            or_(
                Association.status.in_((AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED)),
                Association.status == AssociationStatus.CLOSED,
            ),
        )
    ).all()
    mine = _marks(association)
    neighbours = {row.id for row in others if mine["address"] and _address(row) == mine["address"]}
    names = {row.id: row.name for row in others}
    near = {id_: name for id_, name in names.items() if id_ in neighbours}
    alike = {
        **_alike(association.name, near, ALIKE_AT_ONE_ADDRESS),
        **_alike(association.name, names, ALIKE),
    }
    found: dict[UUID, tuple[list[str], int]] = {}
    for row in others:
        theirs = _marks(row)
        reasons = [name for name, value in mine.items() if value and theirs[name] == value]
        if row.id in alike:
            reasons.append("name")
        # What several associations may well share says nothing by itself.
        if not _SHARED.issuperset(reasons):
            found[row.id] = (reasons, alike.get(row.id, 0))
    likeliest = sorted(found, key=lambda id_: (-len(found[id_][0]), -found[id_][1], id_))[:MOST]
    by_id = {
        each.id: each
        for each in session.scalars(select(Association).where(Association.id.in_(likeliest)))
    }
    return [Duplicate(by_id[id_], *found[id_]) for id_ in likeliest]


def plain_name(name: str) -> str:
    """Return a name as it is compared: folded, in order, without everyday words."""
    words = [word for word in _WORD.findall(fold(name)) if word not in _EVERYDAY]
    return " ".join(words) or fold(name).strip()


def _alike(name: str, others: dict[UUID, str], least: int) -> dict[UUID, int]:
    mine = plain_name(name)
    if len(mine) < _SHORTEST_NAME:
        return {id_: 100 for id_, other in others.items() if plain_name(other) == mine}
    hits = process.extract(
        mine,
        {id_: plain_name(other) for id_, other in others.items()},
        scorer=fuzz.token_sort_ratio,
        score_cutoff=least,
        limit=MOST,
    )
    return {id_: int(score) for _, score, id_ in hits}


def _marks(row: Any) -> dict[str, Any]:
    """What two records of one association have in common, each in one spelling."""
    digits = re.sub(r"\D", "", row.phone or "").removeprefix("0045")
    return {
        "cvr": row.cvr,
        "phone": digits[-8:],
        "website": _site(row.website or ""),
        "address": _address(row),
        "email": (row.public_email or "").casefold(),
        "contact": row.contact_person_id,
    }


def _address(row: Any) -> str:
    """Return the house: "Vestre Boulevard 7, 1. tv." in 9600 as "vestre boulevard 7 9600"."""
    house = _HOUSE.match(fold(row.street or ""))
    if not house:
        return ""
    street, number, letter = house.groups()
    return f"{' '.join(_WORD.findall(street))} {number}{letter or ''} {row.postcode or ''}".strip()


def _site(website: str) -> str:
    parts = urlsplit(website.casefold())
    host = (parts.hostname or "").removeprefix("www.")
    return host + parts.path.rstrip("/") if host else ""
