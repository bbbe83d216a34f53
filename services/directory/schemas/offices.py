"""Shapes of offices: who is who."""

from marshmallow import Schema, fields

from chassis.fields import Day, Line
from chassis.web import Body, PageArguments
from contracts.values import Body as OfficeBody
from services.directory.schemas.values import WhoSchema


class OfficeBodySchema(Body):
    """An appointment."""

    person = fields.Nested(WhoSchema, required=True)
    body = fields.Enum(OfficeBody, by_value=True, required=True)
    title = Line(required=True)
    starts_on = Day(required=True)
    ends_on = Day(load_default=None, allow_none=True)


class OfficeSchema(Schema):
    """Who holds an office, from when to when."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    person_id = fields.UUID(required=True)
    person_name = fields.String(required=True)
    body = fields.Enum(OfficeBody, by_value=True, required=True)
    title = fields.String(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)


class OfficeArgumentsSchema(PageArguments):
    """Which offices."""

    body = fields.Enum(OfficeBody, by_value=True, load_default=None)
    current = fields.Boolean(load_default=None)


class OfficeEndSchema(Body):
    """The last day; today when none is given."""

    ends_on = Day(load_default=None, allow_none=True)
