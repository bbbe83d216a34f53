"""The vejviser: Danish full text, filters and their counts, and what a typing error meant."""

import base64
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import FieldError, Invalid
from services.directory.model import Association, AssociationStatus

CANDIDATES: Final = 1000
WORDS_KEPT_SECONDS: Final = 20
SIMILAR: Final = 76
_WORD: Final = re.compile(r"[\w]+")
_FOLDS: Final = (("å", "aa"), ("æ", "ae"), ("ø", "oe"))


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
    counts: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


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

    A typing error gives ``did_you_mean``, and where nothing matched, the results of the correction.
    """
    base = [Association.status == status]
    if target_group is not None:
        base.append(Association.target_groups.contains([target_group]))
    if area is not None:
        base.append(Association.area == area)
    if volunteers_wanted is not None:
        base.append(Association.volunteers_wanted == volunteers_wanted)
    terms = _WORD.findall(q)[:12]
    if not terms:
        return _listed(session, base, limit=limit, cursor=cursor)
    found = _matched(session, base, terms, limit=limit, cursor=cursor)
    if found.total == 0 or cursor is None:
        corrected = _corrected(session, terms)
        if corrected != [fold(term) for term in terms]:
            if found.total == 0:
                found = _matched(session, base, corrected, limit=limit, cursor=cursor)
                found.did_you_mean = _as_written(session, corrected) if found.total else None
            else:
                found.did_you_mean = _as_written(session, corrected)
    return found


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
    return Found(page["items"], page["next"], *_counts(session, base))


def _matched(
    session: Session,
    base: Sequence[ColumnElement[bool]],
    terms: Sequence[str],
    *,
    limit: int,
    cursor: str | None,
) -> Found:
    """Match each word by its Danish stem or as the beginning of a word, as in compounds."""
    danish = func.plainto_tsquery(text("'danish'::regconfig"), " ".join(terms))
    prefixes = func.to_tsquery(
        text("'simple'::regconfig"), " & ".join(f"{fold(term)}:*" for term in terms)
    )
    matches = or_(
        and_(func.numnode(danish) > 0, Association.search_danish.op("@@")(danish)),
        Association.search_folded.op("@@")(prefixes),
    )
    where = [*base, matches]
    # Ranking reads every match; beyond a bound it ranks a sample, and the answer says so.
    candidates = select(Association.id).where(*where).limit(CANDIDATES + 1).subquery()
    rank = func.ts_rank(Association.search_danish, danish) * 2 + func.ts_rank(
        Association.search_folded, prefixes
    )
    ranked = session.execute(
        select(Association.id)
        .join(candidates, candidates.c.id == Association.id)
        .order_by(rank.desc(), Association.name, Association.id)
    ).scalars()
    ids = list(ranked)
    start = _offset(cursor)
    chosen = ids[start : start + limit]
    by_id = {
        each.id: each
        for each in session.scalars(select(Association).where(Association.id.in_(chosen)))
    }
    more = start + limit < min(len(ids), CANDIDATES)
    following = base64.urlsafe_b64encode(f"r{start + limit}".encode()).decode() if more else None
    return Found(
        [by_id[id_] for id_ in chosen if id_ in by_id],
        following,
        *_counts(session, where),
        ranked="exact" if len(ids) <= CANDIDATES else "sample",
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


def _counts(
    session: Session, where: Sequence[ColumnElement[bool]]
) -> tuple[int, dict[str, dict[str, int]]]:
    total = session.scalar(select(func.count()).select_from(Association).where(*where)) or 0
    areas = session.execute(
        select(Association.area, func.count()).where(*where).group_by(Association.area)
    ).all()
    group = func.unnest(Association.target_groups).label("word")
    words = select(group).where(*where).subquery()
    groups = session.execute(select(words.c.word, func.count()).group_by(words.c.word)).all()
    facets = {
        "target_groups": dict(groups),
        "areas": dict(areas),
    }
    return total, facets


def _vocabulary_of(session: Session) -> dict[str, int]:
    """How many published associations use each word, read at most every few seconds."""
    key = str(session.get_bind())
    words = _vocabularies.setdefault(key, _Words())
    with words.lock:
        if time.monotonic() - words.read_at > WORDS_KEPT_SECONDS:
            rows = session.execute(
                text(
                    "SELECT word, ndoc FROM ts_stat('SELECT search_folded FROM association"
                    " WHERE status = ''published''')"
                )
            ).all()
            words.counts = {row.word: row.ndoc for row in rows}
            words.read_at = time.monotonic()
        return words.counts


def _corrected(session: Session, terms: Sequence[str]) -> list[str]:
    """Replace words nobody uses by the most similar word somebody does."""
    counts = _vocabulary_of(session)
    corrected = []
    for term in map(fold, terms):
        known = term in counts or any(word.startswith(term) for word in counts)
        if known or len(term) < 4:
            corrected.append(term)
            continue
        best = process.extract(
            term, counts.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=5
        )
        ranked = sorted(best, key=lambda hit: (-round(hit[1]), -counts[hit[0]]))
        corrected.append(ranked[0][0] if ranked else term)
    return corrected


def _as_written(session: Session, words: Sequence[str]) -> str:
    """Spell folded words as an association did."""
    spelled = []
    for word in words:
        texts = session.scalars(
            select(Association.name + " " + Association.purpose)
            .where(
                Association.status == AssociationStatus.PUBLISHED,
                Association.search_folded.op("@@")(
                    func.to_tsquery(text("'simple'::regconfig"), f"{word}:*")
                ),
            )
            .limit(1)
        ).first()
        found = next((each for each in _WORD.findall(texts or "") if fold(each) == word), word)
        spelled.append(found.lower())
    return " ".join(spelled)
