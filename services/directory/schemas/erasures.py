"""Shapes of erasures."""

from marshmallow import Schema, fields, validate

from chassis.fields import Line
from chassis.web import Body
from contracts.values import KeptForm, KeptKind, KeptRule
from services.directory.model import AskedBy


class ReceiptSchema(Schema):
    """What somebody who was erased is given: a secret, null where they were erased before."""

    person_id = fields.UUID(required=True)
    receipt = fields.String(required=True, allow_none=True)


class ReceiptBodySchema(Body):
    """The secret of a receipt. A POST, so that it is in no address and in no log."""

    receipt = Line(required=True, validate=validate.Length(1, 200))


class KeptSchema(Schema):
    """What is kept: how much of what, under which rule, until which day (null: with its case)."""

    what = fields.Enum(KeptKind, by_value=True, required=True)
    form = fields.Enum(KeptForm, by_value=True, required=True)
    rule = fields.Enum(KeptRule, by_value=True, required=True)
    count = fields.Integer(required=True)
    until = fields.Date(required=True, allow_none=True)


class ErasureAnswerSchema(Schema):
    """What one service said; ``answered_at`` is null while it has not."""

    service = fields.String(required=True)
    answered_at = fields.DateTime(required=True, allow_none=True)
    kept = fields.List(fields.Nested(KeptSchema), required=True)


class ErasureSchema(Schema):
    """An erasure: who asked for it, and what each service answered."""

    person_id = fields.UUID(required=True)
    asked_at = fields.DateTime(required=True)
    asked_by = fields.Enum(AskedBy, by_value=True, required=True)
    is_complete = fields.Boolean(required=True)
    answers = fields.List(fields.Nested(ErasureAnswerSchema), required=True)
