"""Assessments and the recommendation, as one caller may see them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.grants.model import (
    Applicant,
    Application,
    ApplicationStatus,
    Assessment,
    Recommendation,
    RecommendationLine,
    Round,
    Vote,
    assessor_is_out,
    unconflicted,
    vote_counts,
)

_LIVING = (ApplicationStatus.SUBMITTED, ApplicationStatus.DECIDED)


def assessments(
    session: Session,
    principal: Principal,
    *,
    application_id: UUID | None,
    round_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List assessments. A council member sees the others' of a case after handing in their own."""
    principal.reach()
    statement: Select[*tuple[Any, ...]] = (
        select(Assessment, assessor_is_out())
        .join(Application, Application.id == Assessment.application_id)
        .where(unconflicted(principal))
    )
    if principal.has("committee", "coordinator", "caseworker"):
        statement = statement.where(
            or_(Assessment.submitted_at.is_not(None), Assessment.person_id == principal.id)
        )
    else:
        own = aliased(Assessment)
        handed_in = (
            select(own.application_id)
            .where(own.person_id == principal.id, own.submitted_at.is_not(None))
            .scalar_subquery()
        )
        statement = statement.where(
            or_(
                Assessment.person_id == principal.id,
                Assessment.submitted_at.is_not(None) & Assessment.application_id.in_(handed_in),
            )
        )
    if application_id is not None:
        statement = statement.where(Assessment.application_id == application_id)
    if round_id is not None:
        statement = statement.where(Application.round_id == round_id)
    page = paginate(
        session,
        statement,
        order_by=[Assessment.created_at, Assessment.id],
        limit=limit,
        cursor=cursor,
    )
    page["items"] = [_assessed(row[0], is_out=row[1]) for row in page["items"]]
    return page


def assessment(session: Session, assessment_id: UUID) -> dict[str, Any]:
    """Return one assessment. Raises :class:`NotFound`."""
    found = session.execute(
        select(Assessment, assessor_is_out()).where(Assessment.id == assessment_id)
    ).one_or_none()
    if found is None:
        raise NotFound(kind="assessment")
    return _assessed(found[0], is_out=found[1])


def _assessed(assessment: Assessment, *, is_out: bool) -> dict[str, Any]:
    shown = {column.key: getattr(assessment, column.key) for column in Assessment.__table__.columns}
    return shown | {"disqualified": is_out}


def recommendations(
    session: Session,
    principal: Principal,
    *,
    round_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List recommendations; one a round."""
    principal.reach()
    statement = select(Recommendation)
    if round_id is not None:
        statement = statement.where(Recommendation.round_id == round_id)
    page = paginate(session, statement, order_by=[Recommendation.id], limit=limit, cursor=cursor)
    page["items"] = [_shown(session, principal, each) for each in page["items"]]
    return page


def recommendation(
    session: Session, principal: Principal, recommendation_id: UUID
) -> dict[str, Any]:
    """Return one recommendation, without the lines of cases the caller takes no part in."""
    principal.reach()
    found = session.scalar(select(Recommendation).where(Recommendation.id == recommendation_id))
    if found is None:
        raise NotFound(kind="recommendation")
    return _shown(session, principal, found)


def _shown(session: Session, principal: Principal, found: Recommendation) -> dict[str, Any]:
    frame = session.scalar(select(Round.frame_ore).where(Round.id == found.round_id)) or 0
    rows: Sequence[Any] = session.execute(
        select(Application, Applicant.shown_name(), RecommendationLine)
        .outerjoin(Applicant, Applicant.id == Application.association_id)
        .outerjoin(
            RecommendationLine,
            (RecommendationLine.application_id == Application.id)
            & (RecommendationLine.recommendation_id == found.id),
        )
        .where(
            Application.round_id == found.round_id,
            Application.status.in_(_LIVING),
            unconflicted(principal),
        )
        .order_by(Application.case_number)
    ).all()
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    mine: dict[UUID, str] = {}
    for vote in session.scalars(
        select(Vote).where(Vote.recommendation_id == found.id, vote_counts())
    ):
        counts[vote.application_id][vote.vote.value] += 1
        if vote.person_id == principal.id:
            mine[vote.application_id] = vote.vote.value
    lines = [
        {
            "application_id": application.id,
            "case_number": application.case_number,
            "association_name": name or "",
            "title": application.title,
            "applied_ore": application.amount_ore,
            "amount_ore": line.amount_ore if line is not None else None,
            "reason": line.reason if line is not None else "",
            "votes": {
                choice: counts[application.id][choice] for choice in ("for", "against", "abstain")
            },
            "my_vote": mine.get(application.id),
        }
        for application, name, line in rows
    ]
    # The totals are those of the lines shown: with the others they would tell what those say.
    total = sum(line.amount_ore for _, _, line in rows if line is not None)
    count = session.scalar(
        select(func.count()).where(
            Application.round_id == found.round_id, Application.status.in_(_LIVING)
        )
    )
    return {
        "id": found.id,
        "version": found.version,
        "round_id": found.round_id,
        "status": found.status,
        "comment": found.comment,
        "submitted_at": found.submitted_at,
        "lines": lines,
        "total_ore": total,
        "frame_ore": frame,
        "remaining_ore": frame - total,
        "complete": len(lines) == count,
    }
