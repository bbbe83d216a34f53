"""Routes of funding opportunities."""

from typing import Any
from uuid import UUID

import flask

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, principal, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import funding as commands
from services.directory.commands import publication
from services.directory.model import FundingOpportunity
from services.directory.model.problems import WrongState
from services.directory.queries import deadlines
from services.directory.queries import funding as queries

funding = Blueprint(
    "funding-opportunities",
    __name__,
    url_prefix="/api/v1/funding-opportunities",
    description="Where associations can seek money: the municipality's rounds and others' pools"
    " (V22)",
)


@funding.get("")
@funding.arguments(schemas.FundingArgumentsSchema, location="query")
@funding.response(200, page_of(schemas.FundingSchema))
@funding.problems(Invalid)
@require("directory.funding-opportunity:read")
def list_opportunities(arguments: dict[str, Any]) -> Any:
    """List opportunities, rounds among them, the next deadline first."""
    with reading() as work:
        return queries.opportunities(work.session, principal(), work.now, **arguments)


@funding.get("/calendar")
@funding.response(200, {"type": "string"}, content_type="text/calendar")
@require("directory.funding-opportunity:read")
def get_calendar() -> flask.Response:
    """Give every deadline as an iCalendar file (RFC 5545)."""
    settings = flask.current_app.extensions["samspil.settings"]
    with reading() as work:
        found = queries.with_deadlines(work.session, work.now)
    response = flask.Response(
        deadlines.calendar_of(found, public_url=settings.public_url.rstrip("/")),
        content_type="text/calendar; charset=utf-8",
    )
    response.headers["Content-Disposition"] = 'attachment; filename="frister.ics"'
    return response


@funding.get("/<uuid:opportunity_id>")
@funding.response(200, schemas.FundingSchema)
@funding.problems(NotFound)
@require("directory.funding-opportunity:read")
def get_opportunity(opportunity_id: UUID) -> Any:
    """Show an opportunity that staff wrote; a round is shown by the grants service."""
    return _shown(opportunity_id)


@funding.put("/<uuid:opportunity_id>")
@funding.arguments(schemas.FundingBodySchema)
@funding.response(200, schemas.FundingSchema)
@funding.alt_response(201, schema=schemas.FundingSchema, description="Drafted", success=True)
@funding.problems(Invalid, Stale)
@require("directory.funding-opportunity:write")
def put_opportunity(body: dict[str, Any], opportunity_id: UUID) -> Any:
    """Write an opportunity. Its id is made by the client; a new one is a draft."""
    with unit_of_work() as work:
        _, new = commands.put_opportunity(work, opportunity_id, version=if_match(), **body)
    return written(_shown(opportunity_id), new=new)


@funding.delete("/<uuid:opportunity_id>")
@funding.response(204)
@funding.problems(NotFound, Stale, WrongState)
@require("directory.funding-opportunity:write")
def delete_opportunity(opportunity_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        publication.delete_draft(work, FundingOpportunity, opportunity_id, version=if_match())


@funding.post("/<uuid:opportunity_id>/publication")
@funding.response(200, schemas.FundingSchema)
@funding.problems(NotFound, Stale)
@require("directory.funding-opportunity:write")
def publish_opportunity(opportunity_id: UUID) -> Any:
    """Let everybody read of an opportunity."""
    with unit_of_work() as work:
        commands.publish_opportunity(work, opportunity_id, version=if_match())
    return _shown(opportunity_id)


@funding.post("/<uuid:opportunity_id>/withdrawal")
@funding.response(200, schemas.FundingSchema)
@funding.problems(NotFound, Stale, WrongState)
@require("directory.funding-opportunity:write")
def withdraw_opportunity(opportunity_id: UUID) -> Any:
    """Take an opportunity out of the list."""
    with unit_of_work() as work:
        publication.withdraw(work, FundingOpportunity, opportunity_id, version=if_match())
    return _shown(opportunity_id)


def _shown(opportunity_id: UUID) -> Any:
    with reading() as work:
        return queries.opportunity(work.session, principal(), work.now, opportunity_id)
