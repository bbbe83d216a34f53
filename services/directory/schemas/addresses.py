"""Shapes of suggested addresses."""

from marshmallow import Schema, fields, validate

from chassis.fields import Line
from chassis.web import Body


class AddressArgumentsSchema(Body):
    """What was typed so far."""

    q = Line(required=True, validate=validate.Length(2, 200))


class SuggestedAddressSchema(Schema):
    """An address or its beginning; ``register_id`` is that of the national register (DAR)."""

    text = fields.String(required=True)
    street = fields.String(required=True)
    postcode = fields.String(required=True)
    city = fields.String(required=True)
    register_id = fields.String(required=True, allow_none=True)


class AddressSuggestionsSchema(Schema):
    """Suggestions, and whose they are: the register's, or the municipality's own places."""

    source = fields.String(required=True, validate=validate.OneOf(["register", "municipality"]))
    suggestions = fields.List(fields.Nested(SuggestedAddressSchema), required=True)
