"""Shapes of requests and answers.

Bodies refuse unknown fields; answers list exactly what is shown.
"""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import Instant, Line, Text
from chassis.web import Body, PageArguments
from services.meetings.model import (
    AnswerOutcome,
    Audience,
    DutyStatus,
    HearingStatus,
    MeetingKind,
    MeetingStatus,
    Party,
    ProofKind,
    RegistrationStatus,
)

MOST_ATTENDEES = 10
MOST_PEOPLE = 100_000
LONGEST_MINUTES = 50_000
LONGEST_TEXT = 10_000


def _count(**kwargs: object) -> fields.Integer:
    return fields.Integer(required=True, **kwargs)  # type: ignore[arg-type]


# --- meetings -----------------------------------------------------------------------------------


class MeetingBodySchema(Body):
    """What the coordinator decides about a meeting.

    Without ``registration_closes_at`` the municipality's usual number of days before applies; null
    means that one can sign up until the meeting begins.
    """

    kind = fields.Enum(MeetingKind, by_value=True, required=True)
    title = Line(required=True)
    description = Text(load_default="")
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    place = Line(required=True)
    capacity = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MOST_PEOPLE),
        metadata={"description": "Places, counted in people; null for no limit"},
    )
    audience = fields.Enum(Audience, by_value=True, required=True)
    agenda = fields.List(Line(min=1), load_default=list, validate=validate.Length(max=100))
    registration_closes_at = Instant(allow_none=True)


class MeetingChangesSchema(MeetingBodySchema):
    """Some parts of a meeting; what is left out stays as it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "partial": True})


class MeetingArgumentsSchema(PageArguments):
    """Which meetings."""

    upcoming = fields.Boolean(
        load_default=None, metadata={"description": "true: the next first; false: what has been"}
    )
    kind = fields.Enum(MeetingKind, by_value=True, load_default=None)
    status = fields.Enum(MeetingStatus, by_value=True, load_default=None)
    audience = fields.Enum(Audience, by_value=True, load_default=None)


class MeetingSchema(Schema):
    """A meeting. The counts count people, not registrations."""

    id = fields.UUID(required=True)
    version = _count()
    kind = fields.Enum(MeetingKind, by_value=True, required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    place = fields.String(required=True)
    capacity = _count(allow_none=True)
    audience = fields.Enum(Audience, by_value=True, required=True)
    agenda = fields.List(fields.String(), required=True)
    registration_closes_at = Instant(required=True, allow_none=True)
    status = fields.Enum(MeetingStatus, by_value=True, required=True)
    confirmed_count = _count()
    waiting_count = _count()
    revision = _count()
    cancellation_reason = fields.String(required=True, allow_none=True)
    minutes_id = fields.UUID(required=True, allow_none=True)


class CancellationSchema(Body):
    """Why a meeting is cancelled; those invited read it."""

    reason = Text(required=True, max=2000)


# --- registrations ------------------------------------------------------------------------------


class RegistrationBodySchema(Body):
    """Who signs up for what, with how many. Without an association one signs up oneself."""

    meeting_id = fields.UUID(required=True)
    association_id = fields.UUID(load_default=None, allow_none=True)
    attendees = fields.Integer(
        strict=True, load_default=1, validate=validate.Range(1, MOST_ATTENDEES)
    )
    note = Text(load_default="", max=1000)


class RegistrationArgumentsSchema(PageArguments):
    """Which registrations."""

    meeting_id = fields.UUID(load_default=None)
    association_id = fields.UUID(load_default=None)
    status = fields.Enum(RegistrationStatus, by_value=True, load_default=None)


class RegistrationSchema(Schema):
    """A registration; ``waiting_position`` counts from 1 among those who wait."""

    id = fields.UUID(required=True)
    version = _count()
    meeting_id = fields.UUID(required=True)
    meeting_title = fields.String(required=True)
    starts_at = Instant(required=True)
    association_id = fields.UUID(required=True, allow_none=True)
    association_name = fields.String(required=True)
    person_id = fields.UUID(required=True)
    person_name = fields.String(required=True)
    attendees = _count()
    note = fields.String(required=True)
    status = fields.Enum(RegistrationStatus, by_value=True, required=True)
    waiting_position = _count(allow_none=True)
    made_at = Instant(required=True)


# --- minutes ------------------------------------------------------------------------------------


class MinutesBodySchema(Body):
    """The text of the minutes and how many came."""

    meeting_id = fields.UUID(required=True)
    text = Text(required=True, max=LONGEST_MINUTES)
    attendance_count = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(0, MOST_PEOPLE)
    )


class MinutesArgumentsSchema(PageArguments):
    """Which minutes."""

    meeting_id = fields.UUID(load_default=None)


class MinutesSchema(Schema):
    """The minutes of a meeting; ``published_at`` is null while they are a draft."""

    id = fields.UUID(required=True)
    version = _count()
    meeting_id = fields.UUID(required=True)
    meeting_title = fields.String(required=True)
    meeting_kind = fields.Enum(MeetingKind, by_value=True, required=True)
    meeting_starts_at = Instant(required=True)
    text = fields.String(required=True)
    attendance_count = _count(allow_none=True)
    written_at = Instant(required=True)
    published_at = Instant(required=True, allow_none=True)


# --- hearings -----------------------------------------------------------------------------------


class HearingAudienceSchema(Body):
    """Whom a hearing concerns, beside the council: what is given adds up."""

    all = fields.Boolean(load_default=False)
    association_ids = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=1000)
    )
    target_groups = fields.List(
        Line(min=1, max=50), load_default=list, validate=validate.Length(max=50)
    )


class HearingBodySchema(Body):
    """What the coordinator decides about a hearing.

    Without ``closes_at``, four weeks from the opening.
    """

    title = Line(required=True)
    question = Text(required=True, max=LONGEST_TEXT)
    background = Text(load_default="", max=LONGEST_TEXT)
    closes_at = Instant(load_default=None, allow_none=True)
    to_council = fields.Boolean(load_default=False)
    audience = fields.Nested(
        HearingAudienceSchema, load_default=lambda: HearingAudienceSchema().load({})
    )


class HearingArgumentsSchema(PageArguments):
    """Which hearings."""

    status = fields.Enum(HearingStatus, by_value=True, load_default=None)
    association_id = fields.UUID(
        load_default=None, metadata={"description": "Hearings that reached this association"}
    )
    to_council = fields.Boolean(load_default=None)


class HearingSchema(Schema):
    """A hearing.

    A draft's deadline, count and warnings are those it would have if it opened now.
    """

    id = fields.UUID(required=True)
    version = _count()
    title = fields.String(required=True)
    question = fields.String(required=True)
    background = fields.String(required=True)
    closes_at = Instant(required=True)
    status = fields.Enum(HearingStatus, by_value=True, required=True)
    opened_at = Instant(required=True, allow_none=True)
    to_council = fields.Boolean(required=True)
    audience = fields.Nested(HearingAudienceSchema, required=True)
    invited_count = _count()
    response_count = _count()
    answered_count = _count(allow_none=True)
    conclusion = fields.String(required=True, allow_none=True)
    concluded_at = Instant(required=True, allow_none=True)
    warnings = fields.List(
        fields.String(validate=validate.OneOf(["short-deadline", "holiday-period"])), required=True
    )
    working_days_count = _count()


class ConclusionSchema(Body):
    """What the municipality concludes; everybody who responded reads it."""

    conclusion = Text(required=True, max=LONGEST_TEXT)


# --- responses ----------------------------------------------------------------------------------


class ResponseBodySchema(Body):
    """What an association, or the council, says to a hearing."""

    hearing_id = fields.UUID(required=True)
    association_id = fields.UUID(load_default=None, allow_none=True)
    on_behalf_of = fields.Enum(Party, by_value=True, load_default=Party.ASSOCIATION)
    text = Text(required=True, max=LONGEST_TEXT)


class ResponseArgumentsSchema(PageArguments):
    """Which responses."""

    hearing_id = fields.UUID(load_default=None)
    association_id = fields.UUID(load_default=None)


class AnswerBodySchema(Body):
    """What the municipality answers to one response."""

    outcome = fields.Enum(AnswerOutcome, by_value=True, required=True)
    text = Text(required=True, max=LONGEST_TEXT)


class AnswerSchema(Schema):
    """The municipality's answer to a response."""

    outcome = fields.Enum(AnswerOutcome, by_value=True, required=True)
    text = fields.String(required=True)
    answered_at = Instant(required=True)


class ResponseSchema(Schema):
    """A response.

    ``person_id`` is for staff and the party itself, ``answer`` for all when concluded.
    """

    id = fields.UUID(required=True)
    version = _count()
    hearing_id = fields.UUID(required=True)
    hearing_title = fields.String(required=True)
    association_id = fields.UUID(required=True, allow_none=True)
    association_name = fields.String(required=True)
    on_behalf_of = fields.Enum(Party, by_value=True, required=True)
    text = fields.String(required=True)
    person_id = fields.UUID(required=True, allow_none=True)
    submitted_at = Instant(required=True)
    answer = fields.Nested(AnswerSchema, required=True, allow_none=True)


# --- duties -------------------------------------------------------------------------------------


class DutyArgumentsSchema(PageArguments):
    """Which duties."""

    year = fields.Integer(load_default=None, validate=validate.Range(2000, 2100))
    code = Line(load_default=None, max=20)


class ProofSchema(Schema):
    """What proves a duty."""

    kind = fields.String(required=True)
    id = fields.UUID(required=True, allow_none=True)
    title = fields.String(required=True)
    at = Instant(required=True)


class PlannedSchema(Schema):
    """What is planned and will prove a duty."""

    kind = fields.String(required=True)
    id = fields.UUID(required=True)
    title = fields.String(required=True)
    on = fields.Date(required=True)


class DutySchema(Schema):
    """A yearly duty of the policy in one year, and how it stands today."""

    id = fields.UUID(required=True)
    version = _count()
    code = fields.String(required=True)
    title_da = fields.String(required=True)
    title_en = fields.String(required=True)
    text = fields.String(required=True)
    text_en = fields.String(required=True)
    kind = fields.Enum(ProofKind, by_value=True, required=True)
    year = _count()
    status = fields.Enum(DutyStatus, by_value=True, required=True)
    proof = fields.Nested(ProofSchema, required=True, allow_none=True)
    planned = fields.Nested(PlannedSchema, required=True, allow_none=True)
    warn_on = fields.Date(required=True)
    due_on = fields.Date(required=True)
