"""Shapes of the yearly question's links, of the history, the calls, and the centre's agreement."""

from marshmallow import Schema, fields, validate

from chassis.fields import Day, Instant, Text
from chassis.web import Body, PageArguments
from contracts.values import OnBehalf, StaleReason
from services.directory.model import CallOutcome, ChangeKind
from services.directory.schemas.associations import AssociationSchema, DescriptionSchema


def _token() -> fields.String:
    return fields.String(required=True, validate=validate.Length(1, 200))


class LinkTokenSchema(Body):
    """The secret of the yearly mail."""

    token = _token()


class LinkDescriptionSchema(DescriptionSchema):
    """The secret of the yearly mail, and the public description as it should be."""

    class Meta(Body.Meta):
        """Without what says who the association is."""

        exclude = ("name", "cvr", "form")

    token = _token()


class LinkSchema(Schema):
    """What a secret is for: the public record, and until when its buttons work."""

    association = fields.Nested(AssociationSchema, required=True)
    expires_at = Instant(required=True)
    used_at = Instant(required=True, allow_none=True)


class DelegationSchema(Body):
    """Whether the volunteer centre may keep the record."""

    centre_may_edit = fields.Boolean(required=True)


class MergeSchema(Body):
    """The association that goes on, and why."""

    into_id = fields.UUID(required=True)
    reason = Text(required=True, max=2000)


class DifferenceSchema(Schema):
    """One field, before and after."""

    field = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class ChangeSchema(Schema):
    """One thing that was done to a record. ``actor`` is a name where the reader may know it."""

    id = fields.UUID(required=True)
    at = Instant(required=True)
    kind = fields.Enum(ChangeKind, by_value=True, required=True)
    on_behalf = fields.Enum(OnBehalf, by_value=True, required=True)
    by_link = fields.Boolean(required=True)
    actor = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    differences = fields.List(fields.Nested(DifferenceSchema), required=True)


class DuplicateSchema(Schema):
    """Another association that may be the same, and what they have in common.

    ``similarity`` of the names is from 0 to 100.
    """

    association = fields.Nested(AssociationSchema, required=True)
    reasons = fields.List(fields.String(), required=True)
    similarity = fields.Integer(required=True)


class DuplicatesSchema(Schema):
    """Every association that may be the same, the likeliest first."""

    items = fields.List(fields.Nested(DuplicateSchema), required=True)


class CallBodySchema(Body):
    """What came of a phone call."""

    association_id = fields.UUID(required=True)
    outcome = fields.Enum(CallOutcome, by_value=True, required=True)
    note = Text(load_default="", max=2000)


class CallSchema(Schema):
    """A phone call to an association."""

    id = fields.UUID(required=True)
    association_id = fields.UUID(required=True)
    outcome = fields.Enum(CallOutcome, by_value=True, required=True)
    on_behalf = fields.Enum(OnBehalf, by_value=True, required=True)
    note = fields.String(required=True)
    at = Instant(required=True)


class CallArgumentsSchema(PageArguments):
    """Which association's calls."""

    association_id = fields.UUID(load_default=None)


class CallListEntrySchema(Schema):
    """An association to phone, with what is needed for it, and the last call's outcome."""

    association_id = fields.UUID(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    public_email = fields.String(required=True, allow_none=True)
    contact_name = fields.String(required=True, allow_none=True)
    contact_email = fields.String(required=True, allow_none=True)
    confirmed_at = Instant(required=True, allow_none=True)
    stale_at = Instant(required=True)
    stale_reason = fields.Enum(StaleReason, by_value=True, required=True)
    centre_may_edit = fields.Boolean(required=True)
    call_count = fields.Integer(required=True)
    last_call_at = Instant(required=True, allow_none=True)
    last_outcome = fields.Enum(CallOutcome, by_value=True, required=True, allow_none=True)


class AgreementBodySchema(Body):
    """What is agreed with the centre; ``freshness_target`` in per cent."""

    starts_on = Day(required=True)
    ends_on = Day(load_default=None, allow_none=True)
    freshness_target = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=0, max=100)
    )


class AgreementSchema(Schema):
    """An agreement with the centre."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)
    freshness_target = fields.Integer(required=True)


class FreshnessCountSchema(Schema):
    """How many records there are of each age, of ``total``."""

    total = fields.Integer(required=True)
    fresh = fields.Integer(required=True)
    ageing = fields.Integer(required=True)
    unconfirmed = fields.Integer(required=True)


class AreaFiguresSchema(FreshnessCountSchema):
    """The same of one area."""

    area = fields.String(required=True)


class FilledSchema(Schema):
    """How many records have a field filled in."""

    field = fields.String(required=True)
    filled = fields.Integer(required=True)


class FiguresSchema(FreshnessCountSchema):
    """How complete and how fresh the vejviser is, and what was agreed (V21, N29).

    ``fresh_percent`` is rounded down, and compared with ``freshness_target`` as it is.
    ``complete_percent`` is the share of all ``completeness`` fields that are filled in.
    """

    fresh_percent = fields.Integer(required=True)
    freshness_target = fields.Integer(required=True, allow_none=True)
    complete_percent = fields.Integer(required=True)
    completeness = fields.List(fields.Nested(FilledSchema), required=True)
    areas = fields.List(fields.Nested(AreaFiguresSchema), required=True)
    on_call_list = fields.Integer(required=True)
    kept_by_themselves = fields.Integer(
        required=True, metadata={"description": "Associations that the centre may not edit"}
    )
