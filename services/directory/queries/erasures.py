"""What came of erasures: what every service answered, and whether all have."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from contracts.values import KeptForm, KeptKind, KeptRule
from services.directory.model import Erasure, ErasureAnswer, digest

# Each of these keeps something of people; one that is added answers, too (ADR 69).
ANSWERING: Final = ("directory", "grants", "meetings", "notifier")


def erasures(session: Session, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """List erasures, the newest first."""
    page = paginate(
        session,
        select(Erasure),
        order_by=[Erasure.asked_at.desc(), Erasure.person_id.desc()],
        limit=limit,
        cursor=cursor,
    )
    return {**page, "items": _with_answers(session, page["items"])}


def erasure(session: Session, person_id: UUID) -> dict[str, Any]:
    """Return one erasure. Raises :class:`NotFound`."""
    return _one(session, select(Erasure).where(Erasure.person_id == person_id))


def by_receipt(session: Session, receipt: str) -> dict[str, Any]:
    """Return the erasure a receipt is for. Raises :class:`NotFound`."""
    return _one(session, select(Erasure).where(Erasure.receipt_hash == digest(receipt)))


def _one(session: Session, statement: Any) -> dict[str, Any]:
    found = session.scalar(statement)
    if found is None:
        raise NotFound(kind="erasure")
    return _with_answers(session, [found])[0]


def _with_answers(session: Session, found: Sequence[Erasure]) -> list[dict[str, Any]]:
    wanted = ErasureAnswer.person_id.in_([each.person_id for each in found])
    answers = {
        (each.person_id, each.service): each
        for each in session.scalars(select(ErasureAnswer).where(wanted))
    }
    return [
        {
            "person_id": each.person_id,
            "asked_at": each.asked_at,
            "asked_by": each.asked_by,
            "is_complete": all((each.person_id, name) in answers for name in ANSWERING),
            "answers": [_answer(name, answers.get((each.person_id, name))) for name in ANSWERING],
        }
        for each in found
    ]


def _answer(service: str, answer: ErasureAnswer | None) -> dict[str, Any]:
    if answer is None:
        return {"service": service, "answered_at": None, "kept": []}
    return {
        "service": service,
        "answered_at": answer.answered_at,
        "kept": [_kept(each) for each in answer.kept],
    }


def _kept(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "what": KeptKind(told["what"]),
        "form": KeptForm(told["form"]),
        "rule": KeptRule(told["rule"]),
        "count": told["count"],
        "until": date.fromisoformat(told["until"]) if told["until"] else None,
    }
