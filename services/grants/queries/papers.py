"""What a programme asks for besides the application, and what of it is known already.

Nobody is asked twice: a paper that lives with the association in the directory counts, and so does
an attachment of its kind. What is missing stops nobody from handing in (ADR 61).
"""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.values import PaperKind
from services.grants.model import (
    Applicant,
    Application,
    Attachment,
    Programme,
    Round,
    known_papers,
)


class PaperAnswer(StrEnum):
    """How a paper that is asked for is there: known from the directory, attached, or not."""

    KNOWN = "known"
    ATTACHED = "attached"
    MISSING = "missing"


def papers(session: Session, application: Application, *, on: date) -> list[dict[str, Any]]:
    """Tell of each paper that is asked for whether it is there.

    Of a draft as it is on a day, of an application that was handed in as it was then.
    """
    asked = _asked_for(session, application)
    known = {
        each["kind"]: each
        for each in (
            known_papers(session, application.association_id, on=on)
            if application.papers is None
            else application.papers
        )
    }
    attached = set(
        session.scalars(
            select(Attachment.kind).where(
                Attachment.owner_id == application.id, Attachment.kind.is_not(None)
            )
        )
    )
    return [_answer(kind, known.get(kind.value), is_attached=kind in attached) for kind in asked]


def _asked_for(session: Session, application: Application) -> list[PaperKind]:
    """Return what the programme asks for; without a CVR number there is no NemKonto to tell of."""
    asked, cvr = session.execute(
        select(Programme.papers, Applicant.cvr)
        .join(Round, Round.programme_id == Programme.id)
        .outerjoin(Applicant, Applicant.id == application.association_id)
        .where(Round.id == application.round_id)
    ).one()
    kinds = [PaperKind(each) for each in asked]
    return [kind for kind in kinds if cvr is not None or not kind.needs_cvr]


def _answer(kind: PaperKind, known: dict[str, Any] | None, *, is_attached: bool) -> dict[str, Any]:
    if known is not None:
        dates = {
            name: known[name] and date.fromisoformat(known[name])
            for name in ("dated_on", "expires_on")
        }
        return {**known, **dates, "kind": kind, "answer": PaperAnswer.KNOWN}
    answer = PaperAnswer.ATTACHED if is_attached else PaperAnswer.MISSING
    nothing = dict.fromkeys(("paper_id", "dated_on", "expires_on", "statement"))
    return {**nothing, "kind": kind, "answer": answer}
