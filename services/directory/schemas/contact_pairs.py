"""Shapes of contact pairs: a team and an association with a named contact each (N12)."""

from marshmallow import Schema, fields, validate

from chassis.fields import Day, Line
from chassis.web import Body, PageArguments
from services.directory.schemas.values import WhoSchema


class ContactPairBodySchema(Body):
    """The municipality's part: which team, who is its contact, whether everybody may see it."""

    association_id = fields.UUID(required=True)
    department = fields.String(required=True, validate=validate.Length(1, 60))
    team = Line(required=True, max=120)
    person = fields.Nested(WhoSchema, required=True)
    starts_on = Day(required=True)
    is_shown = fields.Boolean(load_default=False)


class ContactPairAnswerSchema(Body):
    """The association's part: which of its people, and whether everybody may see it."""

    person_id = fields.UUID(required=True, allow_none=True)
    is_shown = fields.Boolean(load_default=False)


class ContactPairEndSchema(Body):
    """The last day; today when none is given."""

    ends_on = Day(load_default=None, allow_none=True)


class ContactPairSchema(Schema):
    """A contact pair. A name is null where nobody is named, or whoever was has left.

    Ids of people are for those on one of the two sides; ``staff_person_id`` for staff.
    """

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    department = fields.String(required=True)
    team = fields.String(required=True)
    staff_person_id = fields.UUID(required=True, allow_none=True)
    staff_name = fields.String(required=True, allow_none=True)
    association_person_id = fields.UUID(required=True, allow_none=True)
    association_contact_name = fields.String(required=True, allow_none=True)
    shown_by_municipality = fields.Boolean(required=True)
    shown_by_association = fields.Boolean(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)


class ContactPairArgumentsSchema(PageArguments):
    """Whose contact pairs."""

    association_id = fields.UUID(load_default=None)
    department = Line(load_default=None)
