"""Shapes of an association's private papers."""

from marshmallow import Schema, fields

from chassis.fields import Day, Instant
from chassis.web import Body, PageArguments
from contracts.values import ChildProtection, OnBehalf, PaperKind
from services.directory.model import PaperStatus


class PaperArgumentsSchema(Body):
    """What kind of document a file is, and from when.

    ``dated_on``: the day the statutes were adopted, or the accounts' year ended.
    """

    kind = fields.Enum(PaperKind, by_value=True, required=True)
    dated_on = Day(required=True)


class DeclarationBodySchema(PaperArgumentsSchema):
    """What an association declares; no certificate, no account number, no free text.

    ``statement`` belongs to the children's protection alone.
    """

    statement = fields.Enum(ChildProtection, by_value=True, load_default=None, allow_none=True)


class PaperFileSchema(Schema):
    """The file of a paper; ``size`` in bytes."""

    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)


class PaperSchema(Schema):
    """One paper as it was filed; only the current one counts.

    ``filed_by`` is a name where the reader may know it. ``expires_on`` is the last day it holds.
    """

    id = fields.UUID(required=True)
    kind = fields.Enum(PaperKind, by_value=True, required=True)
    statement = fields.Enum(ChildProtection, by_value=True, required=True, allow_none=True)
    dated_on = fields.Date(required=True)
    expires_on = fields.Date(required=True, allow_none=True)
    filed_at = Instant(required=True)
    filed_by = fields.String(required=True, allow_none=True)
    on_behalf = fields.Enum(OnBehalf, by_value=True, required=True)
    is_current = fields.Boolean(required=True)
    file = fields.Nested(PaperFileSchema, required=True, allow_none=True)


class PaperStateSchema(Schema):
    """How it stands with one kind of paper; its versions, the newest first.

    ``is_needed`` is false for what takes a CVR number, where the association has none.
    """

    kind = fields.Enum(PaperKind, by_value=True, required=True)
    status = fields.Enum(PaperStatus, by_value=True, required=True)
    is_needed = fields.Boolean(required=True)
    versions = fields.List(fields.Nested(PaperSchema), required=True)


class PapersSchema(Schema):
    """How it stands with every kind of paper of an association."""

    items = fields.List(fields.Nested(PaperStateSchema), required=True)


class GapArgumentsSchema(PageArguments):
    """Which gaps: of one kind, of one state; all that are not valid unless ``status`` is given."""

    kind = fields.Enum(PaperKind, by_value=True, load_default=None)
    status = fields.Enum(PaperStatus, by_value=True, load_default=None)


class GapSchema(Schema):
    """A paper that an association has not filed, or that holds no more, or soon will not."""

    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    kind = fields.String(required=True)
    status = fields.String(required=True)
    expires_on = fields.Date(required=True, allow_none=True)


class PaperCountSchema(Schema):
    """How it stands with one kind of paper, of ``needed`` published associations."""

    kind = fields.Enum(PaperKind, by_value=True, required=True)
    needed = fields.Integer(required=True)
    valid = fields.Integer(required=True)
    expiring = fields.Integer(required=True)
    expired = fields.Integer(required=True)
    missing = fields.Integer(required=True)


class PaperFiguresSchema(Schema):
    """The same of every kind."""

    items = fields.List(fields.Nested(PaperCountSchema), required=True)
