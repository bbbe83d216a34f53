"""The shapes of requests and answers. What a mail says is in none of them."""

from marshmallow import Schema, fields, validate

from chassis.fields import Email, Instant
from chassis.web import Body, PageArguments
from services.notifier.commands.wording import LANGUAGES
from services.notifier.model import SUBJECTS, TEMPLATES, DeliveryStatus


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


class SubscriptionBody(Body):
    """Which subjects an address wants to be mailed about, and in which language."""

    email = Email(required=True)
    language = fields.String(load_default="da", validate=validate.OneOf(LANGUAGES))
    subjects = fields.List(
        fields.String(validate=validate.OneOf(SUBJECTS)),
        required=True,
        validate=validate.Length(1, len(SUBJECTS)),
    )


class SubscriptionSecretBody(Body):
    """The secret of the mail that asked."""

    token = fields.String(required=True, validate=validate.Length(1, 200))


class SubscriptionAskedSchema(Schema):
    """What was asked for, or what will come from now on."""

    subjects = fields.List(fields.String(), required=True)
