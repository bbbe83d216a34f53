"""The shapes of requests and answers. What a mail says is in none of them."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import Instant
from chassis.web import Body, PageArguments
from services.notifier.model import TEMPLATES, DeliveryStatus


class AboutSchema(Schema):
    """What a mail is about: the kind and id of a thing, as the portal's addresses name it."""

    kind = fields.String(required=True)
    id = fields.UUID(required=True)


class DeliverySchema(Schema):
    """What became of one mail to one person."""

    id = fields.UUID(required=True, metadata={"description": "Also the mail's Message-ID"})
    version = fields.Integer(required=True)
    template = fields.String(required=True)
    person_id = fields.UUID(required=True)
    association_ids = fields.List(
        fields.UUID(),
        required=True,
        metadata={"description": "The associations it is for, as far as the reader may know"},
    )
    association_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "The first of these"}
    )
    status = fields.String(
        required=True, validate=validate.OneOf([status.value for status in DeliveryStatus])
    )
    attempts = fields.Integer(required=True)
    created_at = Instant(required=True)
    sent_at = Instant(required=True, allow_none=True)
    uncertain_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When it became unknown whether the server had taken it"},
    )
    error = fields.String(required=True, allow_none=True)
    about = fields.Nested(AboutSchema, required=True)
    event_id = fields.UUID(required=True, metadata={"description": "The event that led to it"})


class DeliveryArguments(PageArguments):
    """Filters of the list of deliveries."""

    status = fields.String(
        load_default=None, validate=validate.OneOf([status.value for status in DeliveryStatus])
    )
    template = fields.String(load_default=None, validate=validate.OneOf(sorted(TEMPLATES)))
    association_id = fields.UUID(load_default=None)


class PreferenceSchema(Schema):
    """Which mail a person wants beyond letters and receipts."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    person_id = fields.UUID(required=True)
    news = fields.Boolean(required=True)


class PreferenceBody(Body):
    """What a person chooses."""

    news = fields.Boolean(required=True, truthy={True}, falsy={False})


class UnsubscriptionSchema(Schema):
    """What holds after an unsubscription. It says nothing of whose it was."""

    news = fields.Boolean(required=True)


def unsubscription(preference: Any) -> dict[str, bool]:
    """Return the answer to an unsubscription."""
    return {"news": preference.news}
