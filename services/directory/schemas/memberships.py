"""Shapes of roles in associations."""

from marshmallow import Schema, fields

from chassis.fields import Instant
from chassis.web import Body, PageArguments
from services.directory.model import MembershipRole
from services.directory.schemas.values import WhoSchema


class MembershipBodySchema(Body):
    """A person's role in an association. ``leads``: takes part in its management."""

    association_id = fields.UUID(required=True)
    person = fields.Nested(WhoSchema, required=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(load_default=None)
    is_contact = fields.Boolean(load_default=None)


class MembershipSchema(Schema):
    """A role in an association."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    person_id = fields.UUID(required=True)
    person_name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    role = fields.Enum(MembershipRole, by_value=True, required=True)
    leads = fields.Boolean(required=True)
    is_contact = fields.Boolean(required=True)
    granted_at = Instant(required=True)


class MembershipArgumentsSchema(PageArguments):
    """Whose memberships."""

    association_id = fields.UUID(load_default=None)
    person_id = fields.UUID(load_default=None)
