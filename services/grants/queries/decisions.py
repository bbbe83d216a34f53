"""Decisions and the public register of awards."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from services.grants.model import (
    Applicant,
    Application,
    Decision,
    DecisionStatus,
    Recommendation,
    RecommendationLine,
    RecommendationStatus,
    Round,
    RoundStatus,
    outcome_of,
    unconflicted,
)


def _decisions() -> Select[*tuple[Any, ...]]:
    return (
        select(Decision, Application, Applicant.shown_name(), RecommendationLine.amount_ore)
        .join(Application, Application.id == Decision.application_id)
        .outerjoin(Applicant, Applicant.id == Application.association_id)
        .outerjoin(
            Recommendation,
            and_(
                Recommendation.round_id == Decision.round_id,
                Recommendation.status == RecommendationStatus.SUBMITTED,
            ),
        )
        .outerjoin(
            RecommendationLine,
            and_(
                RecommendationLine.recommendation_id == Recommendation.id,
                RecommendationLine.application_id == Application.id,
            ),
        )
    )


def decisions(
    session: Session,
    principal: Principal,
    *,
    round_id: UUID | None,
    association_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List decisions: one's associations' own once they are sent; all for those who decide."""
    reach = principal.reach()
    mine = and_(
        Application.association_id.in_(reach.associations), Decision.status == DecisionStatus.SENT
    )
    others = unconflicted(principal) if reach.everything else false()
    statement = _decisions().add_columns(others).where(or_(mine, others))
    if round_id is not None:
        statement = statement.where(Decision.round_id == round_id)
    if association_id is not None:
        statement = statement.where(Application.association_id == association_id)
    page = paginate(
        session,
        statement,
        order_by=[Application.created_at, Decision.id],
        limit=limit,
        cursor=cursor,
    )
    # The applicant has the letter; what the council said is the authority's own.
    page["items"] = [
        _shown(decision, application, name, recommended if takes_part else None)
        for decision, application, name, recommended, takes_part, *_ in page["items"]
    ]
    return page


def decision(session: Session, decision_id: UUID) -> tuple[dict[str, Any], Application]:
    """Return one decision with its application. Raises :class:`NotFound`."""
    row = session.execute(_decisions().where(Decision.id == decision_id)).one_or_none()
    if row is None:
        raise NotFound(kind="decision")
    return _shown(*row), row[1]


def _shown(
    decision: Decision, application: Application, name: str | None, recommended_ore: int | None
) -> dict[str, Any]:
    return {
        "id": decision.id,
        "version": decision.version,
        "application_id": application.id,
        "case_number": application.case_number,
        "round_id": decision.round_id,
        "association_id": application.association_id,
        "association_name": name or "",
        "title": application.title,
        "applied_ore": application.amount_ore,
        "recommended_ore": recommended_ore,
        "granted_ore": decision.granted_ore,
        "outcome": outcome_of(applied_ore=application.amount_ore, granted_ore=decision.granted_ore),
        "reasons": {
            "rules": decision.rules,
            "considerations": decision.considerations,
            "facts": decision.facts,
        },
        "conditions": decision.conditions,
        "status": decision.status,
        "sent_at": decision.sent_at,
    }


def _awards() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Decision.id,
            Application.association_id,
            Applicant.shown_name().label("association_name"),
            Applicant.cvr,
            Application.title,
            Application.activity,
            Application.period,
            Decision.granted_ore,
            Application.amount_ore.label("applied_ore"),
            Decision.round_id,
            Round.title.label("round_title"),
            Round.decided_on,
            Application.case_number,
        )
        .join(Application, Application.id == Decision.application_id)
        .join(Round, Round.id == Decision.round_id)
        .outerjoin(Applicant, Applicant.id == Application.association_id)
        .where(Round.status == RoundStatus.DECIDED, Decision.granted_ore > 0)
    )


def awards(
    session: Session, *, round_id: UUID | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List what was given, in public, with totals that add up to the øre (V28)."""
    statement = _awards()
    totals = (
        select(func.count(), func.coalesce(func.sum(Decision.granted_ore), 0))
        .select_from(Decision)
        .join(Round, Round.id == Decision.round_id)
        .where(Round.status == RoundStatus.DECIDED, Decision.granted_ore > 0)
    )
    frames = select(func.coalesce(func.sum(Round.frame_ore), 0)).where(
        Round.status == RoundStatus.DECIDED
    )
    if round_id is not None:
        statement = statement.where(Decision.round_id == round_id)
        totals = totals.where(Decision.round_id == round_id)
        frames = frames.where(Round.id == round_id)
    page = paginate(
        session,
        statement,
        order_by=[Round.closes_at.desc(), Decision.granted_ore.desc(), Decision.id],
        limit=limit,
        cursor=cursor,
    )
    count, total = session.execute(totals).one()
    page["items"] = [
        {
            **row._mapping,  # noqa: SLF001 - SQLAlchemy's documented name
            "association_name": row.association_name or "",
            "outcome": outcome_of(applied_ore=row.applied_ore, granted_ore=row.granted_ore),
        }
        for row in page["items"]
    ]
    frame = session.scalar(frames) or 0
    return {**page, "count": count, "total_ore": int(total), "frame_ore": int(frame)}


def awards_360giving(
    session: Session, *, round_id: UUID | None, municipality: dict[str, Any]
) -> dict[str, Any]:
    """The same register in the form of the 360Giving Data Standard."""
    statement = _awards()
    if round_id is not None:
        statement = statement.where(Decision.round_id == round_id)
    funder = {"id": f"DK-KOMMUNE-{municipality['code']}", "name": municipality["name"]}
    return {
        "grants": [
            {
                "id": f"360G-samspil-{municipality['code']}-{row.case_number}",
                "title": row.title,
                "description": row.activity,
                "currency": "DKK",
                "amountAppliedFor": row.applied_ore / 100,
                "amountAwarded": row.granted_ore / 100,
                "awardDate": row.decided_on.isoformat(),
                "recipientOrganization": [
                    {
                        "id": f"DK-CVR-{row.cvr}" if row.cvr else f"samspil-{row.association_id}",
                        "name": row.association_name or "",
                    }
                ],
                "fundingOrganization": [funder],
                "grantProgramme": [{"title": row.round_title}],
            }
            for row in session.execute(statement.order_by(Application.case_number))
        ]
    }
