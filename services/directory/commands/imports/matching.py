"""Whether a row is an association we know: surely, surely not, or to be asked.

A CVR number is one association, and so is a name at a postcode. Whatever is nearly so is asked:
nothing is guessed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.directory.commands.imports.words import name_key
from services.directory.model import LIVING, Association

# Below this two names of one CVR number may be two associations and a typing error.
SAME_CVR: Final = 60
# From here on two names at one place may be one association and a typing error.
SIMILAR: Final = 88
MOST_CANDIDATES: Final = 5


@dataclass(frozen=True, kw_only=True)
class Known:
    """An association as far as it takes to know it again."""

    id: UUID
    cvr: str | None
    key: str
    postcode: str | None
    is_living: bool


@dataclass(frozen=True, kw_only=True)
class Match:
    """What was found: one association; or none; or, with a ``reason``, those it may be."""

    association_id: UUID | None = None
    reason: str = ""
    candidates: Sequence[UUID] = ()


NEW: Final = Match()


@dataclass
class Register:
    """The associations, in memory: how they are looked up while thousands of rows pass."""

    _by_id: dict[UUID, Known] = field(default_factory=dict)
    _by_cvr: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    _by_key: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    _by_postcode: dict[str | None, dict[UUID, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    @classmethod
    def read(cls, session: Session) -> "Register":
        """Read the register as it is now."""
        made = cls()
        made.add_all(
            Known(
                id=row.id,
                cvr=row.cvr,
                key=name_key(row.name),
                postcode=row.postcode,
                is_living=row.status in LIVING,
            )
            for row in session.execute(
                select(
                    Association.id,
                    Association.cvr,
                    Association.name,
                    Association.postcode,
                    Association.status,
                ).order_by(Association.registered_at, Association.id)
            )
        )
        return made

    def add_all(self, found: Iterable[Known]) -> None:
        """Know these as well, each instead of what was known of it before."""
        for known in found:
            self._forget(known.id)
            self._by_id[known.id] = known
            if known.cvr:
                self._by_cvr[known.cvr].append(known)
            self._by_key[known.key].append(known)
            self._by_postcode[known.postcode][known.id] = known.key

    def _forget(self, id_: UUID) -> None:
        known = self._by_id.pop(id_, None)
        if known is None:
            return
        if known.cvr:
            self._by_cvr[known.cvr].remove(known)
        self._by_key[known.key].remove(known)
        del self._by_postcode[known.postcode][id_]

    def holds(self, cvr: str) -> bool:
        """Whether a living association has this number."""
        return any(known.is_living for known in self._by_cvr.get(cvr, ()))

    def find(self, *, cvr: str | None, name: str, postcode: str | None) -> Match:
        """Find the association a row is about."""
        key = name_key(name) if name else ""
        if cvr:
            match = self._by_number(cvr, key)
            if match is not None:
                return match
        if not key:
            return NEW
        return self._by_name(cvr, key, postcode)

    def _by_number(self, cvr: str, key: str) -> Match | None:
        living = [known for known in self._by_cvr.get(cvr, ()) if known.is_living]
        if living:
            (known,) = living
            if key and fuzz.token_set_ratio(key, known.key) < SAME_CVR:
                return Match(reason="cvr-other-name", candidates=[known.id])
            return Match(association_id=known.id)
        gone = self._by_cvr.get(cvr, ())
        if gone:
            return Match(reason="closed", candidates=_ids(gone))
        return None

    def _by_name(self, cvr: str | None, key: str, postcode: str | None) -> Match:
        named = self._by_key.get(key, ())
        here = [known for known in named if known.postcode == postcode]
        living = [known for known in here if known.is_living]
        if len(living) == 1:
            (known,) = living
            if cvr and known.cvr and known.cvr != cvr:
                return Match(reason="other-cvr", candidates=[known.id])
            return Match(association_id=known.id)
        if living:
            return Match(reason="several", candidates=_ids(living))
        elsewhere = [known for known in named if known.is_living]
        if elsewhere:
            # Two numbers are two associations, as a national one has in every town.
            others = [known for known in elsewhere if not (cvr and known.cvr)]
            return Match(reason="other-postcode", candidates=_ids(others)) if others else NEW
        if here:
            return Match(reason="closed", candidates=_ids(here))
        return self._similar(cvr, key, postcode)

    def _similar(self, cvr: str | None, key: str, postcode: str | None) -> Match:
        """Look for nearly the same name at the same place, or where either place is not known."""
        places = [postcode, None] if postcode else list(self._by_postcode)
        found: list[UUID] = []
        for place in dict.fromkeys(places):
            alike = process.extract(
                key,
                self._by_postcode.get(place, {}),
                scorer=fuzz.ratio,
                score_cutoff=SIMILAR,
                limit=MOST_CANDIDATES,
            )
            found += [id_ for _, _, id_ in alike]
        likely = [
            id_
            for id_ in found
            if self._by_id[id_].is_living
            and not (cvr and self._by_id[id_].cvr)
            # The first and the second troop of a town are two.
            and _numbers(self._by_id[id_].key) == _numbers(key)
        ]
        if likely:
            return Match(reason="similar", candidates=likely[:MOST_CANDIDATES])
        return NEW


def _numbers(key: str) -> list[str]:
    return re.findall(r"\d+", key)


def _ids(found: Iterable[Known]) -> list[UUID]:
    return [known.id for known in found][:MOST_CANDIDATES]
