"""Routes of the ledger of yearly duties."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound
from chassis.web import Blueprint, page_of, reading
from services.meetings import schemas
from services.meetings.queries import duties as queries

duties = Blueprint(
    "duties",
    __name__,
    url_prefix="/api/v1/duties",
    description="The public account of what the policy binds the municipality to each year",
)


@duties.get("")
@duties.arguments(schemas.DutyArgumentsSchema, location="query")
@duties.response(200, page_of(schemas.DutySchema))
@duties.problems(Invalid)
@require("meetings.duty:read")
def list_duties(arguments: dict[str, Any]) -> Any:
    """List the duties of a year, or of all years, the latest first."""
    with reading() as work:
        return queries.duties(work.session, now=work.now, **arguments)


@duties.get("/<uuid:duty_id>")
@duties.response(200, schemas.DutySchema)
@duties.problems(NotFound)
@require("meetings.duty:read")
def get_duty(duty_id: UUID) -> Any:
    """Show how one duty stands in its year."""
    with reading() as work:
        return queries.duty(work.session, duty_id, now=work.now)
