"""Shapes of funding opportunities."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from chassis.fields import Day, Instant, Line, Ore, Text, Url
from chassis.web import Body, PageArguments
from contracts.values import FundingProvider
from services.directory.model import AssociationForm, DeadlineKind, PublicationStatus
from services.directory.model.funding import MOST_DEADLINES, MOST_QUESTIONS

FORMS = tuple(form.value for form in AssociationForm)


class QuestionBodySchema(Body):
    """A question that decides whether one can apply: answered yes or no."""

    question = Line(required=True, max=200)
    needed = fields.Boolean(
        required=True, metadata={"description": "Whether the answer must be yes"}
    )
    reason = Line(
        required=True,
        max=300,
        metadata={"description": "What those are told who answer otherwise"},
    )


class FundingBodySchema(Body):
    """A pool of the state, a foundation or somebody else."""

    provider_kind = fields.Enum(FundingProvider, by_value=True, required=True)
    provider = Line(required=True, max=120)
    title = Line(required=True, min=2, max=160)
    summary = Text(required=True, max=2000)
    applicants = fields.List(
        fields.String(validate=validate.OneOf(FORMS)), required=True, validate=validate.Length(1, 4)
    )
    target_groups = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "None: for everybody"},
    )
    amount_min_ore = Ore(load_default=None, allow_none=True)
    amount_max_ore = Ore(load_default=None, allow_none=True)
    deadline_kind = fields.Enum(DeadlineKind, by_value=True, required=True)
    deadlines = fields.List(
        Day(),
        load_default=list,
        validate=validate.Length(max=MOST_DEADLINES),
        metadata={"description": "Days; of a yearly deadline month and day count"},
    )
    link = Url(required=True)
    questions = fields.List(
        fields.Nested(QuestionBodySchema),
        load_default=list,
        validate=validate.Length(max=MOST_QUESTIONS),
    )

    @validates_schema(skip_on_field_errors=True)
    def in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """See that there are deadlines where there must be, and the amounts are in order."""
        rolling = data["deadline_kind"] is DeadlineKind.ROLLING
        if rolling and data["deadlines"]:
            raise ValidationError("One can apply at any time: give no deadline.", "deadlines")
        if not rolling and not data["deadlines"]:
            raise ValidationError("Give a deadline.", "deadlines")
        least, most = data["amount_min_ore"], data["amount_max_ore"]
        if least is not None and most is not None and least > most:
            raise ValidationError("Must not be less than the smallest amount.", "amount_max_ore")

    @post_load
    def tidied(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Name each once; deadlines in their order."""
        for name in ("applicants", "target_groups"):
            data[name] = list(dict.fromkeys(data[name]))
        data["deadlines"] = sorted(set(data["deadlines"]))
        return data


class QuestionSchema(Schema):
    """A question that decides whether one can apply."""

    question = fields.String(required=True)
    needed = fields.Boolean(required=True)
    reason = fields.String(required=True)


class FundingSchema(Schema):
    """A funding opportunity; where ``source`` is "round", a round of the municipality's own.

    ``next_deadline`` is null where one can apply at any time, or no longer (``is_open``).
    """

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    source = fields.String(required=True, validate=validate.OneOf(["staff", "round"]))
    provider_kind = fields.Enum(FundingProvider, by_value=True, required=True)
    provider = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    applicants = fields.List(fields.String(), required=True)
    target_groups = fields.List(fields.String(), required=True)
    amount_min_ore = fields.Integer(required=True, allow_none=True)
    amount_max_ore = fields.Integer(required=True, allow_none=True)
    frame_ore = fields.Integer(required=True, allow_none=True)
    deadline_kind = fields.Enum(DeadlineKind, by_value=True, required=True)
    deadlines = fields.List(fields.Date(), required=True)
    next_deadline = fields.Date(required=True, allow_none=True)
    opens_on = fields.Date(required=True, allow_none=True)
    is_open = fields.Boolean(required=True)
    link = fields.String(required=True, allow_none=True)
    questions = fields.List(fields.Nested(QuestionSchema), required=True)
    status = fields.Enum(PublicationStatus, by_value=True, required=True)
    created_at = Instant(required=True)
    changed_at = Instant(required=True)
    published_at = Instant(required=True, allow_none=True)


class FundingArgumentsSchema(PageArguments):
    """Which opportunities."""

    q = Line(load_default="", max=200)
    provider_kind = fields.Enum(FundingProvider, by_value=True, load_default=None)
    applicant = fields.String(load_default=None, validate=validate.OneOf(FORMS))
    target_group = Line(load_default=None, max=60)
    status = fields.Enum(PublicationStatus, by_value=True, load_default=PublicationStatus.PUBLISHED)
    open = fields.Boolean(
        load_default=True, metadata={"description": "Only what can still be applied for"}
    )
