"""The routes: what became of mails, and who wants news."""

from typing import Any
from uuid import UUID

from flask import request

from chassis.auth import require
from chassis.problems import Invalid, NotFound, Stale, TooMany
from chassis.web import Blueprint, if_match, page_of, reading, unit_of_work
from services.notifier import commands, queries, schemas
from services.notifier.model import (
    Delivery,
    DeliveryNotResendable,
    DeliveryNotUncertain,
    LinkNotValid,
    Preference,
)

deliveries = Blueprint(
    "deliveries",
    __name__,
    url_prefix="/api/v1/deliveries",
    description="What became of mails; never what they say",
)
preferences = Blueprint(
    "preferences",
    __name__,
    url_prefix="/api/v1/preferences",
    description="Who wants news by mail",
)
subscriptions = Blueprint(
    "subscriptions",
    __name__,
    url_prefix="/api/v1/subscriptions",
    description="Be mailed about kinds of documents and topics of news (V12)",
)
unsubscriptions = Blueprint(
    "unsubscriptions",
    __name__,
    url_prefix="/api/v1/unsubscriptions",
    description="Stop news with the link in a mail (RFC 8058)",
)


@deliveries.get("")
@deliveries.arguments(schemas.DeliveryArguments, location="query")
@deliveries.response(200, page_of(schemas.DeliverySchema))
@require("notifier.delivery:read")
def list_deliveries(arguments: dict[str, Any]) -> dict[str, Any]:
    """List deliveries, newest first: one's own and one's association's, or all."""
    with reading() as work:
        return queries.deliveries(work.session, work.principal.reach(), **arguments)


@deliveries.get("/<uuid:delivery_id>")
@deliveries.response(200, schemas.DeliverySchema)
@deliveries.problems(NotFound)
@require("notifier.delivery:read")
def get_delivery(delivery_id: UUID) -> Any:
    """Get one delivery."""
    with reading() as work:
        return queries.delivery_of(work.session, work.principal.reach(), delivery_id)


@deliveries.post("/<uuid:delivery_id>/resending")
@deliveries.response(200, schemas.DeliverySchema)
@deliveries.problems(NotFound, DeliveryNotResendable)
@require("notifier.delivery:settle")
def resend_delivery(delivery_id: UUID) -> Delivery:
    """Send a mail again that failed, or of which nobody knows whether it arrived."""
    with unit_of_work() as work:
        return commands.resend(work, delivery_id)


@deliveries.post("/<uuid:delivery_id>/confirmation")
@deliveries.response(200, schemas.DeliverySchema)
@deliveries.problems(NotFound, DeliveryNotUncertain)
@require("notifier.delivery:settle")
def confirm_delivery(delivery_id: UUID) -> Delivery:
    """Note that an uncertain mail arrived, so that it is not sent again."""
    with unit_of_work() as work:
        return commands.confirm(work, delivery_id)


@preferences.get("/<uuid:person_id>")
@preferences.response(200, schemas.PreferenceSchema)
@require("notifier.preference:write")
def get_preference(person_id: UUID) -> dict[str, Any]:
    """Get one's own wishes; everybody gets news until they say no."""
    with reading() as work:
        work.principal.permit(person=person_id)
        return queries.preference_of(work.session, person_id)


@preferences.put("/<uuid:person_id>")
@preferences.arguments(schemas.PreferenceBody)
@preferences.response(200, schemas.PreferenceSchema)
@preferences.problems(Stale)
@require("notifier.preference:write")
def put_preference(body: dict[str, Any], person_id: UUID) -> Preference:
    """Choose whether news come by mail; letters and receipts always do."""
    with unit_of_work() as work:
        work.principal.permit(person=person_id)
        return commands.choose_news(work, person_id, news=body["news"], version=if_match())


@subscriptions.post("")
@subscriptions.arguments(schemas.SubscriptionBody)
@subscriptions.response(202, schemas.SubscriptionAskedSchema)
@subscriptions.problems(Invalid, TooMany)
@require("notifier.subscription:write")
def ask(body: dict[str, Any]) -> dict[str, Any]:
    """Ask for mail about some subjects: its address is mailed whether it wants that.

    Whatever it asked for before is replaced once it says yes. The answer is the same for an address
    that is known here and for one that is not.
    """
    with unit_of_work() as work:
        client = request.headers.get("X-Client-Address") or request.remote_addr or ""
        commands.ask(work, client=client, **body)
    return {"subjects": body["subjects"]}


@subscriptions.post("/confirmation")
@subscriptions.arguments(schemas.SubscriptionSecretBody)
@subscriptions.response(200, schemas.SubscriptionAskedSchema)
@subscriptions.problems(Invalid, LinkNotValid)
@require("notifier.subscription:write")
def confirm_subscription(body: dict[str, Any]) -> dict[str, Any]:
    """Say yes with the secret of the mail; from now on news come."""
    with unit_of_work() as work:
        return {"subjects": commands.confirm_subscription(work, body["token"]).subjects}


@unsubscriptions.post("/<string:token>")
@unsubscriptions.response(200, schemas.UnsubscriptionSchema)
@unsubscriptions.problems(NotFound)
@require("notifier.unsubscription:write")
def unsubscribe(token: str) -> dict[str, bool]:
    """Stop news for whoever the link was mailed to. The body, if any, is not read (RFC 8058)."""
    with unit_of_work() as work:
        commands.unsubscribe(work, token)
    return {"news": False}


blueprints = (deliveries, preferences, subscriptions, unsubscriptions)
