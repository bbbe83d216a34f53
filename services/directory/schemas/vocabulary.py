"""Shapes of the municipality's words."""

from marshmallow import Schema, fields


class WordSchema(Schema):
    """A word of the vejviser in both languages."""

    key = fields.String(required=True)
    da = fields.String(required=True)
    en = fields.String(required=True)


class VocabularySchema(Schema):
    """The municipality, its contact person and the words of its vejviser."""

    target_groups = fields.List(fields.Nested(WordSchema), required=True)
    areas = fields.List(fields.Nested(WordSchema), required=True)
    municipality = fields.Dict(required=True)
    contact = fields.Dict(required=True)
    council = fields.String(required=True)
    committee = fields.String(required=True)
