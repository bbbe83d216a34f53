"""Routes of finding somebody for a citizen, and of counting what could not be met (N7)."""

from typing import Any
from uuid import UUID

import flask

from chassis.auth import require
from chassis.files import download_headers
from chassis.problems import Invalid, NotFound
from chassis.web import Blueprint, reading, unit_of_work
from services.directory import schemas
from services.directory.commands import matching as commands
from services.directory.model import today
from services.directory.queries import exports
from services.directory.queries import matching as queries

matches = Blueprint(
    "matches",
    __name__,
    url_prefix="/api/v1/matches",
    description="Three offers with room for a need; nothing of the citizen is kept (N7)",
)
needs = Blueprint(
    "unmet-needs",
    __name__,
    url_prefix="/api/v1/unmet-needs",
    description="Needs that nobody could meet, counted without whose they were",
)
figures = Blueprint(
    "unmet-need-figures",
    __name__,
    url_prefix="/api/v1/unmet-need-figures",
    description="What could not be met, by month, need and area",
)


@matches.post("")
@matches.arguments(schemas.MatchBodySchema)
@matches.response(200, schemas.MatchesSchema)
@matches.problems(Invalid)
@require("directory.match:make")
def match(body: dict[str, Any]) -> Any:
    """Give three offers that take new users now. Changes nothing, and keeps nothing.

    A POST, so that what is asked is in no address and in no log.
    """
    with reading() as work:
        return queries.matches(work, **body)


@matches.get("/card.pdf")
@matches.arguments(schemas.CardArgumentsSchema, location="query")
@matches.response(200, content_type="application/pdf")
@matches.problems(Invalid, NotFound)
@require("directory.match:make")
def card(arguments: dict[str, Any]) -> Any:
    """Hand out a card with up to three published offers, to give to a citizen."""
    with reading() as work:
        contents = exports.card_contents(work.session, arguments["offers"], on=today(work.now))
    answer = flask.Response(exports.card(contents), mimetype="application/pdf")
    answer.headers.update(download_headers(name="tilbud.pdf", sha256=""))
    del answer.headers["ETag"]
    return answer


@needs.put("/<uuid:need_id>")
@needs.arguments(schemas.UnmetNeedBodySchema)
@needs.response(204)
@needs.problems(Invalid)
@require("directory.unmet-need:count")
def count_unmet_need(body: dict[str, Any], need_id: UUID) -> None:
    """Count a need that could not be met. Its id is made by the client, so twice is once."""
    with unit_of_work() as work:
        commands.count_unmet_need(work, need_id, **body)


@figures.get("")
@figures.arguments(schemas.UnmetArgumentsSchema, location="query")
@figures.response(200, schemas.UnmetFiguresSchema)
@figures.problems(Invalid)
@require("directory.unmet-need-figure:read")
def get_figures(arguments: dict[str, Any]) -> Any:
    """Count what could not be met in the months of a year that are over."""
    with reading() as work:
        return queries.unmet_figures(work.session, day=today(work.now), **arguments)
