"""Routes of an association's private papers: filed once, seen by its own people and by staff."""

from typing import Any
from uuid import UUID

import flask

from chassis import files
from chassis.auth import require
from chassis.database import UnitOfWork
from chassis.problems import Invalid, NotFound, Stale, TooMany
from chassis.web import Blueprint, if_match, page_of, reading, received, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.api.associations import associations
from services.directory.commands import papers as commands
from services.directory.model.problems import IdTaken, WrongState
from services.directory.queries import papers as queries

STAFF = ("coordinator", "caseworker")

gaps = Blueprint(
    "paper-gaps",
    __name__,
    url_prefix="/api/v1/paper-gaps",
    description="Papers that associations have not filed, or that hold no more",
)
figures = Blueprint(
    "paper-figures",
    __name__,
    url_prefix="/api/v1/paper-figures",
    description="How it stands with the associations' papers",
)


def _shown(work: UnitOfWork, association_id: UUID) -> Any:
    work.session.flush()
    return queries.papers(work, association_id, staff=work.principal.has(*STAFF))


@associations.get("/<uuid:association_id>/papers")
@associations.response(200, schemas.PapersSchema)
@associations.problems(NotFound)
@require("directory.paper:read")
def list_papers(association_id: UUID) -> Any:
    """Show what is known of an association's papers, with every version."""
    with reading() as work:
        work.principal.permit(association=association_id, hide=True)
        return _shown(work, association_id)


@associations.put("/<uuid:association_id>/papers/<uuid:paper_id>")
@associations.arguments(schemas.DeclarationBodySchema)
@associations.response(200, schemas.PapersSchema)
@associations.alt_response(201, schema=schemas.PapersSchema, description="Declared", success=True)
@associations.problems(Invalid, NotFound, Stale, IdTaken, WrongState)
@require("directory.paper:file")
def declare(body: dict[str, Any], association_id: UUID, paper_id: UUID) -> Any:
    """Declare that something is so. Its id is made by the client, so twice is once."""
    with unit_of_work() as work:
        new = commands.declare(work, association_id, paper_id, version=if_match(), **body)
        return written(_shown(work, association_id), new=new)


@associations.put("/<uuid:association_id>/papers/<uuid:paper_id>/document")
@associations.arguments(schemas.PaperArgumentsSchema, location="query")
@associations.response(200, schemas.PapersSchema)
@associations.alt_response(201, schema=schemas.PapersSchema, description="Filed", success=True)
@associations.problems(*files.REFUSALS, NotFound, Stale, IdTaken, WrongState, TooMany)
@require("directory.paper:file")
def file_document(arguments: dict[str, Any], association_id: UUID, paper_id: UUID) -> Any:
    """File a document: its bytes are the body, its name is in the header X-File-Name."""
    with unit_of_work() as work:
        # First of all: who may not file learns nothing of what would be wrong with the file.
        work.principal.permit(association=association_id, hide=True)
        examined = files.examine(received())
        new = commands.file_document(
            work, association_id, paper_id, examined=examined, version=if_match(), **arguments
        )
        return written(_shown(work, association_id), new=new)


@associations.get("/<uuid:association_id>/papers/<uuid:paper_id>/document")
@associations.response(200, content_type="application/octet-stream")
@associations.problems(NotFound)
@require("directory.paper:read")
def get_document(association_id: UUID, paper_id: UUID) -> Any:
    """Hand out a document of any version, to be saved and never shown."""
    with reading() as work:
        work.principal.permit(association=association_id, hide=True)
        stored = queries.document(work.session, association_id, paper_id)
        answer = flask.Response(stored.content, mimetype=stored.media_type)
        answer.headers.update(files.download_headers(name=stored.name, sha256=stored.sha256))
        return answer


@gaps.get("")
@gaps.arguments(schemas.GapArgumentsSchema, location="query")
@gaps.response(200, page_of(schemas.GapSchema))
@gaps.problems(Invalid)
@require("directory.paper-gap:read")
def list_gaps(arguments: dict[str, Any]) -> Any:
    """List what is missing, expired or about to expire, by association."""
    with reading() as work:
        return queries.gaps(work, **arguments)


@figures.get("")
@figures.response(200, schemas.PaperFiguresSchema)
@require("directory.paper-gap:read")
def get_figures() -> Any:
    """Count how it stands with each kind of paper."""
    with reading() as work:
        return queries.figures(work)
