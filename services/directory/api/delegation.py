"""Routes of the volunteer centre: its agreement, the call list, the calls, the figures (N29)."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import (
    Blueprint,
    PageArguments,
    if_match,
    page_of,
    principal,
    reading,
    unit_of_work,
)
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import delegation as commands
from services.directory.model import today
from services.directory.model.problems import (
    AgreementOverlaps,
    IdTaken,
    NotDelegated,
    WrongState,
)
from services.directory.queries import delegation as queries
from services.directory.queries.associations import ages

agreements = Blueprint(
    "editing-agreements",
    __name__,
    url_prefix="/api/v1/editing-agreements",
    description="That the volunteer centre keeps the vejviser",
)
calls = Blueprint(
    "calls", __name__, url_prefix="/api/v1/calls", description="Phone calls to associations"
)
call_list = Blueprint(
    "call-list",
    __name__,
    url_prefix="/api/v1/call-list",
    description="Associations that somebody must phone",
)
figures = Blueprint(
    "vejviser-figures",
    __name__,
    url_prefix="/api/v1/vejviser-figures",
    description="How complete and how fresh the vejviser is",
)


@agreements.get("")
@agreements.arguments(PageArguments, location="query")
@agreements.response(200, page_of(schemas.AgreementSchema))
@agreements.problems(Invalid)
@require("directory.editing-agreement:read")
def list_agreements(arguments: dict[str, Any]) -> Any:
    """List the agreements with the centre, the latest first."""
    with reading() as work:
        return queries.agreements(work.session, **arguments)


@agreements.get("/<uuid:agreement_id>")
@agreements.response(200, schemas.AgreementSchema)
@agreements.problems(NotFound)
@require("directory.editing-agreement:read")
def get_agreement(agreement_id: UUID) -> Any:
    """Show one agreement."""
    with reading() as work:
        return queries.agreement(work.session, agreement_id)


@agreements.put("/<uuid:agreement_id>")
@agreements.arguments(schemas.AgreementBodySchema)
@agreements.response(200, schemas.AgreementSchema)
@agreements.alt_response(201, schema=schemas.AgreementSchema, description="Made", success=True)
@agreements.problems(Invalid, Stale, AgreementOverlaps)
@require("directory.editing-agreement:manage")
def put_agreement(body: dict[str, Any], agreement_id: UUID) -> Any:
    """Agree with the centre, or change what was agreed."""
    with unit_of_work() as work:
        agreement, new = commands.put_agreement(work, agreement_id, version=if_match(), **body)
        work.session.flush()
        return written(agreement, new=new)


@call_list.get("")
@call_list.arguments(PageArguments, location="query")
@call_list.response(200, page_of(schemas.CallListEntrySchema))
@call_list.problems(Invalid)
@require("directory.call:read")
def list_call_list(arguments: dict[str, Any]) -> Any:
    """List whom to phone; for the centre without those that keep their record themselves."""
    by_centre = not principal().has("coordinator")
    with reading() as work:
        return queries.call_list(work.session, by_centre=by_centre, **arguments)


@calls.get("")
@calls.arguments(schemas.CallArgumentsSchema, location="query")
@calls.response(200, page_of(schemas.CallSchema))
@calls.problems(Invalid)
@require("directory.call:read")
def list_calls(arguments: dict[str, Any]) -> Any:
    """List what came of phone calls, newest first."""
    with reading() as work:
        return queries.calls(work.session, **arguments)


@calls.put("/<uuid:call_id>")
@calls.arguments(schemas.CallBodySchema)
@calls.response(200, schemas.CallSchema)
@calls.alt_response(201, schema=schemas.CallSchema, description="Kept", success=True)
@calls.problems(Invalid, NotFound, IdTaken, NotDelegated, WrongState)
@require("directory.call:write")
def put_call(body: dict[str, Any], call_id: UUID) -> Any:
    """Keep what came of a phone call. Its id is made by the client, so twice is once."""
    with unit_of_work() as work:
        call, new = commands.record_call(work, call_id, **body)
        work.session.flush()
        return written(call, new=new)


@figures.get("")
@figures.response(200, schemas.FiguresSchema)
@require("directory.vejviser-figure:read")
def get_figures() -> Any:
    """Show how complete and how fresh the vejviser is, and what was agreed."""
    with reading() as work:
        return queries.figures(work.session, ages(work), day=today(work.now))
