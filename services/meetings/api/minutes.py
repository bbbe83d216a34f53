"""Routes of minutes."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.meetings import schemas
from services.meetings.api.answers import sees_drafts, written
from services.meetings.commands import minutes as commands
from services.meetings.model import problems
from services.meetings.queries import minutes as queries

minutes = Blueprint(
    "minutes",
    __name__,
    url_prefix="/api/v1/minutes",
    description="Minutes of meetings (V10, V20)",
)


@minutes.get("")
@minutes.arguments(schemas.MinutesArgumentsSchema, location="query")
@minutes.response(200, page_of(schemas.MinutesSchema))
@minutes.problems(Invalid)
@require("meetings.meeting:read")
def list_minutes(arguments: dict[str, Any]) -> Any:
    """List published minutes; drafts too for the coordinator."""
    with reading() as work:
        return queries.all_minutes(work.session, drafts=sees_drafts(), **arguments)


@minutes.get("/<uuid:minutes_id>")
@minutes.response(200, schemas.MinutesSchema)
@minutes.problems(NotFound)
@require("meetings.meeting:read")
def get_minutes(minutes_id: UUID) -> Any:
    """Show the minutes of a meeting."""
    with reading() as work:
        return queries.minutes(work.session, minutes_id, drafts=sees_drafts())


@minutes.put("/<uuid:minutes_id>")
@minutes.arguments(schemas.MinutesBodySchema)
@minutes.response(200, schemas.MinutesSchema)
@minutes.alt_response(201, schema=schemas.MinutesSchema, description="Created", success=True)
@minutes.problems(
    Invalid,
    NotFound,
    Stale,
    problems.IdTaken,
    problems.MinutesExist,
    problems.MinutesArePublished,
    problems.MeetingNotCalled,
)
@require("meetings.meeting:manage")
def put_minutes(body: dict[str, Any], minutes_id: UUID) -> Any:
    """Write the minutes of a meeting."""
    with unit_of_work() as work:
        new = commands.put_minutes(work, minutes_id, **body, version=if_match())
        return written(queries.minutes(work.session, minutes_id, drafts=True), new=new)


@minutes.post("/<uuid:minutes_id>/publication")
@minutes.response(200, schemas.MinutesSchema)
@minutes.problems(NotFound, Stale, problems.MeetingNotHeld)
@require("meetings.meeting:manage")
def publish_minutes(minutes_id: UUID) -> Any:
    """Publish the minutes of a meeting that has been held."""
    with unit_of_work() as work:
        commands.publish_minutes(work, minutes_id, version=if_match())
        return queries.minutes(work.session, minutes_id, drafts=True)
