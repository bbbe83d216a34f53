"""What the search knows of words: those of the vejviser, the municipality's, and its places.

It is kept in the process and read anew where the words have changed, or after a moment. Of it come
suggestions while somebody types, what a typing error meant, and the compounds that end in a word:
a dictionary of some ten thousand words is quicker here than in any index (performance.md, 6).
"""

import bisect
import functools
import heapq
import itertools
import json
import math
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import Pool, text
from sqlalchemy.orm import Session

KEPT_SECONDS: Final = 20
# So many letters, so many of them may be wrong.
TOLERANCE: Final = ((4, 1), (7, 2), (12, 3))
SHORTEST_LABEL: Final = 3
SHORTEST_SUGGESTED: Final = 2
MOST_SUGGESTED: Final = 20
MOST_COMPOUNDS: Final = 40
REMEMBERED: Final = 5000
# The last part of a compound, and how many letters the first part must have with it when it is no
# word somebody uses: a short end may stand at the end of a word for no reason at all.
SHORTEST_TAIL: Final = 3
HEADS: Final = {3: 99, 4: 5}
SHORTEST_HEAD: Final = 3
WORD: Final = re.compile(r"[^\W_]+")
# As search_fold() in the database does.
_FOLD: Final = str.maketrans(
    {
        "å": "aa",
        "æ": "ae",
        "ø": "oe",
        "ä": "ae",
        "ö": "oe",
        **dict(zip("áàâãéèêëíìîïóòôõúùûüýÿçñšž", "aaaaeeeeiiiioooouuuuyycnsz", strict=True)),
    }
)
_VOWEL: Final = re.compile(r"[aeiouy]")
_ENDINGS: Final = ("", "e", "en", "er", "erne", "ernes", "ene", "ens", "et", "ets", "n", "r", "s")
_SECTIONS: Final = (("target_groups", "group"), ("topics", "topic"), ("areas", "area"))


@dataclass(frozen=True)
class Position:
    """Where something is, roughly (WGS 84, degrees)."""

    latitude: float
    longitude: float

    def kilometres_to(self, other: "Position") -> float:
        """Return the distance in kilometres; good to a per cent across a municipality."""
        down = math.cos(math.radians(self.latitude))
        return 111.2 * math.hypot(
            other.latitude - self.latitude, (other.longitude - self.longitude) * down
        )


@dataclass
class Dictionary:
    """The words of what is published, by folded spelling, and what else has a name here."""

    read_at: float = float("-inf")
    state: int = -1
    folded: list[str] = field(default_factory=list)
    backwards: list[str] = field(default_factory=list)
    counts: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    labels: list[tuple[str, str]] = field(default_factory=list)
    by_postcode: Mapping[str, Position] = field(default_factory=dict)
    by_area: Mapping[str, Position] = field(default_factory=dict)
    by_name: Mapping[str, Position] = field(default_factory=dict)
    _compounds: dict[str, list[str]] = field(default_factory=dict)
    _begun: dict[str, list[str]] = field(default_factory=dict)
    _named: dict[str, list[str]] = field(default_factory=dict)

    @functools.cached_property
    def positions(self) -> str:
        """The positions of postcodes and, behind a #, of areas: as JSON, for a statement."""
        of = {**self.by_postcode, **{f"#{key}": at for key, at in self.by_area.items()}}
        return json.dumps({key: [at.latitude, at.longitude] for key, at in of.items()})

    def has(self, term: str) -> bool:
        """Whether a word begins like this."""
        return next(_beginning_with(self.folded, term), None) is not None

    def uses_of(self, term: str, *, most: int) -> int:
        """Return how often a word like this is used, counting no further than to ``most``.

        About so many find it: one that uses two of them counts twice. Where it is in the name of a
        choice it is common.
        """
        if self.tokens_named(term):
            return most
        words = itertools.chain(self.compounds_of(term), _beginning_with(self.folded, term))
        uses = 0
        for word in words:
            uses += self.counts[word][0]
            if uses >= most:
                return most
        return uses

    def tokens_named(self, term: str) -> list[str]:
        """Return the choices whose name has a word that begins like this, as tokens."""
        if len(term) < SHORTEST_LABEL:
            return []
        known = self._named.get(term)
        if known is None:
            if len(self._named) >= REMEMBERED:
                self._named.clear()
            begun = (token for word, token in self.labels if word.startswith(term))
            known = self._named[term] = list(dict.fromkeys(begun))
        return known

    def compounds_of(self, term: str) -> list[str]:
        """Return the words that end in this one: "lektiehjaelp" for "hjaelp".

        The beginning of a compound is found by its letters alone; the end of one is looked up here,
        where "hjaelp" is told from letters that happen to stand at the end of a word.
        """
        known = self._compounds.get(term)
        if known is None:
            if len(self._compounds) >= REMEMBERED:
                self._compounds.clear()
            known = self._compounds[term] = self._looked_up(term)
        return known

    def _looked_up(self, term: str) -> list[str]:
        found = {
            word
            for last, tail in _inflected(term)
            for turned in _beginning_with(self.backwards, tail[::-1])
            if self._is_head((word := turned[::-1])[: -len(tail)], last)
        }
        return heapq.nlargest(MOST_COMPOUNDS, found, key=lambda word: (self.counts[word][0], word))

    def suggestions(self, q: str, *, limit: int) -> list[str]:
        """Complete the last word of what was typed so far, the most frequent words first."""
        before, last = re.fullmatch(r"(.*?)([^\W_]*)", q, re.DOTALL).groups()  # type: ignore[union-attr]
        begun = fold(last)
        if len(begun) < SHORTEST_SUGGESTED:
            return []
        best = self._begun.get(begun)
        if best is None:
            # Two letters begin thousands of words: each beginning is gone through once.
            if len(self._begun) >= REMEMBERED:
                self._begun.clear()
            best = self._begun[begun] = heapq.nsmallest(
                MOST_SUGGESTED,
                _beginning_with(self.folded, begun),
                key=lambda word: (-self.counts[word][0], word),
            )
        return [before + self.counts[word][1] for word in best[:limit]]

    def corrected(self, terms: Sequence[str]) -> list[str]:
        """Replace words nobody uses by the most similar word somebody does, as it is written."""
        return [
            term if self._is_known(fold(term)) else self._most_similar(fold(term)) or term
            for term in terms
        ]

    def place(self, asked: str) -> Position | None:
        """Return where a postcode or a place of the municipality is, or None."""
        words = fold(asked).split()
        for each in (" ".join(words), *words):
            found = self.by_postcode.get(each) or self.by_name.get(each)
            if found is not None:
                return found
        return None

    def position(self, postcode: str | None, area: str) -> Position | None:
        """Return roughly where something is, by its postcode or else its area."""
        return self.by_postcode.get(postcode or "") or self.by_area.get(area)

    def _is_known(self, term: str) -> bool:
        return self.has(term) or bool(self.compounds_of(term))

    def _is_head(self, head: str, last: str) -> bool:
        if len(head) < SHORTEST_HEAD or not _VOWEL.search(head):
            return False
        return len(head) >= HEADS.get(len(last), SHORTEST_HEAD) or any(
            each in self.counts for each in (head, head.removesuffix("s"), head.removesuffix("e"))
        )

    def _most_similar(self, term: str) -> str | None:
        wrong = next((most for least, most in reversed(TOLERANCE) if len(term) >= least), 0)
        if not wrong:
            return None
        hits = process.extract(term, self.folded, scorer=OSA.distance, score_cutoff=wrong, limit=5)
        if not hits:
            return None
        best = min(hits, key=lambda hit: (hit[1], -self.counts[hit[0]][0], hit[0]))
        return self.counts[best[0]][1]


@dataclass
class _Kept:
    """One database's dictionary, and who may read it anew."""

    dictionary: Dictionary = field(default_factory=Dictionary)
    lock: threading.Lock = field(default_factory=threading.Lock)


_kept: WeakKeyDictionary[Pool, _Kept] = WeakKeyDictionary()
_STATE: Final = text("SELECT coalesce(max(version), 0) FROM word_state")
# Of two spellings of a word the more frequent one comes last, and stays.
_WORDS: Final = text(
    "SELECT folded, document_count, written FROM word WHERE document_count > 0"
    " ORDER BY folded, document_count"
)
_NAMES: Final = text("SELECT value FROM vocabulary WHERE key = 'words'")


def fold(words: str) -> str:
    """Write å as aa, æ as ae, ø as oe, é as e, in lower case: what both sides are brought to."""
    return words.lower().translate(_FOLD)


def dictionary_of(session: Session, *, state: int | None = None) -> Dictionary:
    """Return the dictionary; read anew where it is old, or the words are in another ``state``.

    Without ``state`` the database is asked for it. While one thread reads, the others go on with
    what they have.
    """
    kept = _kept_of(session)
    known = kept.dictionary
    current = session.scalar(_STATE) if state is None else state
    if current == known.state and time.monotonic() - known.read_at < KEPT_SECONDS:
        return known
    if kept.lock.acquire(blocking=known.state < 0):
        try:
            kept.dictionary = _read(session, int(current or 0), known)
        finally:
            kept.lock.release()
    return kept.dictionary


def _kept_of(session: Session) -> _Kept:
    pool = session.get_bind().engine.pool
    return _kept.get(pool) or _kept.setdefault(pool, _Kept())


def remembered(session: Session) -> Dictionary:
    """Return the dictionary as it was last; whoever uses it compares its ``state`` afterwards."""
    known = _kept_of(session).dictionary
    if time.monotonic() - known.read_at < KEPT_SECONDS:
        return known
    return dictionary_of(session)


def _read(session: Session, state: int, before: Dictionary) -> Dictionary:
    """Read what has a name here, and the words where they are in another state than before."""
    if state == before.state:
        folded, backwards, counts = before.folded, before.backwards, before.counts
    else:
        counts = {
            folded: (document_count, written)
            for folded, document_count, written in session.execute(_WORDS)
        }
        folded, backwards = sorted(counts), sorted(word[::-1] for word in counts)
    names: Mapping[str, Any] = session.scalar(_NAMES) or {}
    places = [
        (each, Position(each["latitude"], each["longitude"])) for each in names.get("places", ())
    ]
    # Of a postcode, or an area, the first place is meant.
    first = list(reversed(places))
    return Dictionary(
        read_at=time.monotonic(),
        state=state,
        folded=folded,
        backwards=backwards,
        counts=counts,
        labels=list(_labels(names)),
        by_postcode={place["postcode"]: at for place, at in first if place.get("postcode")},
        by_area={place["area"]: at for place, at in first},
        by_name={" ".join(fold(place["name"]).split()): at for place, at in first},
    )


def _labels(names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section, prefix in _SECTIONS:
        for each in names.get(section, ()):
            for word in WORD.findall(f"{each['da']} {each['en']}"):
                yield fold(word), f"#{prefix}:{each['key']}"


def _beginning_with(words: Sequence[str], beginning: str) -> Iterator[str]:
    """List the words of a sorted list that begin like this."""
    for place in range(bisect.bisect_left(words, beginning), len(words)):
        if not words[place].startswith(beginning):
            return
        yield words[place]


def _inflected(term: str) -> Iterator[tuple[str, str]]:
    """List a word, and the forms it can have at the end of a compound."""
    bare = next(
        (
            term.removesuffix(ending)
            for ending in ("erne", "ene", "er", "en", "et", "e")
            if term.endswith(ending) and len(term) - len(ending) > SHORTEST_TAIL
        ),
        term,
    )
    for word in dict.fromkeys((term, bare)):
        if len(word) >= SHORTEST_TAIL:
            for ending in _ENDINGS:
                yield word, word + ending
