"""Shapes of offers, and of the municipality's note on an association."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from chassis.fields import Day, Email, Instant, Line, Ore, Text
from chassis.web import Body, PageArguments
from services.directory.model import MOST_TIMES, PublicationStatus
from services.directory.schemas.values import POSTCODE

MAX_PRICE_ORE = 10_000_000
CLOCK = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d\Z", error="Give a time on a clock: 19:30.")
LANGUAGE = validate.Regexp(
    r"^[a-z]{2,3}\Z", error="Give the code of a language (ISO 639): da, en, ar."
)


def _words(most: int, **kwargs: Any) -> Any:
    return fields.List(
        fields.String(validate=validate.Length(1, 60)),
        validate=validate.Length(kwargs.pop("least", 0), most),
        **kwargs,
    )


class OfferTimeBodySchema(Body):
    """When it takes place, again and again. Where ``ends`` is not later, it ends the day after."""

    rrule = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "RFC 5545, e.g. FREQ=WEEKLY;BYDAY=TU or FREQ=MONTHLY;BYDAY=1WE"},
    )
    starts_on = Day(required=True)
    starts = fields.String(required=True, validate=CLOCK)
    ends = fields.String(required=True, validate=CLOCK)


class OfferDescriptionSchema(Body):
    """What is offered, in the provider's own words."""

    title = Line(required=True, min=2, max=120)
    description = Text(required=True, max=4000)
    target_groups = _words(20, required=True, least=1)
    topics = _words(10, required=True, least=1)
    area = fields.String(required=True, validate=validate.Length(1, 60))
    place = Line(
        load_default=None, allow_none=True, metadata={"description": "The address, as text"}
    )
    postcode = fields.String(load_default=None, allow_none=True, validate=POSTCODE)
    latitude = fields.Float(load_default=None, allow_none=True, validate=validate.Range(54, 58))
    longitude = fields.Float(load_default=None, allow_none=True, validate=validate.Range(7, 16))
    times = fields.List(
        fields.Nested(OfferTimeBodySchema),
        load_default=list,
        validate=validate.Length(max=MOST_TIMES),
    )
    contact_title = Line(
        load_default=None,
        allow_none=True,
        max=120,
        metadata={"description": "A role, not a person: who is asked, as everybody may read it"},
    )
    contact_email = Email(load_default=None, allow_none=True)
    contact_phone = Line(load_default=None, allow_none=True, max=30)
    languages = fields.List(
        fields.String(validate=LANGUAGE),
        load_default=lambda: ["da"],
        validate=validate.Length(1, 20),
    )
    price_ore = Ore(
        load_default=None,
        allow_none=True,
        max=MAX_PRICE_ORE,
        metadata={"description": "0 is free; null where price_text tells"},
    )
    price_text = Line(load_default=None, allow_none=True)
    wheelchair = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={"description": "Whether one gets in and around in a wheelchair; null: not told"},
    )
    takes_new_users = fields.Boolean(load_default=True)
    needs_volunteers = fields.Boolean(load_default=False)

    @validates_schema(skip_on_field_errors=True)
    def whole_position(self, data: dict[str, Any], **_: Any) -> None:
        """Take both coordinates or none."""
        if (data["latitude"] is None) != (data["longitude"] is None):
            missing = "latitude" if data["latitude"] is None else "longitude"
            raise ValidationError("Give both coordinates or none.", missing)

    @post_load
    def tidied(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Name each word once, in the order given; take nothing for none."""
        for name in ("target_groups", "topics", "languages"):
            data[name] = list(dict.fromkeys(data[name]))
        for name in ("place", "contact_title", "contact_email", "contact_phone", "price_text"):
            data[name] = data[name] or None
        return data


class OfferBodySchema(OfferDescriptionSchema):
    """What an association offers."""

    association_id = fields.UUID(required=True)


class MunicipalOfferBodySchema(OfferDescriptionSchema):
    """What the municipality itself offers, in the name of one of its departments."""

    department = fields.String(required=True, validate=validate.Length(1, 60))


class CapacityBodySchema(Body):
    """Whether an offer takes new users now."""

    takes_new_users = fields.Boolean(required=True)


class OfferTimeSchema(Schema):
    """When it takes place."""

    rrule = fields.String(required=True)
    starts_on = fields.String(required=True, metadata={"format": "date"})
    starts = fields.String(required=True)
    ends = fields.String(required=True)


class OfferSchema(Schema):
    """An offer; one of ``association_id`` and ``department`` says whose."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    association_id = fields.UUID(required=True, allow_none=True)
    association_name = fields.String(required=True, allow_none=True)
    department = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    target_groups = fields.List(fields.String(), required=True)
    topics = fields.List(fields.String(), required=True)
    area = fields.String(required=True)
    place = fields.String(required=True, allow_none=True)
    postcode = fields.String(required=True, allow_none=True)
    latitude = fields.Float(required=True, allow_none=True)
    longitude = fields.Float(required=True, allow_none=True)
    times = fields.List(fields.Nested(OfferTimeSchema), required=True)
    contact_title = fields.String(required=True, allow_none=True)
    contact_email = fields.String(required=True, allow_none=True)
    contact_phone = fields.String(required=True, allow_none=True)
    languages = fields.List(fields.String(), required=True)
    price_ore = fields.Integer(required=True, allow_none=True)
    price_text = fields.String(required=True, allow_none=True)
    wheelchair = fields.Boolean(required=True, allow_none=True)
    takes_new_users = fields.Boolean(required=True)
    capacity_said_at = Instant(
        required=True,
        metadata={
            "description": "When somebody last said whether it takes new users; to confirm the"
            " association's record says it too"
        },
    )
    needs_volunteers = fields.Boolean(required=True)
    status = fields.Enum(PublicationStatus, by_value=True, required=True)
    created_at = Instant(required=True)
    changed_at = Instant(required=True)
    published_at = Instant(required=True, allow_none=True)
    withdrawn_at = Instant(required=True, allow_none=True)


class OfferArgumentsSchema(PageArguments):
    """Whose offers, and where they stand."""

    association_id = fields.UUID(load_default=None)
    department = Line(load_default=None, max=60)
    status = fields.Enum(PublicationStatus, by_value=True, load_default=PublicationStatus.PUBLISHED)


class NoteBodySchema(Body):
    """The municipality's note; an empty one takes it away."""

    text = Text(load_default="", max=2000)


class NoteSchema(Schema):
    """What the municipality adds about an association, for everybody to read."""

    association_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    text = fields.String(required=True)
    written_at = Instant(required=True)
