"""Shapes of finding somebody for a citizen, and of what could not be met."""

from typing import Any

import webargs.fields
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chassis.fields import YEARS, Instant, Line
from chassis.web import Body
from services.directory.model import GIVEN, TIMES_OF_DAY, WEEKDAYS
from services.directory.schemas.offers import OfferSchema

MOST_LEFT_OUT = 60
NO_NEED = "Say what is needed: a word, a topic, or a target group."


def _word() -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 60))


class MatchBodySchema(Body):
    """What is needed, where and when; nothing of whom.

    ``q`` is refused where it looks as if it held a CPR number. ``leave_out`` names offers that were
    shown already.
    """

    q = Line(load_default="", max=200)
    topic = _word()
    target_group = _word()
    area = _word()
    weekday = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(WEEKDAYS))
    time_of_day = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(TIMES_OF_DAY)
    )
    wheelchair = fields.Boolean(load_default=None, allow_none=True)
    leave_out = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=MOST_LEFT_OUT)
    )

    @validates_schema(skip_on_field_errors=True)
    def _require_need(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data[name] for name in ("q", "topic", "target_group")):
            raise ValidationError(NO_NEED, "q")


class MatchSchema(Schema):
    """An offer that takes new users now.

    ``is_fresh`` says whether that was said within 90 days, ``is_elsewhere`` that it is not in the
    area that was asked for. ``provider`` is the association's name; null for what the municipality
    offers itself, in the name of the offer's department.
    """

    offer = fields.Nested(OfferSchema(exclude=("association_name",)), required=True)
    provider = fields.String(required=True, allow_none=True)
    capacity_said_at = Instant(required=True)
    is_fresh = fields.Boolean(required=True)
    is_elsewhere = fields.Boolean(required=True)


class MatchesSchema(Schema):
    """Up to three, of three providers; ``more`` says how many other providers fit."""

    items = fields.List(fields.Nested(MatchSchema), required=True)
    more = fields.Integer(required=True)


class CardArgumentsSchema(Body):
    """Which offers, with commas between."""

    offers = webargs.fields.DelimitedList(
        fields.UUID(), required=True, validate=validate.Length(1, GIVEN)
    )


class UnmetNeedBodySchema(Body):
    """A need that nobody could meet: one topic or one target group, and where."""

    topic = _word()
    target_group = _word()
    area = _word()


class UnmetArgumentsSchema(Body):
    """Which year."""

    year = fields.Integer(
        required=True, validate=validate.Range(min=YEARS.start, max=YEARS.stop - 1)
    )


class UnmetMonthSchema(Schema):
    """How many in a month, by its first day; null where it is too few to be told."""

    month = fields.Date(required=True)
    count = fields.Integer(required=True, allow_none=True)


class UnmetCountSchema(Schema):
    """How often one need was not met: ``section`` is ``topics`` or ``target_groups``."""

    section = fields.String(required=True)
    need = fields.String(required=True)
    area = fields.String(required=True, allow_none=True)
    count = fields.Integer(required=True)


class UnmetFiguresSchema(Schema):
    """What could not be met in the months of a year that are over.

    No number below three is told, nor follows from the others: ``rest`` is the sum of those that
    are too small to be told one by one; ``total`` is null where nothing can be told.
    """

    year = fields.Integer(required=True)
    months = fields.List(fields.Nested(UnmetMonthSchema), required=True)
    needs = fields.List(fields.Nested(UnmetCountSchema), required=True)
    rest = fields.Integer(required=True)
    total = fields.Integer(required=True, allow_none=True)
