"""Routes of bringing associations in from files."""

from typing import Any
from uuid import UUID

from chassis import files
from chassis.auth import require
from chassis.problems import Forbidden, Invalid, NotFound, Stale
from chassis.web import Blueprint, PageArguments, if_match, page_of, reading, received, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import imports as commands
from services.directory.model.problems import IdTaken, ImportState, NotAsked
from services.directory.queries import imports as queries

imports = Blueprint(
    "imports",
    __name__,
    url_prefix="/api/v1/imports",
    description="Bringing associations in from CSV and XLSX files",
)


def _shown(import_id: UUID) -> Any:
    with reading() as work:
        return queries.import_(work.session, import_id, unknown_word=commands.UNKNOWN_WORD)


@imports.get("")
@imports.arguments(PageArguments, location="query")
@imports.response(200, page_of(schemas.ImportSummarySchema))
@imports.problems(Invalid)
@require("directory.import:manage")
def list_imports(arguments: dict[str, Any]) -> Any:
    """List imports, the newest first."""
    with reading() as work:
        return queries.imports(work.session, **arguments)


@imports.get("/<uuid:import_id>")
@imports.response(200, schemas.ImportSchema)
@imports.problems(NotFound)
@require("directory.import:manage")
def get_import(import_id: UUID) -> Any:
    """Show an import and how far it is."""
    return _shown(import_id)


@imports.put("/<uuid:import_id>")
@imports.response(200, schemas.ImportSchema)
@imports.alt_response(201, schema=schemas.ImportSchema, description="Taken in", success=True)
@imports.problems(*files.REFUSALS, IdTaken)
@require("directory.import:manage")
def put_import(import_id: UUID) -> Any:
    """Upload a file: its bytes are the body, its name is in the header X-File-Name.

    It is read by a worker; `status` says how far it is.
    """
    upload = received()
    with unit_of_work() as work:
        _, new = commands.put_import(
            work,
            import_id,
            upload=upload,
        )
    return written(_shown(import_id), new=new)


@imports.delete("/<uuid:import_id>")
@imports.response(204)
@imports.problems(NotFound, ImportState)
@require("directory.import:manage")
def drop_import(import_id: UUID) -> None:
    """Drop an import with its rows and its report; what it brought in stays."""
    with unit_of_work() as work:
        commands.drop(work, import_id)


@imports.put("/<uuid:import_id>/header")
@imports.arguments(schemas.HeaderSchema)
@imports.response(200, schemas.ImportSchema)
@imports.problems(Invalid, NotFound, ImportState)
@require("directory.import:manage")
def put_header(body: dict[str, Any], import_id: UUID) -> Any:
    """Say which row names the columns; what they hold is suggested anew."""
    with unit_of_work() as work:
        commands.choose_header(work, import_id, **body)
    return _shown(import_id)


@imports.put("/<uuid:import_id>/mapping")
@imports.arguments(schemas.MappingSchema)
@imports.response(200, schemas.ImportSchema)
@imports.problems(Invalid, Forbidden, NotFound, Stale, ImportState)
@require("directory.import:manage")
def put_mapping(body: dict[str, Any], import_id: UUID) -> Any:
    """Say what the columns hold, and have each row checked: a preview that changes nothing."""
    with unit_of_work() as work:
        commands.map_columns(work, import_id, version=if_match(), **body)
    return _shown(import_id)


@imports.post("/<uuid:import_id>/start")
@imports.response(200, schemas.ImportSchema)
@imports.problems(Forbidden, NotFound, ImportState)
@require("directory.import:manage")
def start_import(import_id: UUID) -> Any:
    """Bring the rows in; go on where it was stopped, or with what was answered since."""
    with unit_of_work() as work:
        commands.start(work, import_id)
    return _shown(import_id)


@imports.post("/<uuid:import_id>/stop")
@imports.response(200, schemas.ImportSchema)
@imports.problems(NotFound)
@require("directory.import:manage")
def stop_import(import_id: UUID) -> Any:
    """Stop after the row that is in hand; what is in stays in."""
    with unit_of_work() as work:
        commands.stop(work, import_id)
    return _shown(import_id)


@imports.get("/<uuid:import_id>/rows")
@imports.arguments(schemas.ImportRowArgumentsSchema, location="query")
@imports.response(200, page_of(schemas.ImportRowSchema))
@imports.problems(Invalid, NotFound)
@require("directory.import:manage")
def list_rows(arguments: dict[str, Any], import_id: UUID) -> Any:
    """Report row by row: new, changed (from what to what), the same, asked, refused and why."""
    with reading() as work:
        return queries.rows(work.session, import_id, **arguments)


@imports.put("/<uuid:import_id>/rows/<uuid:row_id>/answer")
@imports.arguments(schemas.AnswerSchema)
@imports.response(200, schemas.ImportRowSchema)
@imports.problems(Invalid, NotFound, NotAsked)
@require("directory.import:manage")
def put_answer(body: dict[str, Any], import_id: UUID, row_id: UUID) -> Any:
    """Say whether a doubtful row is an association we know, a new one, or not wanted."""
    with unit_of_work() as work:
        commands.answer(
            work, import_id, row_id, said=body["answer"], association_id=body["association_id"]
        )
    with reading() as work:
        return queries.row(work.session, row_id)


@imports.post("/<uuid:import_id>/introductions")
@imports.response(202, schemas.ImportSchema)
@imports.problems(NotFound, ImportState)
@require("directory.import:introduce")
def introduce(import_id: UUID) -> Any:
    """Have the contacts of what was brought in told so by mail, each once."""
    with unit_of_work() as work:
        commands.introduce(work, import_id)
    return _shown(import_id)
