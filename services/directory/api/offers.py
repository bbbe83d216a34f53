"""Routes of offers: an association's, and the municipality's own."""

from typing import Any
from uuid import UUID

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale
from chassis.web import Blueprint, if_match, page_of, principal, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import written
from services.directory.commands import offers as commands
from services.directory.model.problems import AssociationNotPublished, IdTaken, WrongState
from services.directory.queries import offers as queries

offers = Blueprint(
    "offers",
    __name__,
    url_prefix="/api/v1/offers",
    description="What is offered to citizens; each in its provider's own words (V2, V6)",
)
municipal_offers = Blueprint(
    "municipal-offers",
    __name__,
    url_prefix="/api/v1/municipal-offers",
    description="Writing what the municipality itself offers; it is read as every offer is (V6)",
)


@offers.get("")
@offers.arguments(schemas.OfferArgumentsSchema, location="query")
@offers.response(200, page_of(schemas.OfferSchema))
@offers.problems(Invalid)
@require("directory.offer:read")
def list_offers(arguments: dict[str, Any]) -> Any:
    """List offers by title; drafts and withdrawn ones to those who keep them."""
    with reading() as work:
        return queries.offers(work.session, principal(), **arguments)


@offers.get("/<uuid:offer_id>")
@offers.response(200, schemas.OfferSchema)
@offers.problems(NotFound)
@require("directory.offer:read")
def get_offer(offer_id: UUID) -> Any:
    """Show an offer."""
    with reading() as work:
        return queries.offer(work.session, principal(), offer_id)


@offers.put("/<uuid:offer_id>")
@offers.arguments(schemas.OfferBodySchema)
@offers.response(200, schemas.OfferSchema)
@offers.alt_response(201, schema=schemas.OfferSchema, description="Drafted", success=True)
@offers.problems(Invalid, NotFound, Stale, IdTaken)
@require("directory.offer:write")
def put_offer(body: dict[str, Any], offer_id: UUID) -> Any:
    """Write an association's offer. Its id is made by the client; a new one is a draft."""
    with unit_of_work() as work:
        _, new = commands.put_offer(work, offer_id, version=if_match(), **body)
        work.session.flush()
        return written(queries.offer(work.session, principal(), offer_id), new=new)


@offers.delete("/<uuid:offer_id>")
@offers.response(204)
@offers.problems(NotFound, Stale, WrongState)
@require("directory.offer:write")
def delete_offer(offer_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        commands.delete_offer(work, offer_id, municipal=False, version=if_match())


@offers.post("/<uuid:offer_id>/publication")
@offers.response(200, schemas.OfferSchema)
@offers.problems(NotFound, Stale, AssociationNotPublished)
@require("directory.offer:write")
def publish_offer(offer_id: UUID) -> Any:
    """Let everybody find an offer."""
    return _publish(offer_id, municipal=False)


@offers.post("/<uuid:offer_id>/capacity")
@offers.arguments(schemas.CapacityBodySchema)
@offers.response(200, schemas.OfferSchema)
@offers.problems(Invalid, NotFound)
@require("directory.offer:write")
def say_capacity(body: dict[str, Any], offer_id: UUID) -> Any:
    """Say whether an offer takes new users now, also where that is as it was."""
    return _say_capacity(offer_id, municipal=False, **body)


@offers.post("/<uuid:offer_id>/withdrawal")
@offers.response(200, schemas.OfferSchema)
@offers.problems(NotFound, Stale, WrongState)
@require("directory.offer:write")
def withdraw_offer(offer_id: UUID) -> Any:
    """Take an offer out of what can be found; it can be published again."""
    return _withdraw(offer_id, municipal=False)


@municipal_offers.put("/<uuid:offer_id>")
@municipal_offers.arguments(schemas.MunicipalOfferBodySchema)
@municipal_offers.response(200, schemas.OfferSchema)
@municipal_offers.alt_response(201, schema=schemas.OfferSchema, description="Drafted", success=True)
@municipal_offers.problems(Invalid, NotFound, Stale, IdTaken)
@require("directory.municipal-offer:write")
def put_municipal_offer(body: dict[str, Any], offer_id: UUID) -> Any:
    """Write what a department offers. Its id is made by the client; a new one is a draft."""
    with unit_of_work() as work:
        _, new = commands.put_municipal_offer(work, offer_id, version=if_match(), **body)
        work.session.flush()
        return written(queries.offer(work.session, principal(), offer_id), new=new)


@municipal_offers.delete("/<uuid:offer_id>")
@municipal_offers.response(204)
@municipal_offers.problems(NotFound, Stale, WrongState)
@require("directory.municipal-offer:write")
def delete_municipal_offer(offer_id: UUID) -> None:
    """Delete a draft."""
    with unit_of_work() as work:
        commands.delete_offer(work, offer_id, municipal=True, version=if_match())


@municipal_offers.post("/<uuid:offer_id>/publication")
@municipal_offers.response(200, schemas.OfferSchema)
@municipal_offers.problems(NotFound, Stale)
@require("directory.municipal-offer:write")
def publish_municipal_offer(offer_id: UUID) -> Any:
    """Let everybody find what the municipality offers."""
    return _publish(offer_id, municipal=True)


@municipal_offers.post("/<uuid:offer_id>/capacity")
@municipal_offers.arguments(schemas.CapacityBodySchema)
@municipal_offers.response(200, schemas.OfferSchema)
@municipal_offers.problems(Invalid, NotFound)
@require("directory.municipal-offer:write")
def say_municipal_capacity(body: dict[str, Any], offer_id: UUID) -> Any:
    """Say whether what the municipality offers takes new users now."""
    return _say_capacity(offer_id, municipal=True, **body)


@municipal_offers.post("/<uuid:offer_id>/withdrawal")
@municipal_offers.response(200, schemas.OfferSchema)
@municipal_offers.problems(NotFound, Stale, WrongState)
@require("directory.municipal-offer:write")
def withdraw_municipal_offer(offer_id: UUID) -> Any:
    """Take what the municipality offered out of what can be found."""
    return _withdraw(offer_id, municipal=True)


def _publish(offer_id: UUID, *, municipal: bool) -> Any:
    with unit_of_work() as work:
        commands.publish_offer(work, offer_id, municipal=municipal, version=if_match())
        work.session.flush()
        return queries.offer(work.session, principal(), offer_id)


def _say_capacity(offer_id: UUID, *, municipal: bool, takes_new_users: bool) -> Any:
    with unit_of_work() as work:
        commands.say_capacity(work, offer_id, municipal=municipal, takes_new_users=takes_new_users)
        work.session.flush()
        return queries.offer(work.session, principal(), offer_id)


def _withdraw(offer_id: UUID, *, municipal: bool) -> Any:
    with unit_of_work() as work:
        commands.withdraw_offer(work, offer_id, municipal=municipal, version=if_match())
        work.session.flush()
        return queries.offer(work.session, principal(), offer_id)
