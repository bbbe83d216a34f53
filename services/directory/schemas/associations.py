"""Shapes of associations, and of searching them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from chassis.fields import Email, Instant, Line, Text, Url
from chassis.web import Body, PageArguments
from contracts.values import OnBehalf, StaleReason
from services.directory.model import AssociationForm, AssociationStatus, Freshness
from services.directory.schemas.values import Cvr, WhoSchema, language


class DescriptionSchema(Body):
    """What an association says of itself."""

    name = Line(required=True, min=2)
    cvr = Cvr(required=True, allow_none=True)
    form = fields.Enum(AssociationForm, by_value=True, load_default=AssociationForm.ASSOCIATION)
    purpose = Text(required=True, max=4000)
    target_groups = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        required=True,
        validate=validate.Length(1, 20),
    )
    area = fields.String(required=True, validate=validate.Length(1, 60))
    website = Url(load_default=None, allow_none=True)
    phone = Line(load_default=None, allow_none=True, max=30)
    public_email = Email(load_default=None, allow_none=True)
    volunteers_wanted = fields.Boolean(load_default=False)

    @post_load
    def unique_words(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Name each target group once, in the order given."""
        if "target_groups" in body:
            body["target_groups"] = list(dict.fromkeys(body["target_groups"]))
        for name in ("phone", "public_email"):
            if name in body:
                body[name] = body[name] or None
        return body


class RegistrationSchema(DescriptionSchema):
    """A new association and the person who answers for it."""

    contact = fields.Nested(WhoSchema, required=True)
    language = language(load_default="da")


class ContactSchema(Schema):
    """The person who answers for an association."""

    person_id = fields.UUID(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)


class AssociationSchema(Schema):
    """An association. ``contact`` is there for those who may see it.

    ``confirmed_at`` and ``confirmed_by`` say when somebody last said that all of it is right, and
    in which role; ``freshness`` follows from its age. From ``rejection_reason`` on it is null for
    all but the association's own people and those who keep the vejviser.
    """

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    cvr = fields.String(required=True, allow_none=True)
    form = fields.Enum(AssociationForm, by_value=True, required=True)
    purpose = fields.String(required=True)
    target_groups = fields.List(fields.String(), required=True)
    area = fields.String(required=True)
    website = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    public_email = fields.String(required=True, allow_none=True)
    volunteers_wanted = fields.Boolean(required=True)
    status = fields.Enum(AssociationStatus, by_value=True, required=True)
    registered_at = Instant(required=True)
    published_at = Instant(required=True, allow_none=True)
    confirmed_at = Instant(required=True, allow_none=True)
    confirmed_by = fields.Enum(OnBehalf, by_value=True, required=True, allow_none=True)
    freshness = fields.Enum(Freshness, by_value=True, required=True)
    rejection_reason = fields.String(allow_none=True)
    contact_bounced_at = Instant(allow_none=True)
    asked_at = Instant(allow_none=True)
    stale_at = Instant(allow_none=True)
    stale_reason = fields.Enum(StaleReason, by_value=True, allow_none=True)
    centre_may_edit = fields.Boolean(allow_none=True)
    merged_into_id = fields.UUID(allow_none=True)
    contact = fields.Nested(ContactSchema)


class AssociationArgumentsSchema(PageArguments):
    """What to look for in the vejviser."""

    q = fields.String(load_default="", validate=validate.Length(max=200))
    target_group = fields.String(load_default=None)
    area = fields.String(load_default=None)
    volunteers_wanted = fields.Boolean(load_default=None)
    status = fields.Enum(AssociationStatus, by_value=True, load_default=AssociationStatus.PUBLISHED)

    @validates_schema
    def no_nul(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse what PostgreSQL cannot hold."""
        for name in ("q", "target_group", "area"):
            if "\x00" in (data.get(name) or ""):
                raise ValidationError("Contains control characters, which are not accepted.", name)


class FacetsSchema(Schema):
    """How many matches each choice would leave."""

    target_groups = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    areas = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class AssociationPageSchema(Schema):
    """A page of the vejviser.

    ``ranked`` says whether every match was ranked, or a sample of many.
    """

    items = fields.List(fields.Nested(AssociationSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    facets = fields.Nested(FacetsSchema, required=True)
    did_you_mean = fields.String(required=True, allow_none=True)
    ranked = fields.String(required=True, validate=validate.OneOf(["exact", "sample"]))
