"""Routes of programmes and rounds."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, PageArguments, if_match, page_of
from services.grants import schemas
from services.grants.api.answers import reading, sees_drafts, unit_of_work, written
from services.grants.commands import rounds as commands
from services.grants.model import problems
from services.grants.queries import rounds as queries

programmes = Blueprint(
    "programmes",
    __name__,
    url_prefix="/api/v1/programmes",
    description="Pools of money, with their legal basis and rules",
)
rounds = Blueprint(
    "rounds",
    __name__,
    url_prefix="/api/v1/rounds",
    description="Rounds of applications, each with a frame that cannot be exceeded",
)


@programmes.get("")
@programmes.arguments(PageArguments, location="query")
@programmes.response(200, page_of(schemas.ProgrammeSchema))
@programmes.problems(Invalid)
@require("grants.programme:read")
def list_programmes(arguments: dict[str, Any]) -> Any:
    """List the programmes."""
    with reading() as work:
        return queries.programmes(work.session, **arguments)


@programmes.get("/<uuid:programme_id>")
@programmes.response(200, schemas.ProgrammeSchema)
@programmes.problems(NotFound)
@require("grants.programme:read")
def get_programme(programme_id: UUID) -> Any:
    """Show a programme."""
    with reading() as work:
        return queries.programme(work.session, programme_id)


def _shown(work: Any, round_id: UUID) -> Any:
    return queries.round_(work.session, work.principal, round_id, sees_drafts=sees_drafts())


@rounds.get("")
@rounds.arguments(schemas.RoundArgumentsSchema, location="query")
@rounds.response(200, page_of(schemas.RoundSchema))
@rounds.problems(Invalid)
@require("grants.round:read")
def list_rounds(arguments: dict[str, Any]) -> Any:
    """List rounds; drafts only for those who prepare them."""
    with reading() as work:
        return queries.rounds(work.session, work.principal, sees_drafts=sees_drafts(), **arguments)


@rounds.get("/<uuid:round_id>")
@rounds.response(200, schemas.RoundSchema)
@rounds.problems(NotFound)
@require("grants.round:read")
def get_round(round_id: UUID) -> Any:
    """Show a round."""
    with reading() as work:
        return _shown(work, round_id)


@rounds.put("/<uuid:round_id>")
@rounds.arguments(schemas.RoundBodySchema)
@rounds.response(200, schemas.RoundSchema)
@rounds.alt_response(201, schema=schemas.RoundSchema, description="Created", success=True)
@rounds.problems(
    Invalid,
    NotFound,
    Stale,
    problems.IdTaken,
    problems.WrongState,
    problems.DatesOutOfOrder,
    problems.AmountsOutOfOrder,
)
@require("grants.round:manage")
def put_round(body: dict[str, Any], round_id: UUID) -> Any:
    """Prepare a round, or change a draft."""
    with unit_of_work() as work:
        new = commands.put_round(work, round_id, version=if_match(), **body)
        work.session.flush()
        return written(_shown(work, round_id), new=new)


@rounds.delete("/<uuid:round_id>")
@rounds.response(204)
@rounds.problems(NotFound, problems.WrongState)
@require("grants.round:manage")
def delete_round(round_id: UUID) -> None:
    """Throw a draft away."""
    with unit_of_work() as work:
        commands.delete_round(work, round_id)


@rounds.post("/<uuid:round_id>/announcement")
@rounds.response(200, schemas.RoundSchema)
@rounds.problems(
    NotFound, problems.WrongState, problems.DatesOutOfOrder, problems.AmountsOutOfOrder
)
@require("grants.round:manage")
def announce_round(round_id: UUID) -> Any:
    """Make a round public; every association is told."""
    with unit_of_work() as work:
        commands.announce_round(work, round_id)
        work.session.flush()
        return _shown(work, round_id)


@rounds.post("/<uuid:round_id>/decision")
@rounds.response(200, schemas.RoundSchema)
@rounds.problems(
    NotFound, problems.WrongState, problems.UndecidedApplications, problems.ReasonsMissing
)
@require("grants.decision:finalise")
def decide_round(round_id: UUID) -> Any:
    """Make the decisions final: the letters go out and the awards are public."""
    with unit_of_work() as work:
        commands.decide_round(work, round_id)
        work.session.flush()
        return _shown(work, round_id)
