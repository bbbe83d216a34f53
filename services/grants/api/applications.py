"""Routes of applications and their attachments."""

from typing import Any
from uuid import UUID

import flask

from chassis import files
from chassis.auth import require
from chassis.database import UnitOfWork
from chassis.problems import Forbidden, Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, received
from services.grants import schemas
from services.grants.api.answers import reading, unit_of_work, written
from services.grants.commands import applications as commands
from services.grants.commands import conflicts
from services.grants.model import Application, local_day, problems
from services.grants.queries import applications as queries

applications = Blueprint(
    "applications",
    __name__,
    url_prefix="/api/v1/applications",
    description="What associations apply for",
)


def _shown(work: UnitOfWork, application_id: UUID) -> Any:
    work.session.flush()
    sees_file = conflicts.sees_deliberation(work, work.get(Application, application_id))
    return queries.application(
        work.session, application_id, day=local_day(work.now), sees_file=sees_file
    )


@applications.get("")
@applications.arguments(schemas.ApplicationArgumentsSchema, location="query")
@applications.response(200, page_of(schemas.ApplicationSchema))
@applications.problems(Invalid)
@require("grants.application:list")
def list_applications(arguments: dict[str, Any]) -> Any:
    """List applications: one's associations' own, and the cases one takes part in."""
    with reading() as work:
        return queries.applications(work.session, work.principal, **arguments)


@applications.get("/<uuid:application_id>")
@applications.response(200, schemas.ApplicationSchema)
@applications.problems(NotFound)
@require("grants.application:read")
def get_application(application_id: UUID) -> Any:
    """Show an application with its file."""
    with reading() as work:
        application = work.find(Application, application_id)
        if application is None:
            work.principal.reach()
            raise NotFound(kind="application")
        conflicts.open_case(work, application)
        return _shown(work, application_id)


@applications.put("/<uuid:application_id>")
@applications.arguments(schemas.ApplicationBodySchema)
@applications.response(200, schemas.ApplicationSchema)
@applications.alt_response(
    201, schema=schemas.ApplicationSchema, description="Created", success=True
)
@applications.problems(
    Invalid,
    Forbidden,
    NotFound,
    Stale,
    problems.IdTaken,
    problems.WrongState,
    problems.RoundNotOpen,
    problems.RoundIsClosed,
)
@require("grants.application:draft")
def put_application(body: dict[str, Any], application_id: UUID) -> Any:
    """Save a draft as far as it is written."""
    with unit_of_work() as work:
        new = commands.put_draft(work, application_id, version=if_match(), **body)
        return written(_shown(work, application_id), new=new)


@applications.delete("/<uuid:application_id>")
@applications.response(204)
@applications.problems(NotFound, problems.WrongState)
@require("grants.application:draft")
def delete_application(application_id: UUID) -> None:
    """Throw a draft away."""
    with unit_of_work() as work:
        commands.delete_draft(work, application_id)


@applications.post("/<uuid:application_id>/submission")
@applications.response(200, schemas.ApplicationSchema)
@applications.problems(
    NotFound,
    problems.WrongState,
    problems.RoundNotOpen,
    problems.RoundIsClosed,
    problems.AssociationNotPublished,
    problems.Incomplete,
    problems.BudgetDoesNotAddUp,
)
@require("grants.application:submit")
def submit(application_id: UUID) -> Any:
    """Hand an application in; the answer carries its case number."""
    with unit_of_work() as work:
        commands.submit(work, application_id)
    # After the commit: the year's case numbers wait for nobody who reads.
    with reading() as work:
        return _shown(work, application_id)


@applications.post("/<uuid:application_id>/withdrawal")
@applications.response(200, schemas.ApplicationSchema)
@applications.problems(NotFound, problems.WrongState)
@require("grants.application:submit")
def withdraw(application_id: UUID) -> Any:
    """Take an application back before it is decided."""
    with unit_of_work() as work:
        commands.withdraw(work, application_id)
        return _shown(work, application_id)


@applications.post("/<uuid:application_id>/conflicts")
@applications.arguments(schemas.ConflictSchema)
@applications.response(204)
@applications.problems(Invalid, NotFound)
@require("grants.conflict:declare")
def declare_conflict(body: dict[str, Any], application_id: UUID) -> None:
    """Declare one's own conflict of interest; from now on one takes no part in the case."""
    with unit_of_work() as work:
        application = work.find(Application, application_id)
        if application is None or application.submitted_at is None:
            raise NotFound(kind="application")
        conflicts.declare(work, application, ground=body["ground"])


@applications.post("/<uuid:application_id>/conflicts/<uuid:person_id>/ruling")
@applications.arguments(schemas.RulingSchema)
@applications.response(200, schemas.ApplicationSchema)
@applications.problems(Invalid, NotFound, problems.Disqualified, problems.WrongState)
@require("grants.conflict:rule")
def rule_on_conflict(body: dict[str, Any], application_id: UUID, person_id: UUID) -> Any:
    """Rule, with a reason, whether somebody who is held to be disqualified takes part after all."""
    with unit_of_work() as work:
        conflicts.rule(work, application_id, person_id, **body)
        return _shown(work, application_id)


@applications.put("/<uuid:application_id>/attachments/<uuid:attachment_id>")
@applications.arguments(schemas.AttachmentArgumentsSchema, location="query")
@applications.response(200, schemas.ApplicationSchema)
@applications.alt_response(
    201, schema=schemas.ApplicationSchema, description="Attached", success=True
)
@applications.problems(
    *files.REFUSALS,
    NotFound,
    problems.IdTaken,
    problems.WrongState,
    problems.TooManyFiles,
)
@require("grants.application:draft")
def put_attachment(arguments: dict[str, Any], application_id: UUID, attachment_id: UUID) -> Any:
    """Attach a file: its bytes are the body, its name is in the header X-File-Name."""
    upload = received()
    with unit_of_work() as work:
        new = commands.put_attachment(
            work,
            application_id,
            attachment_id,
            upload=upload,
            **arguments,
        )
        return written(_shown(work, application_id), new=new)


@applications.get("/<uuid:application_id>/attachments/<uuid:attachment_id>")
@applications.response(200, content_type="application/octet-stream")
@applications.problems(NotFound)
@require("grants.application:read")
def get_attachment(application_id: UUID, attachment_id: UUID) -> Any:
    """Hand out a file, to be saved and never shown."""
    with reading() as work:
        application = work.find(Application, application_id)
        if application is None:
            work.principal.reach()
            raise NotFound(kind="application")
        conflicts.open_case(work, application)
        stored = queries.attachment(work.session, application_id, attachment_id)
        answer = flask.Response(stored.content, mimetype=stored.media_type)
        answer.headers.update(files.download_headers(name=stored.name, sha256=stored.sha256))
        return answer


@applications.delete("/<uuid:application_id>/attachments/<uuid:attachment_id>")
@applications.response(204)
@applications.problems(NotFound, problems.WrongState)
@require("grants.application:draft")
def delete_attachment(application_id: UUID, attachment_id: UUID) -> None:
    """Take a file off a draft."""
    with unit_of_work() as work:
        commands.delete_attachment(work, application_id, attachment_id)
