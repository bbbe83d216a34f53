"""The vejviser: Danish full text, filters and their counts, and what a typing error meant.

What a search costs is bounded. Up to ``CANDIDATES`` matches are all ranked and counted ("exact");
where a word is in more associations than that, so many of them are ("sample"), and the total says
"at least". A municipality has a few hundred associations, so a sample is the exception.
"""

import base64
import bisect
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import FieldError, Invalid
from services.directory.model import Association, AssociationStatus, Vocabulary, Word

CANDIDATES: Final = 1000
MOST_TERMS: Final = 12
WORDS_KEPT_SECONDS: Final = 20
# So many letters, so many of them may be wrong.
TOLERANCE: Final = ((4, 1), (7, 2), (12, 3))
# Beginnings of words are looked up from this many letters on; one letter begins too many.
SHORTEST_PREFIX: Final = 2
SHORTEST_LABEL: Final = 3
_WORD: Final = re.compile(r"[^\W_]+")
_FOLDS: Final = (("å", "aa"), ("æ", "ae"), ("ø", "oe"))
_DANISH: Final[ColumnElement[Any]] = literal_column("'danish'::regconfig")
_SIMPLE: Final[ColumnElement[Any]] = literal_column("'simple'::regconfig")
# Words without a meaning of their own: those the database's Danish dictionary leaves out.
STOP_WORDS: Final = frozenset(
    """
    og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har
    om vi min havde ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal
    selv her alle vil blev kunne ind når være dog noget ville jo deres efter ned skulle
    denne end dette mit også under have dig anden hende mine alt meget sit sine vor mod
    disse hvis din nogle hos blive mange ad bliver hendes været thi jer sådan
    """.split()  # noqa: SIM905 - as text it can be read
)


@dataclass
class Found:
    """A page of search results."""

    items: list[Any]
    next: str | None
    total: int
    facets: Mapping[str, Mapping[str, int]]
    did_you_mean: str | None = None
    ranked: str = "exact"


@dataclass
class _Words:
    """The words of the vejviser by folded spelling, remembered for a moment."""

    read_at: float = float("-inf")
    state: int | None = None
    folded: list[str] = field(default_factory=list)
    counts: dict[str, tuple[int, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, term: str) -> bool:
        """Whether a word begins like this."""
        place = bisect.bisect_left(self.folded, term)
        return place < len(self.folded) and self.folded[place].startswith(term)


_vocabularies: dict[str, _Words] = {}


def fold(words: str) -> str:
    """Write å as aa, æ as ae, ø as oe, in lower case: the spelling both sides are brought to."""
    folded = words.lower()
    for letter, pair in _FOLDS:
        folded = folded.replace(letter, pair)
    return folded


def search(
    session: Session,
    *,
    q: str,
    target_group: str | None,
    area: str | None,
    volunteers_wanted: bool | None,
    status: AssociationStatus,
    limit: int,
    cursor: str | None,
) -> Found:
    """Search the vejviser in Danish; without words, list it by name.

    Every word must match. Where nothing does, words nobody uses are taken for typing errors:
    ``did_you_mean`` names what was probably meant, and the results are those of the correction.
    """
    base: list[ColumnElement[bool]] = [Association.status == status]
    if target_group is not None:
        base.append(Association.target_groups.contains([target_group]))
    if area is not None:
        base.append(Association.area == area)
    if volunteers_wanted is not None:
        base.append(Association.volunteers_wanted == volunteers_wanted)
    terms = _terms(q)
    if not terms:
        return _listed(session, base, limit=limit, cursor=cursor)
    found = _matched(session, base, terms, limit=limit, cursor=cursor)
    if found.total:
        return found
    corrected = _corrected(session, terms)
    if corrected == terms:
        return found
    found = _matched(session, base, corrected, limit=limit, cursor=cursor)
    found.did_you_mean = " ".join(corrected) if found.total else None
    return found


def _terms(q: str) -> list[str]:
    """Return the words that carry meaning; all of them where none does."""
    words = [word.lower() for word in _WORD.findall(q)][:MOST_TERMS]
    return [word for word in words if word not in STOP_WORDS] or words


def _listed(
    session: Session, base: Sequence[ColumnElement[bool]], *, limit: int, cursor: str | None
) -> Found:
    page = paginate(
        session,
        select(Association).where(*base),
        order_by=[Association.name, Association.id],
        limit=limit,
        cursor=cursor,
    )
    rows = session.execute(
        select(Association.area, Association.target_groups, func.count().label("many"))
        .where(*base)
        .group_by(Association.area, Association.target_groups)
    ).all()
    return Found(page["items"], page["next"], sum(row.many for row in rows), _facets(rows))


def _matched(
    session: Session,
    base: Sequence[ColumnElement[bool]],
    terms: Sequence[str],
    *,
    limit: int,
    cursor: str | None,
) -> Found:
    labels = session.scalar(select(Vocabulary.value).where(Vocabulary.key == "words")) or {}
    matches = [_matches(term, labels) for term in terms]
    candidates = (
        select(Association.id).where(*base, *matches).limit(CANDIDATES + 1).subquery("candidates")
    )
    rows = session.execute(
        select(
            Association.id,
            Association.area,
            Association.target_groups,
            literal_column("1", Integer).label("many"),
        )
        .join(candidates, candidates.c.id == Association.id)
        .order_by(_rank(terms).desc(), Association.name, Association.id)
    ).all()
    is_sample = len(rows) > CANDIDATES
    rows = rows[:CANDIDATES]
    start = _offset(cursor)
    chosen = [row.id for row in rows[start : start + limit]]
    by_id = {
        each.id: each
        for each in session.scalars(select(Association).where(Association.id.in_(chosen)))
    }
    more = start + limit < len(rows)
    following = base64.urlsafe_b64encode(f"r{start + limit}".encode()).decode() if more else None
    return Found(
        [by_id[id_] for id_ in chosen if id_ in by_id],
        following,
        len(rows),
        _facets(rows),
        ranked="sample" if is_sample else "exact",
    )


def _matches(term: str, labels: Mapping[str, Any]) -> ColumnElement[bool]:
    """Match a word by its Danish stem, as the beginning of a word, or by what a choice is called.

    A stem may go on too: "vandringen" finds "vandringsklub".
    """
    groups = _named(term, labels.get("target_groups", ()))
    areas = _named(term, labels.get("areas", ()))
    ways: list[ColumnElement[bool]] = [
        Association.search_danish.op("@@")(_danish(term)),
        Association.search_folded.op("@@")(_folded(term)),
    ]
    if groups:
        ways.append(Association.target_groups.overlap(cast(groups, ARRAY(Text))))
    if areas:
        ways.append(Association.area.in_(areas))
    if term.isdigit():
        ways.append(Association.cvr == term)
    return or_(*ways)


def _danish(term: str) -> ColumnElement[Any]:
    return func.to_tsquery(_DANISH, literal(_beginning(term)))


def _folded(term: str) -> ColumnElement[Any]:
    return func.to_tsquery(_SIMPLE, literal(_beginning(fold(term))))


def _beginning(word: str) -> str:
    return f"{word}:*" if len(word) >= SHORTEST_PREFIX else word


def _named(term: str, words: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the keys of the choices that have a word beginning like this in their name."""
    if len(term) < SHORTEST_LABEL:
        return []
    beginning = fold(term)
    return [
        word["key"]
        for word in words
        if any(fold(each).startswith(beginning) for each in _WORD.findall(word["da"]))
    ]


def _rank(terms: Sequence[str]) -> ColumnElement[Any]:
    danish = func.to_tsquery(_DANISH, literal(" | ".join(map(_beginning, terms))))
    folded = func.to_tsquery(_SIMPLE, literal(" | ".join(_beginning(fold(each)) for each in terms)))
    return func.ts_rank(Association.search_danish, danish) * 2 + func.ts_rank(
        Association.search_folded, folded
    )


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        plain = base64.urlsafe_b64decode(cursor.encode()).decode()
        place = int(plain.removeprefix("r")) if plain.startswith("r") else -1
    except (ValueError, UnicodeError):
        place = -1
    if not 0 <= place <= CANDIDATES:
        raise Invalid(
            errors=[FieldError("/cursor", "Not a cursor of this list: begin at its first page.")]
        )
    return place


def _facets(rows: Sequence[Any]) -> dict[str, dict[str, int]]:
    """Count how many associations have each choice; a row stands for ``many`` of them."""
    groups, areas = Counter[str](), Counter[str]()
    for row in rows:
        areas[row.area] += row.many
        groups.update(dict.fromkeys(row.target_groups, row.many))
    return {"target_groups": dict(groups), "areas": dict(areas)}


def _words_of(session: Session) -> _Words:
    """Return the words of published associations: read anew where they changed, or are old.

    While one thread reads them anew, the others go on with those they have.
    """
    words = _vocabularies.setdefault(str(session.get_bind()), _Words())
    # Tells one set of words from another, wherever they differ and however little.
    state = session.scalar(
        select(
            func.coalesce(
                func.sum(cast(func.hashtext(Word.written), BigInteger) * Word.document_count), 0
            )
        ).where(Word.document_count > 0)
    )
    if state == words.state and time.monotonic() - words.read_at < WORDS_KEPT_SECONDS:
        return words
    if not words.lock.acquire(blocking=not words.folded):
        return words
    try:
        rows = session.execute(
            select(Word.folded, Word.document_count, Word.written)
            .where(Word.document_count > 0)
            # Of two spellings of a word the more frequent one comes last, and stays.
            .order_by(Word.folded, Word.document_count)
        )
        words.counts = {row.folded: (row.document_count, row.written) for row in rows}
        words.folded = sorted(words.counts)
        words.read_at, words.state = time.monotonic(), state
    finally:
        words.lock.release()
    return words


def _corrected(session: Session, terms: Sequence[str]) -> list[str]:
    """Replace words nobody uses by the most similar word somebody does, as it is written."""
    words = _words_of(session)
    return [term if words.has(fold(term)) else _most_similar(term, words) for term in terms]


def _most_similar(term: str, words: _Words) -> str:
    folded = fold(term)
    wrong = next((most for least, most in reversed(TOLERANCE) if len(folded) >= least), 0)
    if not wrong:
        return term
    hits = process.extract(folded, words.folded, scorer=OSA.distance, score_cutoff=wrong, limit=5)
    if not hits:
        return term
    best = min(hits, key=lambda hit: (hit[1], -words.counts[hit[0]][0], hit[0]))
    return words.counts[best[0]][1]
