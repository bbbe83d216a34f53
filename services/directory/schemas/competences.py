"""Shapes of what associations lend: speakers and expertise (N7, N8, N14)."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chassis.fields import Instant, Line, Text
from chassis.web import Body, PageArguments
from contracts.values import CompetenceKind


class CompetenceBodySchema(Body):
    """What an association lends, in its own words; ``terms``: what it takes."""

    association_id = fields.UUID(required=True)
    kind = fields.Enum(CompetenceKind, by_value=True, required=True)
    title = Line(required=True, max=120)
    description = Text(required=True, max=2000)
    topics = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        required=True,
        validate=validate.Length(1, 10),
    )
    terms = Line(load_default=None, allow_none=True, max=200)
    is_public = fields.Boolean(load_default=False)


class CompetenceSchema(Schema):
    """What an association lends, and where to ask: the association's own address."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    kind = fields.Enum(CompetenceKind, by_value=True, required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    topics = fields.List(fields.String(), required=True)
    terms = fields.String(required=True, allow_none=True)
    is_public = fields.Boolean(required=True)
    contact_email = fields.String(required=True, allow_none=True)
    offered_at = Instant(required=True)


class CompetenceArgumentsSchema(PageArguments):
    """What to look for."""

    q = fields.String(load_default="", validate=validate.Length(max=200))
    topic = fields.String(load_default=None)
    kind = fields.Enum(CompetenceKind, by_value=True, load_default=None)
    association_id = fields.UUID(load_default=None)

    @validates_schema
    def no_nul(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse what PostgreSQL cannot hold."""
        for name in ("q", "topic"):
            if "\x00" in (data.get(name) or ""):
                raise ValidationError("Contains control characters, which are not accepted.", name)
