"""Routes of erasures: what came of them, for the coordinator and by a receipt."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound
from chassis.web import Blueprint, PageArguments, page_of, reading
from services.directory import schemas
from services.directory.queries import erasures as queries

erasures = Blueprint(
    "erasures",
    __name__,
    url_prefix="/api/v1/erasures",
    description="Who asked to be forgotten, what every service answered, what is kept and why",
)
receipts = Blueprint(
    "erasure-receipts",
    __name__,
    url_prefix="/api/v1/erasure-receipts",
    description="What came of one's own erasure, without signing in",
)


@erasures.get("")
@erasures.arguments(PageArguments, location="query")
@erasures.response(200, page_of(schemas.ErasureSchema))
@erasures.problems(Invalid)
@require("directory.erasure:read")
def list_erasures(arguments: dict[str, Any]) -> Any:
    """List erasures, the newest first; nothing says who it was."""
    with reading() as work:
        return queries.erasures(work.session, **arguments)


@erasures.get("/<uuid:person_id>")
@erasures.response(200, schemas.ErasureSchema)
@erasures.problems(NotFound)
@require("directory.erasure:read")
def get_erasure(person_id: UUID) -> Any:
    """Show one erasure."""
    with reading() as work:
        return queries.erasure(work.session, person_id)


@receipts.post("/opening")
@receipts.arguments(schemas.ReceiptBodySchema)
@receipts.response(200, schemas.ErasureSchema)
@receipts.problems(Invalid, NotFound)
@require("directory.erasure-receipt:read")
def open_receipt(body: dict[str, Any]) -> Any:
    """Show the erasure a receipt is for. Changes nothing."""
    with reading() as work:
        return queries.by_receipt(work.session, body["receipt"])
