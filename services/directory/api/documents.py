"""Routes of documents and their editions."""

from typing import Any
from uuid import UUID

import flask

from chassis import files
from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, principal, reading, received, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import documents as commands
from services.directory.commands import publication
from services.directory.model import Document
from services.directory.model.problems import IdTaken, NothingToPublish, WrongState
from services.directory.queries import documents as queries

documents = Blueprint(
    "documents",
    __name__,
    url_prefix="/api/v1/documents",
    description="Policies, statutes, forms, minutes: each with its editions (V20)",
)


@documents.get("")
@documents.arguments(schemas.DocumentArgumentsSchema, location="query")
@documents.response(200, page_of(schemas.DocumentSchema))
@documents.problems(Invalid)
@require("directory.document:read")
def list_documents(arguments: dict[str, Any]) -> Any:
    """List documents by title, or those that hold some words, the best match first."""
    with reading() as work:
        return queries.documents(work.session, principal(), **arguments)


@documents.get("/<uuid:document_id>")
@documents.response(200, schemas.DocumentSchema)
@documents.problems(NotFound)
@require("directory.document:read")
def get_document(document_id: UUID) -> Any:
    """Show a document with its editions, the newest first."""
    return _shown(document_id)


@documents.put("/<uuid:document_id>")
@documents.arguments(schemas.DocumentBodySchema)
@documents.response(200, schemas.DocumentSchema)
@documents.alt_response(201, schema=schemas.DocumentSchema, description="Drafted", success=True)
@documents.problems(Invalid, Stale)
@require("directory.document:write")
def put_document(body: dict[str, Any], document_id: UUID) -> Any:
    """Describe a document. Its id is made by the client; a new one is a draft."""
    with unit_of_work() as work:
        _, new = commands.put_document(work, document_id, version=if_match(), **body)
    return written(_shown(document_id), new=new)


@documents.delete("/<uuid:document_id>")
@documents.response(204)
@documents.problems(NotFound, Stale, WrongState)
@require("directory.document:write")
def delete_document(document_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        publication.delete_draft(work, Document, document_id, version=if_match())


@documents.put("/<uuid:document_id>/editions/<uuid:edition_id>")
@documents.arguments(schemas.EditionArgumentsSchema, location="query")
@documents.response(200, schemas.DocumentSchema)
@documents.alt_response(201, schema=schemas.DocumentSchema, description="Uploaded", success=True)
@documents.problems(*files.REFUSALS, NotFound, IdTaken)
@require("directory.document:write")
def put_edition(arguments: dict[str, Any], document_id: UUID, edition_id: UUID) -> Any:
    """Upload the next edition: its bytes are the body, its name is in the header X-File-Name.

    Nobody sees it before the document is published anew; until then another takes its place.
    """
    upload = received()
    with unit_of_work() as work:
        new = commands.put_edition(
            work,
            document_id,
            edition_id,
            upload=upload,
            **arguments,
        )
    return written(_shown(document_id), new=new)


@documents.get("/<uuid:document_id>/editions/<uuid:edition_id>/file")
@documents.response(200, content_type="application/octet-stream")
@documents.problems(NotFound)
@require("directory.document:read")
def get_file(document_id: UUID, edition_id: UUID) -> Any:
    """Hand out the file of an edition, old or new, to be saved and never shown."""
    with reading() as work:
        edition = queries.edition_file(work.session, principal(), document_id, edition_id)
        answer = flask.Response(edition.content, mimetype=edition.media_type)
        answer.headers.update(files.download_headers(name=edition.name, sha256=edition.sha256))
        return answer


@documents.post("/<uuid:document_id>/publication")
@documents.response(200, schemas.DocumentSchema)
@documents.problems(NotFound, Stale, NothingToPublish)
@require("directory.document:write")
def publish_document(document_id: UUID) -> Any:
    """Let everybody read a document in its newest edition; or bring a withdrawn one back."""
    with unit_of_work() as work:
        commands.publish_document(work, document_id, version=if_match())
    return _shown(document_id)


@documents.post("/<uuid:document_id>/withdrawal")
@documents.response(200, schemas.DocumentSchema)
@documents.problems(NotFound, Stale, WrongState)
@require("directory.document:write")
def withdraw_document(document_id: UUID) -> Any:
    """Take a document, with all its editions, out of what everybody can read."""
    with unit_of_work() as work:
        publication.withdraw(work, Document, document_id, version=if_match())
    return _shown(document_id)


def _shown(document_id: UUID) -> Any:
    with reading() as work:
        return queries.document(work.session, principal(), document_id)
