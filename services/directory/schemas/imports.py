"""Shapes of imports, and how a row of a file is held against the rules of a registration."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chassis.fields import Instant, Line, Text
from chassis.web import Body, PageArguments
from services.directory.commands.imports import FIELDS
from services.directory.model import (
    Answer,
    AssociationForm,
    Existing,
    ImportStatus,
    Outcome,
)
from services.directory.schemas.associations import DescriptionSchema, RegistrationSchema

# What a person may have said of the words of a file, and how many.
MOST_WORDS: Final = 500

_REGISTRATION: Final = RegistrationSchema()
_DESCRIPTION: Final = DescriptionSchema(partial=True)


def read_row(
    values: Mapping[str, Any], *, partial: bool
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Hold a row against the rules: as a registration, or (``partial``) as a change of one.

    Returns the clean values, and what cannot be taken: ``{"field", "detail", "value"}``.
    """
    schema: Schema = _DESCRIPTION if partial else _REGISTRATION
    try:
        body: dict[str, Any] = schema.load(dict(values))
    except ValidationError as error:
        return {}, list(_notes(error.messages, values))
    # What was not said is not to be changed to nothing.
    return ({name: body[name] for name in values} if partial else body), []


def _notes(messages: Any, values: Mapping[str, Any]) -> Any:
    for name, said in messages.items():
        if name == "contact" and isinstance(said, Mapping):
            inner = {f"contact_{each}": text for each, text in said.items()}
            given = values.get("contact") or {}
            yield from _notes(inner, {f"contact_{each}": given[each] for each in given})
            continue
        value = values.get(name)
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        yield {"field": name, "detail": _first(said), "value": shown[:200]}


def _first(said: Any) -> str:
    while not isinstance(said, str):
        said = next(iter(said.values() if isinstance(said, Mapping) else said))
    return said


class DefaultsSchema(Body):
    """What stands in a new association where its row says nothing."""

    purpose = Text(load_default=None, allow_none=True, max=4000)
    target_groups = fields.List(
        fields.String(validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=20),
    )
    area = Line(load_default=None, allow_none=True, max=60)
    form = fields.Enum(AssociationForm, by_value=True, load_default=AssociationForm.ASSOCIATION)


def _said() -> fields.Dict:
    return fields.Dict(
        keys=Line(min=1, max=200),
        values=Line(max=60),
        load_default=dict,
        validate=validate.Length(max=MOST_WORDS),
    )


class WordsSchema(Body):
    """Which of the municipality's words a text of the file means; "" for none."""

    target_groups = _said()
    area = _said()


class MappingSchema(Body):
    """What each column holds, "" for nothing; and how its rows are brought in."""

    columns = fields.List(
        fields.String(validate=validate.OneOf(["", *FIELDS])),
        required=True,
        validate=validate.Length(1, 100),
    )
    defaults = fields.Nested(DefaultsSchema, load_default=lambda: DefaultsSchema().load({}))
    words = fields.Nested(WordsSchema, load_default=lambda: WordsSchema().load({}))
    existing = fields.Enum(Existing, by_value=True, load_default=Existing.FILL)
    publish = fields.Boolean(load_default=False)

    @validates_schema
    def one_column_each(self, data: Mapping[str, Any], **_: Any) -> None:
        """See that no field comes from two columns, and that the name comes from one."""
        columns = data.get("columns") or []
        for index, name in enumerate(columns):
            if name and columns.index(name) != index:
                raise ValidationError({"columns": {index: ["Another column holds this already."]}})
        if "name" not in columns:
            raise ValidationError("Say which column holds the names.", "columns")


class HeaderSchema(Body):
    """The row that names the columns; 0 where none does."""

    header_row = fields.Integer(required=True, strict=True, validate=validate.Range(0, 1000))


class AnswerSchema(Body):
    """Whether a row is an association we know (``same``, and which), a new one, or not wanted."""

    answer = fields.Enum(Answer, by_value=True, required=True)
    association_id = fields.UUID(load_default=None, allow_none=True)

    @validates_schema
    def which(self, data: Mapping[str, Any], **_: Any) -> None:
        """See that it is said which association a row is the same as."""
        if data.get("answer") is Answer.SAME and data.get("association_id") is None:
            raise ValidationError("Say which association it is.", "association_id")


class SuggestionSchema(Schema):
    """One column of the file."""

    header = fields.String(required=True)
    field = fields.String(required=True)
    examples = fields.List(fields.String(), required=True)


class ImportCountsSchema(Schema):
    """How many rows there are, how many were checked and settled, and what they come to."""

    rows = fields.Integer(required=True)
    checked = fields.Integer(required=True)
    settled = fields.Integer(required=True)
    outcomes = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    to_ask = fields.Integer(required=True)
    to_introduce = fields.Integer(required=True)
    introduced = fields.Integer(required=True)


class UnknownWordSchema(Schema):
    """A text of the file that is none of the municipality's words, and in how many rows."""

    field = fields.String(required=True)
    text = fields.String(required=True)
    count = fields.Integer(required=True)


class ImportSchema(Schema):
    """An import, how its file is written and how far it is."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    size = fields.Integer(required=True)
    status = fields.Enum(ImportStatus, by_value=True, required=True)
    fault = fields.String(required=True, allow_none=True)
    uploaded_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    encoding = fields.String(required=True)
    separator = fields.String(required=True)
    sheet = fields.String(required=True)
    header_row = fields.Integer(required=True)
    suggestions = fields.List(fields.Nested(SuggestionSchema), required=True)
    columns = fields.List(fields.String(), required=True)
    defaults = fields.Dict(required=True)
    words = fields.Dict(required=True)
    existing = fields.Enum(Existing, by_value=True, required=True)
    publish = fields.Boolean(required=True)
    introducing = fields.Boolean(required=True)
    counts = fields.Nested(ImportCountsSchema, required=True)
    unknown_words = fields.List(fields.Nested(UnknownWordSchema), required=True)


class ImportSummarySchema(Schema):
    """An import in a list."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    status = fields.Enum(ImportStatus, by_value=True, required=True)
    uploaded_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)


class CandidateSchema(Schema):
    """An association that a row may be."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    cvr = fields.String(required=True, allow_none=True)
    postcode = fields.String(required=True, allow_none=True)
    city = fields.String(required=True, allow_none=True)
    status = fields.String(required=True)


class ImportNoteSchema(Schema):
    """Something about a field of a row, and the text it is about."""

    field = fields.String(required=True)
    detail = fields.String(required=True)
    value = fields.String(required=True)


class ImportChangeSchema(Schema):
    """A field that is changed: from what to what."""

    field = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class ImportRowSchema(Schema):
    """A row and what it comes to; once ``settled_at`` is set it is what happened."""

    id = fields.UUID(required=True)
    position = fields.Integer(required=True)
    name = fields.String(required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True, allow_none=True)
    reason = fields.String(required=True)
    notes = fields.List(fields.Nested(ImportNoteSchema), required=True)
    changes = fields.List(fields.Nested(ImportChangeSchema), required=True)
    candidates = fields.List(fields.Nested(CandidateSchema), required=True)
    answer = fields.Enum(Answer, by_value=True, required=True, allow_none=True)
    association_id = fields.UUID(required=True, allow_none=True)
    settled_at = Instant(required=True, allow_none=True)


class ImportRowArgumentsSchema(PageArguments):
    """Which rows; a page of them may be longer than others."""

    limit = fields.Integer(load_default=100, validate=validate.Range(1, 1000))
    outcome = fields.Enum(Outcome, by_value=True, load_default=None)
    unanswered = fields.Boolean(load_default=None)
