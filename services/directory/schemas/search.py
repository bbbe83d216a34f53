"""Shapes of the search."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import Instant
from chassis.web import Body, PageArguments
from services.directory.model import TIMES_OF_DAY, WEEKDAYS, Freshness
from services.directory.queries.dictionary import MOST_SUGGESTED

KINDS = ("association", "offer")
SORTS = ("relevance", "name", "distance")
MOST_CHARACTERS = 200


def _words(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=MOST_CHARACTERS), **kwargs)


class SearchArgumentsSchema(PageArguments):
    """What to look for; every word and every choice must fit."""

    q = _words(load_default="")
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    target_group = _words(load_default=None)
    topic = _words(load_default=None)
    area = _words(load_default=None)
    weekday = fields.String(load_default=None, validate=validate.OneOf(WEEKDAYS))
    time_of_day = fields.String(
        load_default=None,
        validate=validate.OneOf(TIMES_OF_DAY),
        metadata={"description": "Before 12, from 12 to 17, from 17; on the weekday, where given"},
    )
    free = fields.Boolean(load_default=None)
    takes_new_users = fields.Boolean(load_default=None)
    needs_volunteers = fields.Boolean(load_default=None)
    wheelchair = fields.Boolean(load_default=None)
    sort = fields.String(
        load_default=None,
        validate=validate.OneOf(SORTS),
        metadata={"description": "By relevance where there are words, else by name"},
    )
    near = _words(
        load_default=None,
        metadata={"description": "A postcode or place of the municipality, to tell distances from"},
    )


class SuggestionArgumentsSchema(Body):
    """What was typed so far."""

    q = _words(load_default="")
    limit = fields.Integer(load_default=8, validate=validate.Range(1, MOST_SUGGESTED))


class SuggestionsSchema(Schema):
    """What may be meant, the most frequent first."""

    suggestions = fields.List(fields.String(), required=True)


class ListingSchema(Schema):
    """An association or an offer, as the search shows it.

    Its position is roughly its postcode's or area's unless ``is_exact``. ``freshness`` is the
    association's; null for what the municipality offers itself.
    """

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    id = fields.UUID(required=True)
    association_id = fields.UUID(required=True, allow_none=True)
    department = fields.String(required=True, allow_none=True)
    provider = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    summary = fields.String(required=True)
    place = fields.String(required=True, allow_none=True)
    postcode = fields.String(required=True, allow_none=True)
    area = fields.String(required=True)
    latitude = fields.Float(required=True, allow_none=True)
    longitude = fields.Float(required=True, allow_none=True)
    is_exact = fields.Boolean(required=True)
    distance_km = fields.Float(required=True, allow_none=True)
    target_groups = fields.List(fields.String(), required=True)
    topics = fields.List(fields.String(), required=True)
    weekdays = fields.List(fields.String(), required=True)
    times_of_day = fields.List(fields.String(), required=True)
    free = fields.Boolean(required=True)
    takes_new_users = fields.Boolean(required=True)
    needs_volunteers = fields.Boolean(required=True)
    wheelchair = fields.Boolean(required=True)
    confirmed_at = Instant(required=True, allow_none=True)
    freshness = fields.Enum(Freshness, by_value=True, required=True, allow_none=True)


def _counts() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class SearchFacetsSchema(Schema):
    """How many matches each choice would leave, all the others being kept."""

    kinds = _counts()
    target_groups = _counts()
    topics = _counts()
    areas = _counts()
    weekdays = _counts()
    times_of_day = _counts()
    traits = _counts()


class SearchPageSchema(Schema):
    """A page of what was found.

    ``ranked`` says whether every match was put in order, ``counted`` whether every match was
    counted; otherwise a sample of many was, and ``total`` is the least there are.
    """

    items = fields.List(fields.Nested(ListingSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    facets = fields.Nested(SearchFacetsSchema, required=True)
    did_you_mean = fields.String(required=True, allow_none=True)
    ranked = fields.String(required=True, validate=validate.OneOf(["exact", "sample"]))
    counted = fields.String(required=True, validate=validate.OneOf(["exact", "sample"]))
