"""Routes of contact pairs: a team and an association with a named contact each (N12)."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.database import UnitOfWork
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import contact_pairs as commands
from services.directory.model import today
from services.directory.model.problems import IdTaken, WrongState
from services.directory.queries import contact_pairs as queries

contact_pairs = Blueprint(
    "contact-pairs",
    __name__,
    url_prefix="/api/v1/contact-pairs",
    description="Teams of the municipality and associations with a named contact each",
)


@contact_pairs.get("")
@contact_pairs.arguments(schemas.ContactPairArgumentsSchema, location="query")
@contact_pairs.response(200, page_of(schemas.ContactPairSchema))
@contact_pairs.problems(Invalid)
@require("directory.contact-pair:read")
def list_pairs(arguments: dict[str, Any]) -> Any:
    """List the contact pairs one may see: public ones, one's association's, all for staff."""
    with reading() as work:
        return queries.pairs(work.session, work.principal, day=today(work.now), **arguments)


@contact_pairs.get("/<uuid:pair_id>")
@contact_pairs.response(200, schemas.ContactPairSchema)
@contact_pairs.problems(NotFound)
@require("directory.contact-pair:read")
def get_pair(pair_id: UUID) -> Any:
    """Show one contact pair."""
    with reading() as work:
        return _shown(work, pair_id)


@contact_pairs.put("/<uuid:pair_id>")
@contact_pairs.arguments(schemas.ContactPairBodySchema)
@contact_pairs.response(200, schemas.ContactPairSchema)
@contact_pairs.alt_response(201, schema=schemas.ContactPairSchema, description="Made", success=True)
@contact_pairs.problems(Invalid, NotFound, Stale, IdTaken, WrongState)
@require("directory.contact-pair:manage")
def put_pair(body: dict[str, Any], pair_id: UUID) -> Any:
    """Link a team and an association, or change the municipality's part."""
    with unit_of_work() as work:
        _, new = commands.put_pair(work, pair_id, version=if_match(), **body)
        work.session.flush()
        return written(_shown(work, pair_id), new=new)


@contact_pairs.put("/<uuid:pair_id>/association-part")
@contact_pairs.arguments(schemas.ContactPairAnswerSchema)
@contact_pairs.response(200, schemas.ContactPairSchema)
@contact_pairs.problems(Invalid, NotFound, Stale)
@require("directory.contact-pair:answer")
def answer_pair(body: dict[str, Any], pair_id: UUID) -> Any:
    """Name the association's contact, and say whether everybody may see the pair."""
    with unit_of_work() as work:
        commands.answer_pair(work, pair_id, version=if_match(), **body)
        work.session.flush()
        return _shown(work, pair_id)


@contact_pairs.post("/<uuid:pair_id>/end")
@contact_pairs.arguments(schemas.ContactPairEndSchema)
@contact_pairs.response(200, schemas.ContactPairSchema)
@contact_pairs.problems(Invalid, NotFound)
@require("directory.contact-pair:end")
def end_pair(body: dict[str, Any], pair_id: UUID) -> Any:
    """End a contact pair, today or on a later day."""
    with unit_of_work() as work:
        commands.end_pair(work, pair_id, **body)
        work.session.flush()
        return _shown(work, pair_id)


def _shown(work: UnitOfWork, pair_id: UUID) -> Any:
    return queries.pair(work.session, work.principal, pair_id, day=today(work.now))
