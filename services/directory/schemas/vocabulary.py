"""Shapes of the municipality's words."""

from marshmallow import Schema, fields


class WordSchema(Schema):
    """A word of the vejviser in both languages."""

    key = fields.String(required=True)
    da = fields.String(required=True)
    en = fields.String(required=True)


class PlaceSchema(Schema):
    """A place of the municipality, roughly (WGS 84, degrees); of some the postcode is known."""

    name = fields.String(required=True)
    postcode = fields.String()
    area = fields.String(required=True)
    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)


class DepartmentSchema(Schema):
    """A department of the municipality."""

    key = fields.String(required=True)
    name = fields.String(required=True)


class OpenDataSchema(Schema):
    """What anybody may do with the public vejviser, and whom to name."""

    licence = fields.String(required=True, metadata={"description": "SPDX identifier"})
    licence_name = fields.String(required=True)
    licence_url = fields.String(required=True)
    attribution = fields.String(required=True)


class VocabularySchema(Schema):
    """The municipality, its contact person and the words of its vejviser."""

    target_groups = fields.List(fields.Nested(WordSchema), required=True)
    topics = fields.List(fields.Nested(WordSchema), required=True)
    areas = fields.List(fields.Nested(WordSchema), required=True)
    places = fields.List(fields.Nested(PlaceSchema), required=True)
    departments = fields.List(fields.Nested(DepartmentSchema), required=True)
    municipality = fields.Dict(required=True)
    open_data = fields.Nested(OpenDataSchema, required=True)
    contact = fields.Dict(required=True)
    council = fields.String(required=True)
    committee = fields.String(required=True)
