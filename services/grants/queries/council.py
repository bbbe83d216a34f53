"""Assessments and the recommendation, as one caller may see them."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
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
)
from services.grants.queries.applications import unconflicted


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
    statement = (
        select(Assessment)
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
    return paginate(
        session,
        statement,
        order_by=[Assessment.created_at, Assessment.id],
        limit=limit,
        cursor=cursor,
    )


def assessment(session: Session, assessment_id: UUID) -> Assessment:
    """Return one assessment. Raises :class:`NotFound`."""
    found = session.scalar(select(Assessment).where(Assessment.id == assessment_id))
    if found is None:
        raise NotFound(kind="assessment")
    return found


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
    rows = session.execute(
        select(Application, Applicant.name, RecommendationLine)
        .outerjoin(Applicant, Applicant.id == Application.association_id)
        .outerjoin(
            RecommendationLine,
            (RecommendationLine.application_id == Application.id)
            & (RecommendationLine.recommendation_id == found.id),
        )
        .where(
            Application.round_id == found.round_id,
            Application.status.in_([ApplicationStatus.SUBMITTED, ApplicationStatus.DECIDED]),
            unconflicted(principal),
        )
        .order_by(Application.case_number)
    ).all()
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    mine: dict[UUID, str] = {}
    for vote in session.scalars(select(Vote).where(Vote.recommendation_id == found.id)):
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
    # The frame is one for all lines, also those this caller does not see.
    total = sum(
        session.scalars(
            select(RecommendationLine.amount_ore).where(
                RecommendationLine.recommendation_id == found.id
            )
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
    }
