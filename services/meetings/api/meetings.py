"""Routes of meetings."""

from typing import Any
from uuid import UUID

import flask

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.meetings import schemas
from services.meetings.api.answers import sees_drafts, written
from services.meetings.commands import meetings as commands
from services.meetings.model import problems
from services.meetings.queries import calendar
from services.meetings.queries import meetings as queries

meetings = Blueprint(
    "meetings",
    __name__,
    url_prefix="/api/v1/meetings",
    description="Meetings: dialogue meetings, conferences, theme days (V19, N23)",
)


@meetings.get("")
@meetings.arguments(schemas.MeetingArgumentsSchema, location="query")
@meetings.response(200, page_of(schemas.MeetingSchema))
@meetings.problems(Invalid)
@require("meetings.meeting:read")
def list_meetings(arguments: dict[str, Any]) -> Any:
    """List meetings; drafts only for the coordinator."""
    with reading() as work:
        return queries.meetings(work.session, now=work.now, drafts=sees_drafts(), **arguments)


@meetings.get("/<uuid:meeting_id>")
@meetings.response(200, schemas.MeetingSchema)
@meetings.problems(NotFound)
@require("meetings.meeting:read")
def get_meeting(meeting_id: UUID) -> Any:
    """Show a meeting."""
    with reading() as work:
        return queries.meeting(work.session, meeting_id, drafts=sees_drafts())


@meetings.get("/<uuid:meeting_id>/calendar")
@meetings.response(200, {"type": "string"}, content_type="text/calendar")
@meetings.problems(NotFound)
@require("meetings.meeting:read")
def get_calendar(meeting_id: UUID) -> flask.Response:
    """Give a meeting as an iCalendar file (RFC 5545)."""
    settings = flask.current_app.extensions["samspil.settings"]
    profile = flask.current_app.extensions["samspil.profile"]
    with reading() as work:
        meeting = queries.meeting(work.session, meeting_id, drafts=sees_drafts())
    written_out = calendar.calendar_of(
        meeting, public_url=settings.public_url, municipality=profile["municipality"]
    )
    response = flask.Response(written_out, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="moede-{meeting_id}.ics"'
    return response


@meetings.put("/<uuid:meeting_id>")
@meetings.arguments(schemas.MeetingBodySchema)
@meetings.response(200, schemas.MeetingSchema)
@meetings.alt_response(201, schema=schemas.MeetingSchema, description="Created", success=True)
@meetings.problems(
    Invalid,
    Stale,
    problems.NotDraft,
    problems.MeetingNotCalled,
    problems.MeetingInPast,
    problems.CapacityBelowConfirmed,
)
@require("meetings.meeting:manage")
def put_meeting(body: dict[str, Any], meeting_id: UUID) -> Any:
    """Prepare a meeting, or change all of it."""
    with unit_of_work() as work:
        new = commands.put_meeting(work, meeting_id, body, version=if_match())
        return written(queries.meeting(work.session, meeting_id, drafts=True), new=new)


@meetings.patch("/<uuid:meeting_id>")
@meetings.arguments(schemas.MeetingChangesSchema)
@meetings.response(200, schemas.MeetingSchema)
@meetings.problems(
    Invalid,
    NotFound,
    Stale,
    problems.NotDraft,
    problems.MeetingNotCalled,
    problems.MeetingInPast,
    problems.CapacityBelowConfirmed,
)
@require("meetings.meeting:manage")
def patch_meeting(body: dict[str, Any], meeting_id: UUID) -> Any:
    """Change parts of a meeting; those who come are told of another time, place or agenda."""
    with unit_of_work() as work:
        commands.patch_meeting(work, meeting_id, body, version=if_match())
        return queries.meeting(work.session, meeting_id, drafts=True)


@meetings.delete("/<uuid:meeting_id>")
@meetings.response(204)
@meetings.problems(NotFound, Stale, problems.NotDraft)
@require("meetings.meeting:manage")
def delete_meeting(meeting_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        commands.delete_meeting(work, meeting_id, version=if_match())


@meetings.post("/<uuid:meeting_id>/calling")
@meetings.response(200, schemas.MeetingSchema)
@meetings.problems(NotFound, Stale, problems.NotDraft, problems.MeetingInPast)
@require("meetings.meeting:manage")
def call_meeting(meeting_id: UUID) -> Any:
    """Call a meeting: everybody in its audience is invited by mail."""
    with unit_of_work() as work:
        commands.call_meeting(work, meeting_id, version=if_match())
        return queries.meeting(work.session, meeting_id, drafts=True)


@meetings.post("/<uuid:meeting_id>/cancellation")
@meetings.arguments(schemas.CancellationSchema)
@meetings.response(200, schemas.MeetingSchema)
@meetings.problems(Invalid, NotFound, Stale, problems.MeetingNotCalled)
@require("meetings.meeting:manage")
def cancel_meeting(body: dict[str, Any], meeting_id: UUID) -> Any:
    """Cancel a called meeting, with a reason."""
    with unit_of_work() as work:
        commands.cancel_meeting(work, meeting_id, reason=body["reason"], version=if_match())
        return queries.meeting(work.session, meeting_id, drafts=True)


@meetings.post("/<uuid:meeting_id>/holding")
@meetings.response(200, schemas.MeetingSchema)
@meetings.problems(NotFound, Stale, problems.MeetingNotCalled, problems.MeetingNotStarted)
@require("meetings.meeting:manage")
def hold_meeting(meeting_id: UUID) -> Any:
    """Record that a meeting has been held."""
    with unit_of_work() as work:
        commands.hold_meeting(work, meeting_id, version=if_match())
        return queries.meeting(work.session, meeting_id, drafts=True)
