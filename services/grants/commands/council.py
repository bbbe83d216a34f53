"""The council: members assess, set the lines of the recommendation, vote and forward it."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.problems import FieldError, Invalid, NotFound, Stale, Unauthenticated
from contracts.values import RecommendedAmount
from services.grants.commands import conflicts, file
from services.grants.model import (
    Advice,
    Application,
    ApplicationStatus,
    Assessment,
    Choice,
    Programme,
    Recommendation,
    RecommendationLine,
    RecommendationStatus,
    Round,
    RoundStatus,
    Vote,
    vote_counts,
)
from services.grants.model.problems import (
    AlreadyAssessed,
    IdTaken,
    LinesMissing,
    MoreThanApplied,
    NoQuorum,
    OnlyOne,
    WrongState,
)


def put_assessment(
    work: UnitOfWork,
    assessment_id: UUID,
    *,
    version: int | None,
    application_id: UUID,
    scores: dict[str, int],
    recommend: Advice,
    amount_ore: int | None,
    comment: str,
) -> bool:
    """Write one's assessment of an application; return whether it is new.

    Raises Disqualified for whoever leads the applicant, AlreadyAssessed for a second one.
    """
    application = _case(work, application_id)
    conflicts.require_unconflicted(work, application)
    _require_assessing(work, application)
    if work.principal.id is None:
        raise Unauthenticated
    round_ = work.get(Round, application.round_id)
    _require_criteria(round_, scores)
    if amount_ore is not None and amount_ore > application.amount_ore:
        raise MoreThanApplied(errors=[FieldError("/amount_ore", "More than was applied for.")])
    assessment = work.find(Assessment, assessment_id, lock=True)
    if assessment is None:
        if version is not None:
            raise Stale
        mine = work.session.scalar(
            select(Assessment.id).where(
                Assessment.application_id == application_id,
                Assessment.person_id == work.principal.id,
            )
        )
        if mine is not None:
            raise AlreadyAssessed(existing_id=mine)
        work.add(
            Assessment(
                id=assessment_id,
                application_id=application_id,
                person_id=work.principal.id,
                person_name=work.principal.name,
                scores=scores,
                recommend=recommend,
                amount_ore=amount_ore,
                comment=comment,
                created_at=work.now,
            )
        )
        return True
    _require_mine(work, assessment, application_id)
    wanted = (scores, recommend, amount_ore, comment)
    if (
        assessment.scores,
        assessment.recommend,
        assessment.amount_ore,
        assessment.comment,
    ) == wanted:
        return False
    work.get(Assessment, assessment_id, version=version)
    if assessment.submitted_at is not None:
        raise WrongState("The assessment has been handed in.", current="submitted")
    assessment.scores, assessment.recommend, assessment.amount_ore, assessment.comment = wanted
    return False


def submit_assessment(work: UnitOfWork, assessment_id: UUID) -> Assessment:
    """Hand an assessment in; from now on its author may read the others'."""
    assessment = work.find(Assessment, assessment_id, lock=True)
    if assessment is None or assessment.person_id != work.principal.id:
        work.principal.permit(conflicted=False)
        raise NotFound(kind="assessment")
    application = work.get(Application, assessment.application_id)
    conflicts.require_unconflicted(work, application)
    if assessment.submitted_at is None:
        _require_assessing(work, application)
        assessment.submitted_at = work.now
        file.note(
            work,
            application.id,
            "assessment",
            f"{assessment.person_name} har afgivet sin vurdering.",
        )
    return assessment


def put_recommendation(
    work: UnitOfWork, recommendation_id: UUID, *, version: int | None, round_id: UUID, comment: str
) -> bool:
    """Begin the council's recommendation of a round, or change its comment."""
    work.principal.permit(conflicted=False)
    round_ = work.get(Round, round_id, lock=True)
    recommendation = work.find(Recommendation, recommendation_id)
    if recommendation is None:
        if version is not None:
            raise Stale
        round_.require(RoundStatus.CLOSED)
        other = work.session.scalar(
            select(Recommendation.id).where(Recommendation.round_id == round_id)
        )
        if other is not None:
            raise OnlyOne("The round has a recommendation already.", existing_id=other)
        work.add(
            Recommendation(
                id=recommendation_id,
                round_id=round_id,
                status=RecommendationStatus.DRAFT,
                comment=comment,
            )
        )
        return True
    if recommendation.round_id != round_id:
        raise IdTaken
    if recommendation.comment != comment:
        work.get(Recommendation, recommendation_id, version=version)
        recommendation.require_draft()
        recommendation.comment = comment
    return False


def put_line(
    work: UnitOfWork,
    recommendation_id: UUID,
    application_id: UUID,
    *,
    amount_ore: int,
    reason: str,
) -> None:
    """Recommend an amount for an application, within the frame of the round.

    Raises FrameExceeded, MoreThanApplied, Disqualified.
    """
    recommendation, application = _line_of(work, recommendation_id, application_id)
    if amount_ore > application.amount_ore:
        raise MoreThanApplied(errors=[FieldError("/amount_ore", "More than was applied for.")])
    # The round's row is the lock under which lines add up.
    round_ = work.get(Round, recommendation.round_id, lock=True)
    others = work.session.scalar(
        select(func.coalesce(func.sum(RecommendationLine.amount_ore), 0))
        .join(Application, Application.id == RecommendationLine.application_id)
        .where(
            RecommendationLine.recommendation_id == recommendation_id,
            RecommendationLine.application_id != application_id,
            # What is withdrawn takes nothing from the frame.
            Application.status == ApplicationStatus.SUBMITTED,
        )
    )
    remaining = round_.frame_ore - int(others or 0)
    if amount_ore > remaining:
        raise conflicts.frame_exceeded(work, round_, remaining_ore=remaining)
    line = work.find(RecommendationLine, (recommendation_id, application_id))
    if line is None:
        work.add(
            RecommendationLine(
                recommendation_id=recommendation_id,
                application_id=application_id,
                amount_ore=amount_ore,
                reason=reason,
            )
        )
    else:
        line.amount_ore, line.reason = amount_ore, reason


def vote(
    work: UnitOfWork, recommendation_id: UUID, application_id: UUID, *, choice: Choice
) -> None:
    """Vote on a line; one vote a member, which can be changed until the council forwards."""
    _line_of(work, recommendation_id, application_id)
    if work.principal.id is None:
        raise Unauthenticated
    cast = work.find(Vote, (recommendation_id, application_id, work.principal.id))
    if cast is None:
        work.add(
            Vote(
                recommendation_id=recommendation_id,
                application_id=application_id,
                person_id=work.principal.id,
                vote=choice,
            )
        )
    else:
        cast.vote = choice


def submit_recommendation(work: UnitOfWork, recommendation_id: UUID) -> Recommendation:
    """Forward the recommendation to the committee.

    Raises LinesMissing while an application has no amount, NoQuorum while one has too few votes.
    """
    work.principal.permit(conflicted=False)
    recommendation = work.get(Recommendation, recommendation_id, lock=True)
    if recommendation.status is RecommendationStatus.SUBMITTED:
        return recommendation
    round_ = work.get(Round, recommendation.round_id, lock=True)
    programme = work.get(Programme, round_.programme_id)
    conflicts.presume(work, round_id=round_.id)
    applications = work.session.scalars(
        select(Application)
        .where(Application.round_id == round_.id, Application.status == ApplicationStatus.SUBMITTED)
        .order_by(Application.case_number)
    ).all()
    lines = {
        line.application_id: line
        for line in work.session.scalars(
            select(RecommendationLine).where(
                RecommendationLine.recommendation_id == recommendation_id
            )
        )
    }
    missing = [each.id for each in applications if each.id not in lines]
    if missing:
        raise LinesMissing(application_ids=conflicts.visible_ids(work, missing))
    votes = Counter(
        work.session.scalars(
            select(Vote.application_id).where(
                Vote.recommendation_id == recommendation_id, vote_counts()
            )
        )
    )
    short = [each.id for each in applications if votes[each.id] < programme.quorum]
    if short:
        raise NoQuorum(quorum=programme.quorum, application_ids=conflicts.visible_ids(work, short))
    amounts = tuple(
        RecommendedAmount(application_id=each.id, amount_ore=lines[each.id].amount_ore)
        for each in applications
    )
    work.emit(recommendation.submit(round_, amounts, at=work.now))
    round_.require(RoundStatus.CLOSED)
    round_.status = RoundStatus.RECOMMENDED
    for application in applications:
        file.note(work, application.id, "recommendation", "Frivilligrådet har afgivet indstilling.")
    return recommendation


def _case(work: UnitOfWork, application_id: UUID) -> Application:
    """Return a case the council may know of; a draft is none."""
    application = work.find(Application, application_id)
    if application is None or application.case_number is None:
        work.principal.permit(conflicted=False)
        raise NotFound(kind="application")
    return application


def _line_of(
    work: UnitOfWork, recommendation_id: UUID, application_id: UUID
) -> tuple[Recommendation, Application]:
    application = _case(work, application_id)
    conflicts.require_unconflicted(work, application)
    recommendation = work.get(Recommendation, recommendation_id, lock=True)
    recommendation.require_draft()
    if (
        application.round_id != recommendation.round_id
        or application.status is not ApplicationStatus.SUBMITTED
    ):
        raise NotFound(kind="application")
    return recommendation, application


def _require_assessing(work: UnitOfWork, application: Application) -> None:
    if application.status is not ApplicationStatus.SUBMITTED:
        raise WrongState(
            f"The application is {application.status.value}.", current=application.status.value
        )
    # Nobody reads before everybody has handed in: the deadline is the same for all.
    work.get(Round, application.round_id).require(RoundStatus.CLOSED, RoundStatus.RECOMMENDED)


def _require_mine(work: UnitOfWork, assessment: Assessment, application_id: UUID) -> None:
    if assessment.person_id != work.principal.id:
        raise NotFound(kind="assessment")
    if assessment.application_id != application_id:
        raise IdTaken


def _require_criteria(round_: Round, scores: dict[str, Any]) -> None:
    known = {each["key"] for each in round_.criteria}
    errors = [
        FieldError(f"/scores/{key}", "Is not a criterion of this round.")
        for key in scores
        if key not in known
    ]
    if errors:
        raise Invalid(errors=errors)
