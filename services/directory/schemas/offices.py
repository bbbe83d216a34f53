"""Shapes of offices: who is who."""

from marshmallow import Schema, fields, validate

from chassis.fields import Day, Line, Text
from chassis.web import Body, PageArguments
from contracts.values import Body as OfficeBody
from services.directory.schemas.values import WhoSchema


class OfficeBodySchema(Body):
    """An appointment. ``questions``: which go to them, for everybody to read (N26)."""

    person = fields.Nested(WhoSchema, required=True)
    body = fields.Enum(OfficeBody, by_value=True, required=True)
    title = Line(required=True)
    is_deputy = fields.Boolean(load_default=False)
    department = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 60))
    questions = Text(load_default="", max=1000)
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
    is_deputy = fields.Boolean(required=True)
    department = fields.String(required=True, allow_none=True)
    questions = fields.String(required=True)
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


class TermSchema(Schema):
    """Who holds an office, from when to when."""

    person_name = fields.String(required=True)
    title = fields.String(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)


class ContactOfficeSchema(Schema):
    """The contact person's office (V17): its own address, who holds it, who stands in.

    ``vacant_on`` is the first day nobody holds it, where that is past, today or within 30 days.
    """

    title = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    holder = fields.Nested(TermSchema, required=True, allow_none=True)
    deputy = fields.Nested(TermSchema, required=True, allow_none=True)
    vacant_on = fields.Date(required=True, allow_none=True)
    is_vacant = fields.Boolean(required=True)
