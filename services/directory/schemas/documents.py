"""Shapes of documents and their editions."""

from marshmallow import Schema, fields, validate

from chassis.fields import Day, Instant, Line, Text
from chassis.web import Body, PageArguments
from contracts.values import DocumentKind
from services.directory.model import PublicationStatus
from services.directory.schemas.offers import LANGUAGE


class DocumentBodySchema(Body):
    """What a document is, and who answers for it."""

    kind = fields.Enum(DocumentKind, by_value=True, required=True)
    title = Line(required=True, min=2, max=200)
    summary = Text(
        required=True,
        max=1000,
        metadata={"description": "What is in it, for those who do not open the file"},
    )
    owner = Line(
        required=True,
        max=120,
        metadata={"description": "The department or body that answers for it, not a person"},
    )
    language = fields.String(load_default="da", validate=LANGUAGE)


class EditionArgumentsSchema(Body):
    """The date an edition bears itself, and what is new in it."""

    dated_on = Day(required=True)
    note = Line(load_default="", max=200)


class EditionSchema(Schema):
    """One edition of a document; ``published_at`` is null while nobody but staff sees it."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    dated_on = fields.Date(required=True)
    note = fields.String(required=True)
    published_at = Instant(required=True, allow_none=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "Bytes"})
    sha256 = fields.String(required=True)
    read_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When its words came into the search"},
    )
    is_cut = fields.Boolean(
        required=True, metadata={"description": "The end of a long file is not in the search"}
    )


class ExcerptPieceSchema(Schema):
    """A piece of an excerpt, and whether it is what was searched for."""

    text = fields.String(required=True)
    is_match = fields.Boolean(required=True)


class DocumentSchema(Schema):
    """A document with its editions, the newest first.

    ``excerpt`` is the place in the newest edition where the words of a search stand.
    """

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    kind = fields.Enum(DocumentKind, by_value=True, required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    owner = fields.String(required=True)
    language = fields.String(required=True)
    status = fields.Enum(PublicationStatus, by_value=True, required=True)
    created_at = Instant(required=True)
    published_at = Instant(required=True, allow_none=True)
    editions = fields.List(fields.Nested(EditionSchema), required=True)
    excerpt = fields.List(fields.Nested(ExcerptPieceSchema), required=True)


class DocumentArgumentsSchema(PageArguments):
    """Which documents: words that they must all hold, a kind, where they stand."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    q = Line(load_default="", max=200)
    kind = fields.Enum(DocumentKind, by_value=True, load_default=None)
    status = fields.Enum(PublicationStatus, by_value=True, load_default=PublicationStatus.PUBLISHED)
