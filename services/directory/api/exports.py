"""Routes of the vejviser to take along: CSV, XLSX, PDF, and the open API in HSDS 3.0 (V12, V24)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import flask

from chassis import clock
from chassis.auth import require
from chassis.database import UnitOfWork
from chassis.files import download_headers
from chassis.problems import Invalid, NotFound
from chassis.web import Blueprint, reading
from services.directory import schemas
from services.directory.api.associations import associations
from services.directory.model import today
from services.directory.queries import exports as queries
from services.directory.queries import public, vocabulary
from services.directory.queries.exports.hsds import PROFILE, VERSION, Hsds
from services.directory.queries.exports.tables import FILES

exports = Blueprint(
    "exports",
    __name__,
    url_prefix="/api/v1/exports",
    description="The public vejviser to take along, with a licence and a date (V24)",
)
hsds = Blueprint(
    "hsds",
    __name__,
    url_prefix="/api/v1/hsds",
    description="The public vejviser as open data: Human Services Data Specification 3.0 (V12)",
)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_booklets = queries.Booklets()


@exports.get("/associations.csv")
@exports.arguments(schemas.PartSchema, location="query")
@exports.response(200, content_type="text/csv")
@exports.problems(Invalid)
@require("directory.export:read")
def associations_csv(arguments: dict[str, Any]) -> Any:
    """Hand out associations as a table without live formulas."""
    return _table("associations", arguments)


@exports.get("/offers.csv")
@exports.arguments(schemas.PartSchema, location="query")
@exports.response(200, content_type="text/csv")
@exports.problems(Invalid)
@require("directory.export:read")
def offers_csv(arguments: dict[str, Any]) -> Any:
    """Hand out offers as a table without live formulas."""
    return _table("offers", arguments)


@exports.get("/vejviser.xlsx")
@exports.arguments(schemas.PartSchema, location="query")
@exports.response(200, content_type=XLSX)
@exports.problems(Invalid)
@require("directory.export:read")
def workbook(arguments: dict[str, Any]) -> Any:
    """Hand out the vejviser as a workbook without live formulas."""
    with reading() as work:
        found = public.directory(work.session, **arguments)
    on = today(clock.now())
    content = queries.workbook(found, on=on)
    return _download(content, "vejviser.xlsx", XLSX, found.words, on)


@exports.get("/vejviser.pdf")
@exports.arguments(schemas.BookletArgumentsSchema, location="query")
@exports.response(200, content_type="application/pdf")
@exports.problems(Invalid, queries.TooThick)
@require("directory.export:read")
def booklet(arguments: dict[str, Any]) -> Any:
    """Hand out the vejviser to be printed, tagged for readers that speak; also in large print."""
    large, on = arguments.pop("large_print"), today(clock.now())
    with reading() as work:
        key = (*arguments.values(), large, on, public.state(work.session))
        content = _booklets.get(key)
        if content is None:
            found = public.directory(work.session, **arguments)
            words = found.words
        else:
            words = vocabulary.vocabulary(work.session)
    if content is None:
        part = _part(found, **arguments)
        content = _booklets.make(key, found, part=part, large=large, on=on)
    name = "vejviser-stor-skrift.pdf" if large else "vejviser.pdf"
    return _download(content, name, "application/pdf", words, on)


# --- an association's own


@associations.get("/<uuid:association_id>/export")
@associations.response(200, schemas.AssociationExportSchema)
@associations.problems(NotFound)
@require("directory.association:export")
def export_association(association_id: UUID) -> Any:
    """Hand out all that the directory keeps of one association, to its administrators."""
    return _own(association_id)


@associations.get("/<uuid:association_id>/export.csv")
@associations.response(200, content_type="text/csv")
@associations.problems(NotFound)
@require("directory.association:export")
def export_association_csv(association_id: UUID) -> Any:
    """Hand out the same as a table without live formulas."""
    document = schemas.AssociationExportSchema().dump(_own(association_id))
    answer = flask.Response(queries.as_table(document), mimetype="text/csv")
    answer.headers.update(download_headers(name="forening.csv", sha256=""))
    del answer.headers["ETag"]
    return answer


# --- HSDS


@hsds.get("")
@hsds.response(200, schemas.HsdsAboutSchema)
@require("directory.export:read")
def about() -> Any:
    """Tell what this API is of HSDS, and what one may do with the data."""
    with reading() as work:
        words = vocabulary.vocabulary(work.session)
    terms = words["open_data"]
    return {
        "version": VERSION,
        "profile": PROFILE,
        "openapi_url": f"{_public_url()}/api/openapi.json",
        "publisher": words["municipality"]["name"],
        "licence": terms["licence"],
        "licence_url": terms["licence_url"],
        "attribution": terms["attribution"],
        "read_at": clock.now(),
    }


@hsds.get("/organizations")
@hsds.arguments(schemas.HsdsArgumentsSchema, location="query")
@hsds.response(200, schemas.HsdsPageSchema)
@hsds.problems(Invalid)
@require("directory.export:read")
def list_organizations(arguments: dict[str, Any]) -> Any:
    """List who offers something: associations and departments."""
    full = bool(arguments["full"] or arguments["full_service"])
    with reading() as work:
        return _of(work).organizations(**_paging(arguments), search=arguments["search"], full=full)


@hsds.get("/organizations/<uuid:organization_id>")
@hsds.response(200)
@hsds.problems(NotFound)
@require("directory.export:read")
def get_organization(organization_id: UUID) -> Any:
    """Show an organization with its services."""
    with reading() as work:
        return flask.jsonify(_of(work).organization(organization_id))


@hsds.get("/services")
@hsds.arguments(schemas.HsdsServiceArgumentsSchema, location="query")
@hsds.response(200, schemas.HsdsPageSchema)
@hsds.problems(Invalid, NotFound)
@require("directory.export:read")
def list_services(arguments: dict[str, Any]) -> Any:
    """List what is offered."""
    chosen = ("search", "organization_id", "taxonomy_term_id", "modified_after", "minimal")
    with reading() as work:
        return _of(work).services(
            **_paging(arguments), **{name: arguments[name] for name in chosen}
        )


@hsds.get("/services/<uuid:service_id>")
@hsds.response(200)
@hsds.problems(NotFound)
@require("directory.export:read")
def get_service(service_id: UUID) -> Any:
    """Show what is offered, with who offers it."""
    with reading() as work:
        return flask.jsonify(_of(work).service(service_id))


@hsds.get("/taxonomies")
@hsds.arguments(schemas.HsdsArgumentsSchema, location="query")
@hsds.response(200, schemas.HsdsPageSchema)
@hsds.problems(Invalid)
@require("directory.export:read")
def list_taxonomies(arguments: dict[str, Any]) -> Any:
    """List the lists of words: target groups and topics."""
    with reading() as work:
        return _of(work).taxonomies(**_paging(arguments))


@hsds.get("/taxonomy_terms")
@hsds.arguments(schemas.HsdsTermArgumentsSchema, location="query")
@hsds.response(200, schemas.HsdsPageSchema)
@hsds.problems(Invalid)
@require("directory.export:read")
def list_terms(arguments: dict[str, Any]) -> Any:
    """List the words that describe organizations and services."""
    with reading() as work:
        return _of(work).terms(**_paging(arguments), taxonomy_id=arguments["taxonomy_id"])


def _own(association_id: UUID) -> Any:
    with reading() as work:
        work.principal.permit(association=association_id, hide=True)
        return queries.own(work, association_id)


def _table(what: str, arguments: dict[str, Any]) -> flask.Response:
    with reading() as work:
        found = public.directory(work.session, **arguments)
    on = today(clock.now())
    content = queries.csv_table(found, what, on=on)
    return _download(content, FILES[what], "text/csv", found.words, on)


def _download(
    content: bytes, name: str, media_type: str, words: Mapping[str, Any], on: date
) -> flask.Response:
    """Hand a file out, named with the day, and with its licence in a header (RFC 8288)."""
    stem, _, ending = name.rpartition(".")
    answer = flask.Response(content, mimetype=media_type)
    answer.headers.update(download_headers(name=f"{stem}-{on.isoformat()}.{ending}", sha256=""))
    del answer.headers["ETag"]
    answer.headers["Cache-Control"] = "public, max-age=60"
    answer.headers["Link"] = f'<{words["open_data"]["licence_url"]}>; rel="license"'
    return answer


def _part(found: public.Directory, *, target_group: str | None, area: str | None) -> str:
    named = [
        found.word("target_groups", target_group) if target_group else "",
        found.word("areas", area) if area else "",
    ]
    return " · ".join(filter(None, named))


def _paging(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"page": arguments["page"], "per_page": arguments["per_page"]}


def _of(work: UnitOfWork) -> Hsds:
    return Hsds(work.session, public_url=_public_url())


def _public_url() -> str:
    return str(flask.current_app.extensions["samspil.settings"].public_url).rstrip("/")
