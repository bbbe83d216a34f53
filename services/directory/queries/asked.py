"""What somebody looks for, and how it is put to the index: as text of a tsquery.

Choices are lexemes as words are (see :class:`services.directory.model.Listing`).
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.directory.model import AssociationStatus
from services.directory.queries.dictionary import WORD, Dictionary, fold

MOST_TERMS: Final = 12
# Beginnings of words are looked up from this many letters on; one letter begins too many.
SHORTEST_PREFIX: Final = 2
# A word that at most so many use is rare: what it finds is soon looked through for the others.
RARE: Final = 100
PREFIXES: Final = {"kind": "kind", "target_group": "group", "topic": "topic", "area": "area"}
TRAITS: Final = ("free", "takes_new_users", "needs_volunteers", "wheelchair")
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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is looked for. A choice that is None leaves everything; ``near`` is where from."""

    q: str = ""
    kind: str | None = None
    target_group: str | None = None
    topic: str | None = None
    area: str | None = None
    weekday: str | None = None
    time_of_day: str | None = None
    free: bool | None = None
    takes_new_users: bool | None = None
    needs_volunteers: bool | None = None
    wheelchair: bool | None = None
    status: str = AssociationStatus.PUBLISHED.value
    sort: str | None = None
    near: str | None = None
    limit: int = 50
    cursor: str | None = None

    @functools.cached_property
    def chosen(self) -> Sequence[str]:
        """Name the choices that are made."""
        names = (*PREFIXES, "weekday", "time_of_day", *TRAITS)
        return [name for name in names if getattr(self, name) is not None]

    def tokens(self, *, without: str = "") -> str:
        """Return the choices as text of a tsquery; but for one, where its own counts are wanted."""
        found = [_quoted(f"#status:{self.status}")]
        found += [
            _quoted(f"#{prefix}:{getattr(self, name)}")
            for name, prefix in PREFIXES.items()
            if name != without and getattr(self, name) is not None
        ]
        when = [
            getattr(self, name)
            for name in ("weekday", "time_of_day")
            if name != without and getattr(self, name) is not None
        ]
        if when:
            found.append(_quoted(f"#when:{'-'.join(when)}"))
        for name in TRAITS:
            value = getattr(self, name)
            if name != without and value is not None:
                token = _quoted(f"#is:{name.replace('_', '-')}")
                found.append(token if value else f"!{token}")
        return " & ".join(found)


class Form(NamedTuple):
    """How many words are looked for: of them the first so many in the index.

    The rest are looked for in what those find.
    """

    number: int
    indexed: int


class Words(NamedTuple):
    """What is looked for: its form, the text of a tsquery for each word, and of the ranking."""

    form: Form
    parameters: Mapping[str, str]


def terms_of(q: str) -> list[str]:
    """Return the words that carry meaning; all of them where none does."""
    words = [word.lower() for word in WORD.findall(q)][:MOST_TERMS]
    return [word for word in words if word not in STOP_WORDS] or words


def words_of(terms: Sequence[str], dictionary: Dictionary) -> Words:
    """Say how each word may match: by its stem, as a beginning, at the end of a compound, by name.

    A stem may go on too: "vandringen" finds "vandringsklub".
    """
    rare, common = _by_rarity(terms, dictionary)
    parameters: dict[str, str] = {}
    ranked: list[str] = []
    for place, term in enumerate([*rare, *common]):
        folded = fold(term)
        ways = [_beginning(folded), *map(_quoted, dictionary.compounds_of(folded))]
        ranked += ways
        ways += map(_quoted, dictionary.tokens_named(folded))
        parameters |= {f"danish{place}": _beginning(term), f"other{place}": " | ".join(ways)}
    if terms:
        parameters["ranked_danish"] = " | ".join(map(_beginning, terms))
        parameters["ranked_other"] = " | ".join(ranked)
    return Words(Form(len(terms), len(rare)), parameters)


def _by_rarity(terms: Sequence[str], dictionary: Dictionary) -> tuple[Sequence[str], Sequence[str]]:
    """Part the words that the index is asked for from those that are looked for in what it finds.

    A beginning has the index gather whatever begins so, however little of it matches: so it is not
    asked for a common word where another is rare. One the dictionary does not hold may be either.
    """
    if len(terms) < 2:
        return terms, ()
    uses = [dictionary.uses_of(fold(term), most=RARE + 1) for term in terms]
    if not any(0 < many <= RARE for many in uses):
        return terms, ()
    by_use = list(zip(terms, uses, strict=True))
    rare = [term for term, many in by_use if many <= RARE]
    common = [term for term, many in by_use if many > RARE]
    return rare, common


def _beginning(word: str) -> str:
    return f"{_quoted(word)}:*" if len(word) >= SHORTEST_PREFIX else _quoted(word)


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
