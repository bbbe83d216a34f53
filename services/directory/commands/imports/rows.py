"""From the cells of a row to what it would do: what is new, what changes, what is refused and why.

The same is decided when a file is checked and when it is brought in, so a preview is what happens,
unless somebody changed the register meanwhile.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.database import UnitOfWork
from services.directory.commands.delegation import require_delegated
from services.directory.commands.imports.columns import FIELDS
from services.directory.commands.imports.matching import NEW, Known, Match, Register
from services.directory.commands.imports.words import Words, name_key
from services.directory.model import (
    LIVING,
    Answer,
    Association,
    Existing,
    Import,
    ImportRow,
    Outcome,
    Person,
    email_key,
)
from services.directory.model.problems import NotDelegated
from services.directory.model.vocabulary import stored_words

UNKNOWN_WORD: Final = "Is not one of the words in use here."
UNKNOWN_FLAG: Final = "Is neither yes nor no."
TOO_MANY_CELLS: Final = "The row has more cells than the file has columns."
NO_CONTACT: Final = "Missing: an e-mail address of somebody who answers for the association."
KEPT: Final = "Is different here, and stays as it is."
CONTACT_KEPT: Final = "Somebody else is the contact here, and stays it."
EARLIER_ROW: Final = "The file has it in another row."

_YES: Final = frozenset({"ja", "yes", "x", "1", "true", "sand", "j", "y"})
_NO: Final = frozenset({"nej", "no", "0", "false", "falsk", "n"})
_STREET: Final = re.compile(
    r"^(?P<street>.*?)[,\n ]\s*(?P<postcode>\d{4})\s+(?P<city>[^\d,]+)$", re.DOTALL
)
_POSTCODE: Final = re.compile(r"^(?:DK-?\s*)?(?P<postcode>\d{3,4})\b[ ,]*(?P<city>\D*)$")
DESCRIPTION: Final = (
    *("name", "cvr", "purpose", "target_groups", "area", "website", "phone", "public_email"),
    *("volunteers_wanted", "street", "postcode", "city"),
)

Note = dict[str, str]
# Holds what a row says against the rules of a registration, or, in part, of a change: the clean
# values, and notes on what cannot be taken.
Reader = Callable[..., tuple[dict[str, Any], list[Note]]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a file is read: what its columns hold, and the words of the municipality."""

    columns: Sequence[str]
    defaults: Mapping[str, Any]
    existing: Existing
    target_groups: Words
    areas: Words

    @classmethod
    def of(cls, session: Session, found: Import) -> "Plan":
        """Return an import's plan, with the words in use here."""
        words = stored_words(session) or {}
        return cls(
            columns=found.columns,
            defaults=found.defaults,
            existing=found.existing,
            target_groups=Words(
                words.get("target_groups", ()), found.words.get("target_groups", {})
            ),
            areas=Words(words.get("areas", ()), found.words.get("area", {})),
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a row comes to. ``body`` is a registration, or the fields that change."""

    outcome: Outcome
    reason: str = ""
    notes: Sequence[Note] = ()
    changes: Sequence[dict[str, Any]] = ()
    candidates: Sequence[UUID] = ()
    association_id: UUID | None = None
    keys: Sequence[str] = ()
    body: Mapping[str, Any] = field(default_factory=dict)

    def write_to(self, row: ImportRow) -> None:
        """Keep it with its row."""
        row.outcome, row.reason = self.outcome, self.reason
        row.notes, row.changes = list(self.notes), list(self.changes)
        row.candidates, row.keys = list(self.candidates), list(self.keys)
        if self.outcome in {Outcome.CHANGED, Outcome.SAME}:
            row.association_id = self.association_id


class Judge:
    """Decides about rows, one after the other, knowing those before."""

    def __init__(
        self, session: Session, plan: Plan, *, header: Sequence[str], read: Reader
    ) -> None:
        """``header`` are the cells of the row that names the columns."""
        self._plan, self._read = plan, read
        self._header = list(header)
        self.register = Register.read(session)
        self._positions: dict[UUID, int] = {}

    def note(self, row: Any) -> None:
        """Know what an earlier row is about."""
        if row.outcome is Outcome.NEW and row.association_id is None:
            self.register.add_all([known_by(row.id, row.keys)])
        if row.outcome in {Outcome.NEW, Outcome.CHANGED, Outcome.SAME}:
            self._positions[row.association_id or row.id] = row.position

    def decide(self, work: UnitOfWork, row: ImportRow) -> Verdict:
        """Decide about a row, as far as ``work``'s principal may; nothing is changed by it."""
        if self._header and [each.casefold() for each in row.cells] == self._header:
            return Verdict(outcome=Outcome.SKIPPED, reason="header")
        if row.answer is Answer.SKIP:
            return Verdict(outcome=Outcome.SKIPPED, reason="answered")
        values, notes = values_of(row.cells, self._plan)
        keys = [values.get("cvr") or "", name_key(values.get("name") or ""), ""]
        keys[2] = values.get("postcode") or ""
        match = self._match(row, values)
        verdict = self._judge(work, match, values, notes)
        return replace(verdict, keys=keys)

    def _match(self, row: ImportRow, values: Mapping[str, Any]) -> Match:
        if row.answer is Answer.NEW:
            return NEW
        if row.answer is Answer.SAME and row.association_id is not None:
            return Match(association_id=row.association_id)
        return self.register.find(
            cvr=values.get("cvr"), name=values.get("name") or "", postcode=values.get("postcode")
        )

    def _judge(
        self,
        work: UnitOfWork,
        match: Match,
        values: Mapping[str, Any],
        notes: list[Note],
    ) -> Verdict:
        ids = [match.association_id, *match.candidates]
        rows = [self._positions[id_] for id_ in ids if id_ in self._positions]
        earlier = [{"field": "", "detail": EARLIER_ROW, "value": str(rows[0])}] if rows else []
        if rows and match.association_id is not None:
            return Verdict(outcome=Outcome.REFUSED, reason="duplicate", notes=earlier)
        if match.association_id is not None:
            return self._known(work, match.association_id, values, notes)
        if not match.reason:
            return self._new(values, notes)
        if notes:
            # What cannot be taken in any case is not worth a question.
            return Verdict(outcome=Outcome.REFUSED, reason="invalid", notes=notes)
        known = [id_ for id_ in match.candidates if id_ not in self._positions]
        return Verdict(outcome=Outcome.ASKED, reason=match.reason, notes=earlier, candidates=known)

    def _new(self, values: Mapping[str, Any], notes: list[Note]) -> Verdict:
        body, refused = self._read(_body(values, self._plan), partial=False)
        if "contact_email" not in values:
            # Said once, whatever the shape of a registration says of it.
            refused = [each for each in refused if each["field"] != "contact_email"]
            refused.append({"field": "contact_email", "detail": NO_CONTACT, "value": ""})
        notes = _together(notes, refused)
        if notes:
            return Verdict(outcome=Outcome.REFUSED, reason="invalid", notes=notes)
        if body["cvr"] and self.register.holds(body["cvr"]):
            return Verdict(outcome=Outcome.REFUSED, reason="cvr-taken")
        return Verdict(outcome=Outcome.NEW, body=body)

    def _known(
        self, work: UnitOfWork, id_: UUID, values: Mapping[str, Any], notes: list[Note]
    ) -> Verdict:
        association = work.session.get(Association, id_)
        if association is None or association.status not in LIVING:
            return Verdict(outcome=Outcome.REFUSED, reason="closed", notes=notes)
        said = {name: values[name] for name in DESCRIPTION if name in values}
        body, refused = self._read(said, partial=True)
        notes = _together(notes, refused)
        if notes:
            return Verdict(
                outcome=Outcome.REFUSED, reason="invalid", notes=notes, association_id=id_
            )
        changes, kept = _compare(association, body, self._plan.existing)
        new = {change["field"]: change["after"] for change in changes}
        try:
            if new:
                require_delegated(work, association, new)
        except NotDelegated as error:
            told = {"field": "", "detail": error.detail, "value": ""}
            return Verdict(
                outcome=Outcome.REFUSED, reason=error.slug, notes=[told], association_id=id_
            )
        if _is_another_contact(work.session, association, values):
            detail = {"field": "contact_email", "detail": CONTACT_KEPT}
            kept.append({**detail, "value": str(values["contact_email"])})
        return Verdict(
            outcome=Outcome.CHANGED if changes else Outcome.SAME,
            association_id=id_,
            changes=changes,
            notes=kept,
            body=new,
        )


def known_by(id_: UUID, keys: Sequence[str]) -> Known:
    """Return what an association is known by, from the keys of its row."""
    cvr, key, postcode = keys
    return Known(id=id_, cvr=cvr or None, key=key, postcode=postcode or None, is_living=True)


def values_of(cells: Sequence[str], plan: Plan) -> tuple[dict[str, Any], list[Note]]:
    """Return what a row says, field by field and in our form; and what of it has no meaning.

    A field that says nothing is left out.
    """
    texts = {name: cell for name, cell in zip(plan.columns, cells, strict=False) if name and cell}
    notes: list[Note] = []
    if any(cells[len(plan.columns) :]):
        beyond = " ".join(cell for cell in cells[len(plan.columns) :] if cell)
        notes.append({"field": "", "detail": TOO_MANY_CELLS, "value": beyond[:200]})
    values: dict[str, Any] = {name: _FORMS[name](text) for name, text in texts.items()}
    _find_place(values)
    for name, read in (
        ("volunteers_wanted", _read_flag),
        ("area", _read_area),
        ("target_groups", _read_groups),
    ):
        if name in values:
            read(values, notes, plan)
    if "contact_email" not in values and "public_email" in values:
        # The association's own address is somebody's who answers for it.
        values["contact_email"] = values["public_email"]
    return values, notes


def _line(text: str) -> str:
    return " ".join(text.split())


def _email(text: str) -> str:
    return text.removeprefix("mailto:").strip(" <>;,.")


def _website(text: str) -> str:
    return text if "://" in text else f"https://{text}"


def _number(text: str) -> str:
    """Take the digits of a CVR number out of what spreadsheets and people make of them."""
    text = re.sub(r"(?i)^(?:cvr|dk|nr|no|[\s.:-])+", "", text)
    text = re.sub(r"[.,]0+$", "", text)
    return re.sub(r"[\s.\u2010-\u2015-]", "", text)


def _find_place(values: dict[str, Any]) -> None:
    """Tell postcode and town apart, wherever they stand; a lost zero comes back (0800)."""
    street = str(values.get("street", ""))
    if "postcode" not in values and (found := _STREET.match(street)):
        values["street"] = found["street"].strip(" ,")
        values["postcode"] = found["postcode"]
        values.setdefault("city", found["city"].strip())
        return
    text = re.sub(r"[.,]0+$", "", str(values.get("postcode", "")))
    if found := _POSTCODE.match(text):
        values["postcode"] = found["postcode"].zfill(4)
        if found["city"].strip():
            values.setdefault("city", found["city"].strip())


def _read_flag(values: dict[str, Any], notes: list[Note], _: Plan) -> None:
    text = str(values.pop("volunteers_wanted")).casefold().strip()
    if text in _YES or text in _NO:
        values["volunteers_wanted"] = text in _YES
    else:
        notes.append({"field": "volunteers_wanted", "detail": UNKNOWN_FLAG, "value": text[:200]})


def _read_area(values: dict[str, Any], notes: list[Note], plan: Plan) -> None:
    text = str(values.pop("area"))
    key = plan.areas.find(text)
    if key is None:
        notes.append({"field": "area", "detail": UNKNOWN_WORD, "value": text[:200]})
    elif key:
        values["area"] = key


def _read_groups(values: dict[str, Any], notes: list[Note], plan: Plan) -> None:
    keys, unknown = plan.target_groups.find_all(str(values.pop("target_groups")))
    notes += [
        {"field": "target_groups", "detail": UNKNOWN_WORD, "value": text[:200]} for text in unknown
    ]
    if keys:
        values["target_groups"] = keys


_FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    **dict.fromkeys(FIELDS, str),
    **dict.fromkeys(("name", "street", "city", "contact_name"), _line),
    **dict.fromkeys(("public_email", "contact_email"), _email),
    "cvr": _number,
    "website": _website,
}


def _body(values: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Return the registration a row stands for."""
    stated = {name: value for name, value in plan.defaults.items() if value}
    body = {"cvr": None, **stated, **{name: values[name] for name in DESCRIPTION if name in values}}
    body["contact"] = {
        "name": values.get("contact_name") or values.get("name") or "",
        "email": values.get("contact_email") or "",
    }
    return body


def _compare(
    association: Association, body: Mapping[str, Any], existing: Existing
) -> tuple[list[dict[str, Any]], list[Note]]:
    """Return what changes, from what to what; and what stays although the file says otherwise."""
    changes: list[dict[str, Any]] = []
    kept: list[Note] = []
    for name, value in body.items():
        before = getattr(association, name)
        if before == value or (name == "target_groups" and set(before) == set(value)):
            continue
        if existing is Existing.UPDATE or before in (None, "", []):
            changes.append({"field": name, "before": before, "after": value})
        else:
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            kept.append({"field": name, "detail": KEPT, "value": shown[:200]})
    return changes, kept


def _is_another_contact(
    session: Session, association: Association, values: Mapping[str, Any]
) -> bool:
    if "contact_email" not in values:
        return False
    person = session.get(Person, association.contact_person_id)
    return person is None or person.email_key != email_key(str(values["contact_email"]))


def _together(notes: list[Note], refused: Sequence[Note]) -> list[Note]:
    """Put notes together; where a word was not known, that the field is missing goes without."""
    told = {note["field"] for note in notes if note["field"]}
    return [*notes, *(each for each in refused if each["field"] not in told)]
