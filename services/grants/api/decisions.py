"""Routes of decisions and of the public register of awards."""

from typing import Any
from uuid import UUID

import flask

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of
from services.grants import schemas
from services.grants.api.answers import reading, unit_of_work, written
from services.grants.commands import conflicts
from services.grants.commands import decisions as commands
from services.grants.model import DecisionStatus, problems
from services.grants.queries import decisions as queries

decisions = Blueprint(
    "decisions",
    __name__,
    url_prefix="/api/v1/decisions",
    description="What the committee decides, with its reasons",
)
awards = Blueprint(
    "awards",
    __name__,
    url_prefix="/api/v1/awards",
    description="The public register of what was given",
)


@decisions.get("")
@decisions.arguments(schemas.DecisionArgumentsSchema, location="query")
@decisions.response(200, page_of(schemas.DecisionSchema))
@decisions.problems(Invalid)
@require("grants.decision:read")
def list_decisions(arguments: dict[str, Any]) -> Any:
    """List decisions: an association its own once they are sent."""
    with reading() as work:
        return queries.decisions(work.session, work.principal, **arguments)


@decisions.get("/<uuid:decision_id>")
@decisions.response(200, schemas.DecisionSchema)
@decisions.problems(NotFound)
@require("grants.decision:read")
def get_decision(decision_id: UUID) -> Any:
    """Show a decision."""
    with reading() as work:
        try:
            shown, application = queries.decision(work.session, decision_id)
        except NotFound:
            work.principal.reach()
            raise
        conflicts.open_case(work, application)
        if not conflicts.sees_deliberation(work, application):
            # The applicant has the letter; what led to it is the authority's own.
            if shown["status"] is not DecisionStatus.SENT:
                raise NotFound(kind="decision")
            shown["recommended_ore"] = None
        return shown


@decisions.put("/<uuid:decision_id>")
@decisions.arguments(schemas.DecisionBodySchema)
@decisions.response(200, schemas.DecisionSchema)
@decisions.alt_response(201, schema=schemas.DecisionSchema, description="Decided", success=True)
@decisions.problems(
    Invalid,
    NotFound,
    Stale,
    problems.Disqualified,
    problems.FrameExceeded,
    problems.MoreThanApplied,
    problems.OnlyOne,
    problems.IdTaken,
    problems.WrongState,
)
@require("grants.decision:write")
def put_decision(body: dict[str, Any], decision_id: UUID) -> Any:
    """Decide an amount under the frame, with reasons and conditions."""
    with unit_of_work() as work:
        new = commands.put_decision(work, decision_id, version=if_match(), **body)
        work.session.flush()
        return written(queries.decision(work.session, decision_id)[0], new=new)


@decisions.patch("/<uuid:decision_id>")
@decisions.arguments(schemas.ReasonsBodySchema)
@decisions.response(200, schemas.DecisionSchema)
@decisions.problems(Invalid, NotFound, Stale, problems.Disqualified, problems.WrongState)
@require("grants.decision:draft-reasons")
def write_reasons(body: dict[str, Any], decision_id: UUID) -> Any:
    """Prepare the reasons of a decision; its amount stays."""
    with unit_of_work() as work:
        commands.write_reasons(work, decision_id, version=if_match(), **body)
        work.session.flush()
        return queries.decision(work.session, decision_id)[0]


@awards.get("")
@awards.arguments(schemas.OfRoundArgumentsSchema, location="query")
@awards.response(200, schemas.AwardPageSchema)
@awards.problems(Invalid)
@require("grants.award:read")
def list_awards(arguments: dict[str, Any]) -> Any:
    """List what was given, with totals."""
    with reading() as work:
        return queries.awards(work.session, **arguments)


@awards.get("/360giving")
@awards.arguments(schemas.RegisterArgumentsSchema, location="query")
@awards.response(200, schemas.Register360GivingSchema)
@awards.problems(Invalid)
@require("grants.award:read")
def list_awards_360giving(arguments: dict[str, Any]) -> Any:
    """Show the register in the form of the 360Giving Data Standard."""
    municipality = flask.current_app.extensions["samspil.profile"]["municipality"]
    with reading() as work:
        return queries.awards_360giving(work.session, municipality=municipality, **arguments)
