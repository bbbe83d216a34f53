"""Shapes of what is taken along: which part of the vejviser, and pages of HSDS objects."""

from marshmallow import Schema, fields, validate

from chassis.fields import Instant, Line
from chassis.web import Body
from services.directory.schemas.associations import AssociationSchema
from services.directory.schemas.competences import CompetenceSchema
from services.directory.schemas.contact_pairs import ContactPairSchema
from services.directory.schemas.invitations import InvitationSchema
from services.directory.schemas.memberships import MembershipSchema
from services.directory.schemas.offers import NoteSchema, OfferSchema
from services.directory.schemas.papers import PaperStateSchema


class PartSchema(Body):
    """Which part of the vejviser: for a target group, in an area, or all of it."""

    target_group = Line(load_default=None, max=60)
    area = Line(load_default=None, max=60)


class BookletArgumentsSchema(PartSchema):
    """Which part, and whether in large print."""

    large_print = fields.Boolean(load_default=False)


class HsdsArgumentsSchema(Body):
    """Which page. ``full`` and ``format`` are the standard's; objects are always whole, in JSON."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
    per_page = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    search = Line(load_default="", max=200)
    full = fields.Boolean(load_default=None)
    full_service = fields.Boolean(load_default=None)
    format = fields.String(load_default="json", validate=validate.OneOf(["json"]))


class HsdsServiceArgumentsSchema(HsdsArgumentsSchema):
    """Which services."""

    organization_id = fields.UUID(load_default=None)
    taxonomy_term_id = fields.UUID(load_default=None)
    modified_after = Instant(load_default=None)
    minimal = fields.Boolean(load_default=False)


class HsdsTermArgumentsSchema(HsdsArgumentsSchema):
    """Which words."""

    taxonomy_id = fields.UUID(load_default=None)


class HsdsPageSchema(Schema):
    """A page of HSDS objects, as the standard has it."""

    total_items = fields.Integer(required=True)
    total_pages = fields.Integer(required=True)
    page_number = fields.Integer(required=True)
    size = fields.Integer(required=True)
    first_page = fields.Boolean(required=True)
    last_page = fields.Boolean(required=True)
    empty = fields.Boolean(required=True)
    contents = fields.List(fields.Dict(), required=True)


class HsdsAboutSchema(Schema):
    """What this API is of HSDS; with what one may do with the data, and when they were read."""

    version = fields.String(required=True)
    profile = fields.String(required=True)
    openapi_url = fields.String(required=True)
    publisher = fields.String(required=True)
    licence = fields.String(required=True)
    licence_url = fields.String(required=True)
    attribution = fields.String(required=True)
    read_at = Instant(required=True)


class AssociationExportSchema(Schema):
    """All that the directory keeps of one association."""

    taken_at = Instant(required=True)
    association = fields.Nested(AssociationSchema, required=True)
    memberships = fields.List(fields.Nested(MembershipSchema), required=True)
    offers = fields.List(fields.Nested(OfferSchema), required=True)
    papers = fields.List(fields.Nested(PaperStateSchema), required=True)
    invitations = fields.List(fields.Nested(InvitationSchema), required=True)
    competences = fields.List(fields.Nested(CompetenceSchema), required=True)
    contact_pairs = fields.List(fields.Nested(ContactPairSchema), required=True)
    municipal_note = fields.Nested(NoteSchema, required=True, allow_none=True)
