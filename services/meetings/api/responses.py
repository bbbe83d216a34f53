"""Routes of responses to hearings."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import FieldError, Forbidden, Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, principal, reading, unit_of_work
from services.meetings import schemas
from services.meetings.api.answers import written
from services.meetings.commands import hearings as commands
from services.meetings.model import Party, problems
from services.meetings.queries import responses as queries

responses = Blueprint(
    "responses",
    __name__,
    url_prefix="/api/v1/responses",
    description="Responses to hearings, and the municipality's answers",
)


@responses.get("")
@responses.arguments(schemas.ResponseArgumentsSchema, location="query")
@responses.response(200, page_of(schemas.ResponseSchema))
@responses.problems(Invalid)
@require("meetings.response:read")
def list_responses(arguments: dict[str, Any]) -> Any:
    """List the responses the caller may see."""
    with reading() as work:
        return queries.responses(work.session, reader=principal(), **arguments)


@responses.get("/<uuid:response_id>")
@responses.response(200, schemas.ResponseSchema)
@responses.problems(NotFound)
@require("meetings.response:read")
def get_response(response_id: UUID) -> Any:
    """Show a response."""
    with reading() as work:
        return queries.response(work.session, response_id, reader=principal())


@responses.put("/<uuid:response_id>")
@responses.arguments(schemas.ResponseBodySchema)
@responses.response(200, schemas.ResponseSchema)
@responses.alt_response(201, schema=schemas.ResponseSchema, description="Created", success=True)
@responses.problems(
    Invalid,
    Forbidden,
    NotFound,
    Stale,
    problems.IdTaken,
    problems.NotInvited,
    problems.HearingNotOpen,
    problems.HearingClosed,
    problems.AlreadyResponded,
)
@require("meetings.response:write")
def put_response(body: dict[str, Any], response_id: UUID) -> Any:
    """Respond for one's association or for the council; changeable until the deadline."""
    if (body["on_behalf_of"] is Party.COUNCIL) != (body["association_id"] is None):
        text = "Give it for an association; leave it out for the council."
        raise Invalid(errors=[FieldError("/association_id", text)])
    with unit_of_work() as work:
        new = commands.put_response(work, response_id, **body, version=if_match())
        view = queries.response(work.session, response_id, reader=principal())
        return written(view, new=new)


@responses.post("/<uuid:response_id>/answer")
@responses.arguments(schemas.AnswerBodySchema)
@responses.response(200, schemas.ResponseSchema)
@responses.problems(
    Invalid, NotFound, Stale, problems.HearingNotClosed, problems.HearingIsConcluded
)
@require("meetings.response:answer")
def answer_response(body: dict[str, Any], response_id: UUID) -> Any:
    """Answer a response when the hearing has closed; changeable until it is concluded."""
    with unit_of_work() as work:
        commands.answer_response(work, response_id, **body, version=if_match())
        return queries.response(work.session, response_id, reader=principal())
