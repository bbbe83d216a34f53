"""Shapes of people, and of oneself."""

from marshmallow import Schema, fields

from chassis.fields import Email, Line
from chassis.web import Body, PageArguments
from services.directory.model import AssociationStatus, MembershipRole
from services.directory.schemas.offices import OfficeSchema
from services.directory.schemas.values import language


class PersonSchema(Schema):
    """A person's contact details."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)


class PersonArgumentsSchema(PageArguments):
    """Part of a name or address."""

    q = Line(load_default="")


class PersonChangeSchema(Body):
    """What changes."""

    name = Line(min=1)
    email = Email(min=1)
    language = language()


class MyAssociationSchema(Schema):
    """An association I have a role in."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(required=True)
    status = fields.Enum(AssociationStatus, by_value=True, required=True)


class MeSchema(Schema):
    """Oneself: roles, associations, offices."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    associations = fields.List(fields.Nested(MyAssociationSchema), required=True)
    offices = fields.List(fields.Nested(OfficeSchema), required=True)
