"""Routes of hearings."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.meetings import schemas
from services.meetings.api.answers import sees_drafts, written
from services.meetings.commands import hearings as commands
from services.meetings.model import problems
from services.meetings.queries import hearings as queries

hearings = Blueprint(
    "hearings",
    __name__,
    url_prefix="/api/v1/hearings",
    description="Hearings of associations and of the council (N21, N30)",
)


@hearings.get("")
@hearings.arguments(schemas.HearingArgumentsSchema, location="query")
@hearings.response(200, page_of(schemas.HearingSchema))
@hearings.problems(Invalid)
@require("meetings.hearing:read")
def list_hearings(arguments: dict[str, Any]) -> Any:
    """List hearings; drafts only for the coordinator."""
    with reading() as work:
        return queries.hearings(work.session, now=work.now, staff=sees_drafts(), **arguments)


@hearings.get("/<uuid:hearing_id>")
@hearings.response(200, schemas.HearingSchema)
@hearings.problems(NotFound)
@require("meetings.hearing:read")
def get_hearing(hearing_id: UUID) -> Any:
    """Show a hearing."""
    with reading() as work:
        return queries.hearing(work.session, hearing_id, now=work.now, staff=sees_drafts())


@hearings.put("/<uuid:hearing_id>")
@hearings.arguments(schemas.HearingBodySchema)
@hearings.response(200, schemas.HearingSchema)
@hearings.alt_response(201, schema=schemas.HearingSchema, description="Created", success=True)
@hearings.problems(Invalid, Stale, problems.NotDraft)
@require("meetings.hearing:manage")
def put_hearing(body: dict[str, Any], hearing_id: UUID) -> Any:
    """Prepare a hearing. The answer warns of a short deadline or one across holidays."""
    audience = body.pop("audience")
    values = {
        **body,
        "audience_all": audience["all"],
        "audience_association_ids": tuple(dict.fromkeys(audience["association_ids"])),
        "audience_target_groups": tuple(dict.fromkeys(audience["target_groups"])),
    }
    with unit_of_work() as work:
        new = commands.put_hearing(work, hearing_id, values, version=if_match())
        view = queries.hearing(work.session, hearing_id, now=work.now, staff=True)
        return written(view, new=new)


@hearings.delete("/<uuid:hearing_id>")
@hearings.response(204)
@hearings.problems(NotFound, Stale, problems.NotDraft)
@require("meetings.hearing:manage")
def delete_hearing(hearing_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        commands.delete_hearing(work, hearing_id, version=if_match())


@hearings.post("/<uuid:hearing_id>/opening")
@hearings.response(200, schemas.HearingSchema)
@hearings.problems(
    NotFound,
    Stale,
    problems.NotDraft,
    problems.DeadlinePassed,
    problems.AudienceEmpty,
    problems.UnknownAssociations,
)
@require("meetings.hearing:manage")
def open_hearing(hearing_id: UUID) -> Any:
    """Open a hearing: everybody it concerns is told by mail."""
    with unit_of_work() as work:
        commands.open_hearing(work, hearing_id, version=if_match())
        return queries.hearing(work.session, hearing_id, now=work.now, staff=True)


@hearings.post("/<uuid:hearing_id>/conclusion")
@hearings.arguments(schemas.ConclusionSchema)
@hearings.response(200, schemas.HearingSchema)
@hearings.problems(
    Invalid,
    NotFound,
    Stale,
    problems.HearingNotClosed,
    problems.HearingIsConcluded,
    problems.UnansweredResponses,
)
@require("meetings.hearing:manage")
def conclude_hearing(body: dict[str, Any], hearing_id: UUID) -> Any:
    """Conclude a hearing in which every response is answered; all answers are mailed."""
    with unit_of_work() as work:
        commands.conclude_hearing(
            work, hearing_id, conclusion=body["conclusion"], version=if_match()
        )
        return queries.hearing(work.session, hearing_id, now=work.now, staff=True)
