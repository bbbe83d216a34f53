"""Routes of the council: assessments and the recommendation."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, principal
from services.grants import schemas
from services.grants.api.answers import reading, unit_of_work, written
from services.grants.commands import council as commands
from services.grants.model import problems
from services.grants.queries import council as queries

assessments = Blueprint(
    "assessments",
    __name__,
    url_prefix="/api/v1/assessments",
    description="What members of the council think of an application",
)
recommendations = Blueprint(
    "recommendations",
    __name__,
    url_prefix="/api/v1/recommendations",
    description="What the council recommends to the committee",
)


@assessments.get("")
@assessments.arguments(schemas.AssessmentArgumentsSchema, location="query")
@assessments.response(200, page_of(schemas.AssessmentSchema))
@assessments.problems(Invalid)
@require("grants.assessment:read")
def list_assessments(arguments: dict[str, Any]) -> Any:
    """List assessments: a member's own, and the others' of cases they have handed theirs in."""
    with reading() as work:
        return queries.assessments(work.session, work.principal, **arguments)


@assessments.put("/<uuid:assessment_id>")
@assessments.arguments(schemas.AssessmentBodySchema)
@assessments.response(200, schemas.AssessmentSchema)
@assessments.alt_response(201, schema=schemas.AssessmentSchema, description="Created", success=True)
@assessments.problems(
    Invalid,
    NotFound,
    Stale,
    problems.Disqualified,
    problems.AlreadyAssessed,
    problems.IdTaken,
    problems.WrongState,
    problems.MoreThanApplied,
)
@require("grants.assessment:write")
def put_assessment(body: dict[str, Any], assessment_id: UUID) -> Any:
    """Write one's assessment of an application."""
    with unit_of_work() as work:
        new = commands.put_assessment(work, assessment_id, version=if_match(), **body)
        work.session.flush()
        return written(queries.assessment(work.session, assessment_id), new=new)


@assessments.post("/<uuid:assessment_id>/submission")
@assessments.response(200, schemas.AssessmentSchema)
@assessments.problems(NotFound, problems.Disqualified, problems.WrongState)
@require("grants.assessment:write")
def submit_assessment(assessment_id: UUID) -> Any:
    """Hand one's assessment in."""
    with unit_of_work() as work:
        commands.submit_assessment(work, assessment_id)
        work.session.flush()
        return queries.assessment(work.session, assessment_id)


@recommendations.get("")
@recommendations.arguments(schemas.OfRoundArgumentsSchema, location="query")
@recommendations.response(200, page_of(schemas.RecommendationSchema))
@recommendations.problems(Invalid)
@require("grants.recommendation:read")
def list_recommendations(arguments: dict[str, Any]) -> Any:
    """List recommendations."""
    with reading() as work:
        return queries.recommendations(work.session, work.principal, **arguments)


@recommendations.get("/<uuid:recommendation_id>")
@recommendations.response(200, schemas.RecommendationSchema)
@recommendations.problems(NotFound)
@require("grants.recommendation:read")
def get_recommendation(recommendation_id: UUID) -> Any:
    """Show a recommendation, without the lines of cases one takes no part in."""
    return _shown(recommendation_id)


@recommendations.put("/<uuid:recommendation_id>")
@recommendations.arguments(schemas.RecommendationBodySchema)
@recommendations.response(200, schemas.RecommendationSchema)
@recommendations.alt_response(
    201, schema=schemas.RecommendationSchema, description="Begun", success=True
)
@recommendations.problems(
    Invalid, NotFound, Stale, problems.OnlyOne, problems.IdTaken, problems.WrongState
)
@require("grants.recommendation:write")
def put_recommendation(body: dict[str, Any], recommendation_id: UUID) -> Any:
    """Begin the recommendation of a round, or change its comment."""
    with unit_of_work() as work:
        new = commands.put_recommendation(work, recommendation_id, version=if_match(), **body)
    return written(_shown(recommendation_id), new=new)


@recommendations.put("/<uuid:recommendation_id>/lines/<uuid:application_id>")
@recommendations.arguments(schemas.LineBodySchema)
@recommendations.response(200, schemas.RecommendationSchema)
@recommendations.problems(
    Invalid,
    NotFound,
    problems.Disqualified,
    problems.WrongState,
    problems.FrameExceeded,
    problems.MoreThanApplied,
)
@require("grants.recommendation:write")
def put_line(body: dict[str, Any], recommendation_id: UUID, application_id: UUID) -> Any:
    """Recommend an amount for an application, within the frame."""
    with unit_of_work() as work:
        commands.put_line(work, recommendation_id, application_id, **body)
    return _shown(recommendation_id)


@recommendations.put("/<uuid:recommendation_id>/votes/<uuid:application_id>")
@recommendations.arguments(schemas.VoteBodySchema)
@recommendations.response(200, schemas.RecommendationSchema)
@recommendations.problems(Invalid, NotFound, problems.Disqualified, problems.WrongState)
@require("grants.recommendation:write")
def vote(body: dict[str, Any], recommendation_id: UUID, application_id: UUID) -> Any:
    """Vote on the line of an application."""
    with unit_of_work() as work:
        commands.vote(work, recommendation_id, application_id, choice=body["vote"])
    return _shown(recommendation_id)


@recommendations.post("/<uuid:recommendation_id>/submission")
@recommendations.response(200, schemas.RecommendationSchema)
@recommendations.problems(NotFound, problems.WrongState, problems.LinesMissing, problems.NoQuorum)
@require("grants.recommendation:write")
def submit_recommendation(recommendation_id: UUID) -> Any:
    """Forward the recommendation to the committee."""
    with unit_of_work() as work:
        commands.submit_recommendation(work, recommendation_id)
    return _shown(recommendation_id)


def _shown(recommendation_id: UUID) -> Any:
    with reading() as work:
        return queries.recommendation(work.session, principal(), recommendation_id)
