"""What the directory answers: reads, one function per purpose."""

import base64
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text
from sqlalchemy.orm import Session

from chassis.auth import ALGORITHM, Reach
from chassis.paging import paginate
from chassis.problems import FieldError, Invalid, NotFound
from contracts.values import Body
from services.directory.model import (
    KEY_LIFE,
    Association,
    AssociationStatus,
    Membership,
    Office,
    Person,
    SigningKey,
    SignInSession,
    Vocabulary,
    old_rows,
    today,
)

CANDIDATES: Final = 1000
WORDS_KEPT_SECONDS: Final = 20
SIMILAR: Final = 76
NOTHING_IN_PARTICULAR: Final = UUID(int=0)
_WORD: Final = re.compile(r"[\w]+")
_FOLDS: Final = (("å", "aa"), ("æ", "ae"), ("ø", "oe"))


@dataclass
class Shown:
    """An association as one caller sees it: with its contact, or without."""

    association: Association
    contact: Any = None

    def __getattr__(self, name: str) -> Any:
        """Whatever is not special comes from the association."""
        if name == "contact" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.association, name)


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


# --- associations


def association(session: Session, association_id: UUID) -> Association:
    """Return an association, whatever its status. Raises :class:`NotFound`."""
    found = session.scalar(select(Association).where(Association.id == association_id))
    if found is None:
        raise NotFound(kind="association")
    return found


def with_contact(session: Session, found: Association) -> Shown:
    """Add the contact person, for those who may see it."""
    person = session.scalar(select(Person).where(Person.id == found.contact_person_id))
    contact = (
        {"person_id": person.id, "name": person.name, "email": person.email} if person else None
    )
    return Shown(found, contact)


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


def vocabulary(session: Session) -> dict[str, Any]:
    """The words of the municipality's profile."""
    found = session.scalar(select(Vocabulary.value).where(Vocabulary.key == "words"))
    if found is None:
        raise NotFound
    return dict(found)


# --- people, memberships, offices


def _memberships() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Membership.id,
            Membership.version,
            Membership.association_id,
            Association.name.label("association_name"),
            Membership.person_id,
            Person.name.label("person_name"),
            Person.email,
            Membership.role,
            Membership.leads,
            Membership.is_contact,
            Membership.granted_at,
        )
        .join(Association, Association.id == Membership.association_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.ended_at.is_(None))
    )


def memberships(
    session: Session,
    reach: Reach,
    *,
    association_id: UUID | None,
    person_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List current memberships within reach: one's associations', and one's own."""
    statement = _memberships()
    if not reach.everything:
        statement = statement.where(
            or_(
                Membership.association_id.in_(reach.associations),
                Membership.person_id == reach.person,
            )
        )
    if association_id is not None:
        statement = statement.where(Membership.association_id == association_id)
    if person_id is not None:
        statement = statement.where(Membership.person_id == person_id)
    return paginate(
        session,
        statement,
        order_by=[Association.name, Person.name, Membership.id],
        limit=limit,
        cursor=cursor,
    )


def membership(session: Session, membership_id: UUID) -> Any:
    """Return one current membership. Raises :class:`NotFound`."""
    found = session.execute(_memberships().where(Membership.id == membership_id)).one_or_none()
    if found is None:
        raise NotFound(kind="membership")
    return found


def people(session: Session, *, q: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """List people by part of a name or address."""
    statement = select(Person).where(Person.erased_at.is_(None))
    if q:
        part = f"%{q.replace('%', '').replace('_', '')}%"
        statement = statement.where(or_(Person.name.ilike(part), Person.email.ilike(part)))
    return paginate(
        session, statement, order_by=[Person.name, Person.id], limit=limit, cursor=cursor
    )


def person(session: Session, person_id: UUID) -> Person:
    """Return one person. Raises :class:`NotFound` also for an erased one."""
    found = session.scalar(select(Person).where(Person.id == person_id, Person.erased_at.is_(None)))
    if found is None:
        raise NotFound(kind="person")
    return found


def _offices() -> Select[*tuple[Any, ...]]:
    return select(
        Office.id,
        Office.version,
        Office.person_id,
        Person.name.label("person_name"),
        Office.body,
        Office.title,
        Office.starts_on,
        Office.ends_on,
    ).join(Person, Person.id == Office.person_id)


def offices(
    session: Session,
    *,
    body: Body | None,
    current: bool | None,
    day: date,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List who holds which office; personal addresses are never shown (V17 names the role's)."""
    statement = _offices()
    if body is not None:
        statement = statement.where(Office.body == body)
    held = and_(Office.starts_on <= day, or_(Office.ends_on.is_(None), Office.ends_on >= day))
    if current is not None:
        statement = statement.where(held if current else ~held)
    page = paginate(
        session,
        statement,
        order_by=[Office.body, Office.starts_on, Person.name, Office.id],
        limit=limit,
        cursor=cursor,
    )
    role_address = vocabulary(session)["contact"].get("email")
    page["items"] = [_with_address(row, role_address) for row in page["items"]]
    return page


def office(session: Session, office_id: UUID) -> dict[str, Any]:
    """Return one office. Raises :class:`NotFound`."""
    row = session.execute(_offices().where(Office.id == office_id)).one_or_none()
    if row is None:
        raise NotFound(kind="office")
    return _with_address(row, vocabulary(session)["contact"].get("email"))


def _with_address(row: Any, role_address: str | None) -> dict[str, Any]:
    is_contact = row.body is Body.COORDINATOR
    return {**row._mapping, "email": role_address if is_contact else None}  # noqa: SLF001 - SQLAlchemy's documented name


# --- sessions and tokens


def claims(session: Session, person_id: UUID, *, day: date) -> dict[str, Any]:
    """What a token says of a person now: name, offices held today, roles in associations."""
    somebody = person(session, person_id)
    bodies = session.scalars(
        select(Office.body)
        .where(
            Office.person_id == person_id,
            Office.starts_on <= day,
            or_(Office.ends_on.is_(None), Office.ends_on >= day),
        )
        .distinct()
    )
    roles = session.execute(
        select(Membership.association_id, Membership.role)
        .join(Association, Association.id == Membership.association_id)
        .where(
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
            Association.status.in_([AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED]),
        )
    )
    return {
        "sub": str(person_id),
        "name": somebody.name,
        "language": somebody.language,
        "roles": sorted(body.value for body in bodies),
        "associations": {str(id_): role.value for id_, role in roles},
    }


def me(session: Session, person_id: UUID, *, day: date) -> dict[str, Any]:
    """Describe oneself."""
    somebody = person(session, person_id)
    mine = session.execute(
        select(
            Association.id,
            Association.name,
            Membership.role,
            Membership.leads,
            Association.status,
        )
        .join(Membership, Membership.association_id == Association.id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(Association.name, Association.id)
    ).all()
    held = session.execute(
        _offices()
        .where(
            Office.person_id == person_id,
            Office.starts_on <= day,
            or_(Office.ends_on.is_(None), Office.ends_on >= day),
        )
        .order_by(Office.starts_on)
    ).all()
    return {
        "id": somebody.id,
        "version": somebody.version,
        "name": somebody.name,
        "email": somebody.email,
        "language": somebody.language,
        "roles": sorted({row.body.value for row in held}),
        "associations": mine,
        "offices": [_with_address(row, None) for row in held],
    }


def sessions(
    session: Session,
    person_id: UUID | None,
    *,
    current: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List one's own sessions that are not ended."""
    page = paginate(
        session,
        select(SignInSession).where(
            SignInSession.person_id == person_id, SignInSession.ended_at.is_(None)
        ),
        order_by=[SignInSession.started_at.desc(), SignInSession.id],
        limit=limit,
        cursor=cursor,
    )
    page["items"] = [
        {
            "id": each.id,
            "started_at": each.started_at,
            "rotated_at": each.rotated_at,
            "is_current": each.id == current,
        }
        for each in page["items"]
    ]
    return page


def signing_key(session: Session) -> tuple[str, Any]:
    """Return the newest key: its id and the private key."""
    row = session.execute(
        select(SigningKey.id, SigningKey.private_pem)
        .order_by(SigningKey.created_at.desc())
        .limit(1)
    ).one()
    return row.id, load_pem_private_key(row.private_pem.encode(), password=None)


def jwks(session: Session) -> dict[str, Any]:
    """The public keys that tokens in use may be signed with."""
    rows = session.execute(
        select(SigningKey.id, SigningKey.private_pem)
        .order_by(SigningKey.created_at.desc())
        .limit(3)
    ).all()
    keys = []
    for row in rows:
        private: Any = load_pem_private_key(row.private_pem.encode(), password=None)
        public = jwt.algorithms.OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
        keys.append({**public, "kid": row.id, "alg": ALGORITHM, "use": "sig"})
    return {"keys": keys}


# --- what is due


def keys_to_renew(session: Session, now: datetime) -> Sequence[UUID]:
    """Tell whether a new signing key is due; there is one thing to renew, so any id will do."""
    newest = session.scalar(select(func.max(SigningKey.created_at)))
    return [] if newest is not None and now - newest < KEY_LIFE else [NOTHING_IN_PARTICULAR]


def leftovers(session: Session, now: datetime) -> Sequence[UUID]:
    """Tell whether old links, sessions or counted attempts lie about."""
    for table, old in old_rows(now):
        if session.scalar(select(table.id).where(old).limit(1)) is not None:
            return [NOTHING_IN_PARTICULAR]
    return []


def offices_to_end(session: Session, now: datetime) -> Sequence[UUID]:
    """Find the offices whose last day has passed."""
    return session.scalars(
        select(Office.id)
        .where(Office.ended_at.is_(None), Office.ends_on < today(now))
        .order_by(Office.ends_on)
        .limit(200)
    ).all()
