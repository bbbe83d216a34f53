"""Shapes of requests and answers. Bodies refuse unknown fields; answers list what is shown."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import Day, Instant, Line, Ore, Text
from chassis.web import Body, PageArguments
from contracts.values import Outcome, PaperKind
from services.grants.model import (
    Advice,
    ApplicationStatus,
    Choice,
    DecisionStatus,
    Ground,
    RecommendationStatus,
    RoundStatus,
    Ruling,
)
from services.grants.queries.papers import PaperAnswer

MOST_PEOPLE = 1_000_000
MOST_LINES = 50


def _count(**kwargs: Any) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MOST_PEOPLE),
        **kwargs,
    )


class CriterionSchema(Body):
    """Something an application is scored on."""

    key = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9-]{0,40}\Z"))
    title = Line(required=True)
    text = Text(load_default="", max=2000)


class ProgrammeSchema(Schema):
    """A pool of money with its legal basis and rules."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    key = fields.String(required=True)
    title = fields.String(required=True)
    legal_basis = fields.String(required=True)
    purpose = fields.String(required=True)
    decided_by = fields.String(required=True)
    decided_by_name = fields.String(required=True)
    recommended_by_name = fields.String(required=True)
    appeal = fields.String(required=True)
    conditions = fields.List(fields.String(), required=True)
    excluded = fields.List(fields.String(), required=True)
    focus_areas = fields.List(fields.String(), required=True)
    criteria = fields.List(fields.Dict(), required=True)
    thresholds = fields.List(fields.Dict(), required=True)
    minimum_ore = fields.Integer(required=True)
    maximum_ore = fields.Integer(required=True)
    reminder_days = fields.Integer(required=True)
    accept_without_cvr = fields.Boolean(required=True)
    papers = fields.List(fields.String(), required=True)


class RoundBodySchema(Body):
    """What the coordinator decides about a round; what is not given comes from the programme."""

    programme_id = fields.UUID(required=True)
    title = Line(required=True)
    frame_ore = Ore(required=True, min=1)
    opens_at = Instant(required=True)
    closes_at = Instant(required=True)
    council_on = Day(required=True)
    committee_on = Day(required=True)
    report_on = Day(load_default=None, allow_none=True)
    criteria = fields.List(
        fields.Nested(CriterionSchema), load_default=None, validate=validate.Length(max=20)
    )
    focus_areas = fields.List(Line(min=1), load_default=None, validate=validate.Length(max=20))
    information = Text(load_default="")
    minimum_ore = Ore(load_default=None)
    maximum_ore = Ore(load_default=None, min=1)


class RoundSchema(Schema):
    """A round. The figures are null for those who may not see them yet."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    programme_id = fields.UUID(required=True)
    programme_title = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Enum(RoundStatus, by_value=True, required=True)
    frame_ore = fields.Integer(required=True)
    opens_at = Instant(required=True)
    closes_at = Instant(required=True)
    council_on = fields.Date(required=True)
    committee_on = fields.Date(required=True)
    report_on = fields.Date(required=True, allow_none=True)
    decided_on = fields.Date(required=True, allow_none=True)
    criteria = fields.List(fields.Dict(), required=True)
    focus_areas = fields.List(fields.String(), required=True)
    information = fields.String(required=True)
    legal_basis = fields.String(required=True)
    purpose = fields.String(required=True)
    conditions = fields.List(fields.String(), required=True)
    excluded = fields.List(fields.String(), required=True)
    decided_by = fields.String(required=True)
    recommended_by = fields.String(required=True)
    appeal = fields.String(required=True)
    minimum_ore = fields.Integer(required=True)
    maximum_ore = fields.Integer(required=True)
    application_count = fields.Integer(required=True, allow_none=True)
    applied_ore = fields.Integer(required=True, allow_none=True)
    allocated_ore = fields.Integer(required=True, allow_none=True)


class RoundArgumentsSchema(PageArguments):
    """Which rounds."""

    status = fields.Enum(RoundStatus, by_value=True, load_default=None)
    programme_id = fields.UUID(load_default=None)


class BudgetLineSchema(Body):
    """A line of a budget: what it costs, or what comes in."""

    kind = fields.String(required=True, validate=validate.OneOf(["cost", "income"]))
    text = Line(required=True)
    amount_ore = Ore(required=True)


class ApplicationBodySchema(Body):
    """An application as far as it is written; a draft may be unfinished."""

    round_id = fields.UUID(required=True)
    association_id = fields.UUID(required=True)
    title = Line(load_default="")
    activity = Text(load_default="")
    target_group = Text(load_default="", max=4000)
    volunteers_count = _count()
    users_count = _count()
    place = Line(load_default="")
    period = Line(load_default="")
    cooperation = Text(load_default="", max=4000)
    amount_ore = Ore(load_default=0)
    budget = fields.List(
        fields.Nested(BudgetLineSchema), load_default=list, validate=validate.Length(max=MOST_LINES)
    )
    contact_name = Line(load_default="")
    signatory_name = Line(load_default="")
    first_time = fields.Boolean(load_default=False)


class AttachmentSchema(Schema):
    """A file of an application."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    kind = fields.Enum(PaperKind, by_value=True, required=True, allow_none=True)


class AttachmentArgumentsSchema(Body):
    """Which of the papers the programme asks for a file is: the statutes, or the accounts."""

    kind = fields.Enum(PaperKind, by_value=True, load_default=None)


class ApplicationPaperSchema(Schema):
    """A paper the programme asks for, and whether it is there.

    ``answer`` is ``known`` where it lives with the association in the directory: ``paper_id`` says
    which version, and who may read the association's papers fetches it there.
    """

    kind = fields.Enum(PaperKind, by_value=True, required=True)
    answer = fields.Enum(PaperAnswer, by_value=True, required=True)
    paper_id = fields.UUID(required=True, allow_none=True)
    dated_on = fields.Date(required=True, allow_none=True)
    expires_on = fields.Date(required=True, allow_none=True)
    statement = fields.String(required=True, allow_none=True)


class DisqualificationSchema(Schema):
    """Who takes no part in a case, and why (forvaltningsloven § 3)."""

    person_id = fields.UUID(required=True)
    name = fields.String(required=True)
    body = fields.String(required=True)
    ground = fields.Enum(Ground, by_value=True, required=True)
    explanation = fields.String(required=True)
    found_at = Instant(required=True)
    ruling = fields.Enum(
        Ruling,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={"description": "Null while nobody has ruled; cleared takes part after all"},
    )
    ruling_reason = fields.String(required=True)
    ruled_at = Instant(required=True, allow_none=True)
    ruled_by_name = fields.String(required=True)


class FileEntrySchema(Schema):
    """A line of the case's file."""

    at = Instant(required=True)
    kind = fields.String(required=True)
    text = fields.String(required=True)
    actor = fields.String(required=True, attribute="actor_name")


class ApplicationSchema(Schema):
    """An application. ``papers`` and ``history`` are in the single view, ``disqualified`` too."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    case_number = fields.String(required=True, allow_none=True)
    round_id = fields.UUID(required=True)
    round_title = fields.String(required=True)
    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    status = fields.Enum(ApplicationStatus, by_value=True, required=True)
    title = fields.String(required=True)
    activity = fields.String(required=True)
    target_group = fields.String(required=True)
    volunteers_count = fields.Integer(required=True, allow_none=True)
    users_count = fields.Integer(required=True, allow_none=True)
    place = fields.String(required=True)
    period = fields.String(required=True)
    cooperation = fields.String(required=True)
    amount_ore = fields.Integer(required=True)
    budget = fields.List(fields.Dict(), required=True)
    own_funding_ore = fields.Integer(required=True)
    contact_name = fields.String(required=True)
    signatory_name = fields.String(required=True)
    first_time = fields.Boolean(required=True)
    attachments = fields.List(fields.Nested(AttachmentSchema), required=True)
    created_at = Instant(required=True)
    submitted_at = Instant(required=True, allow_none=True)
    papers = fields.List(fields.Nested(ApplicationPaperSchema))
    history = fields.List(fields.Nested(FileEntrySchema))
    disqualified = fields.List(fields.Nested(DisqualificationSchema))


class ApplicationArgumentsSchema(PageArguments):
    """Which applications."""

    round_id = fields.UUID(load_default=None)
    association_id = fields.UUID(load_default=None)
    status = fields.Enum(ApplicationStatus, by_value=True, load_default=None)
    open_conflict = fields.Boolean(
        load_default=False,
        metadata={"description": "Only cases in which a presumed conflict waits for a ruling"},
    )


class ConflictSchema(Body):
    """Why one is disqualified."""

    ground = Text(required=True, max=1000)


class RulingSchema(Body):
    """Whether somebody takes part in a case after all, and why."""

    ruling = fields.Enum(Ruling, by_value=True, required=True)
    reason = Text(required=True, max=1000)


class AssessmentBodySchema(Body):
    """A member's view of an application."""

    application_id = fields.UUID(required=True)
    scores = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 60)),
        values=fields.Integer(strict=True, validate=validate.Range(0, 5)),
        load_default=dict,
        validate=validate.Length(max=20),
    )
    recommend = fields.Enum(Advice, by_value=True, required=True)
    amount_ore = Ore(load_default=None, allow_none=True)
    comment = Text(load_default="", max=4000)


class AssessmentSchema(Schema):
    """A member's view of an application."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    application_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    person_name = fields.String(required=True)
    scores = fields.Dict(required=True)
    recommend = fields.Enum(Advice, by_value=True, required=True)
    amount_ore = fields.Integer(required=True, allow_none=True)
    comment = fields.String(required=True)
    submitted_at = Instant(required=True, allow_none=True)
    disqualified = fields.Boolean(
        required=True,
        metadata={"description": "The member proved to be disqualified: it counts no more"},
    )


class AssessmentArgumentsSchema(PageArguments):
    """Which assessments."""

    application_id = fields.UUID(load_default=None)
    round_id = fields.UUID(load_default=None)


class RecommendationBodySchema(Body):
    """The round a recommendation is for, and what the council says beside its amounts."""

    round_id = fields.UUID(required=True)
    comment = Text(load_default="")


class LineBodySchema(Body):
    """What is recommended for one application, and why."""

    amount_ore = Ore(required=True)
    reason = Text(load_default="", max=4000)


class VoteBodySchema(Body):
    """A vote."""

    vote = fields.Enum(Choice, by_value=True, required=True)


class LineSchema(Schema):
    """A line of the recommendation."""

    application_id = fields.UUID(required=True)
    case_number = fields.String(required=True, allow_none=True)
    association_name = fields.String(required=True)
    title = fields.String(required=True)
    applied_ore = fields.Integer(required=True)
    amount_ore = fields.Integer(required=True, allow_none=True)
    reason = fields.String(required=True)
    votes = fields.Dict(required=True)
    my_vote = fields.String(required=True, allow_none=True)


class RecommendationSchema(Schema):
    """The council's recommendation, with the lines the caller takes part in.

    The totals are those of these lines; ``complete`` says whether they are all there are.
    """

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    round_id = fields.UUID(required=True)
    status = fields.Enum(RecommendationStatus, by_value=True, required=True)
    comment = fields.String(required=True)
    submitted_at = Instant(required=True, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)
    total_ore = fields.Integer(required=True)
    frame_ore = fields.Integer(required=True)
    remaining_ore = fields.Integer(required=True)
    complete = fields.Boolean(required=True)


class OfRoundArgumentsSchema(PageArguments):
    """Of which round."""

    round_id = fields.UUID(load_default=None)


class ReasonsSchema(Body):
    """Rules, main considerations, facts (forvaltningsloven §§ 22-24)."""

    rules = Text(load_default="", max=4000)
    considerations = Text(load_default="")
    facts = Text(load_default="")


class DecisionBodySchema(Body):
    """An amount, its reasons and conditions."""

    application_id = fields.UUID(required=True)
    granted_ore = Ore(required=True)
    reasons = fields.Nested(ReasonsSchema, load_default=None, allow_none=True)
    conditions = fields.List(
        Text(min=1, max=1000), load_default=None, allow_none=True, validate=validate.Length(max=20)
    )


class ReasonsBodySchema(Body):
    """Reasons and conditions without an amount."""

    reasons = fields.Nested(ReasonsSchema, load_default=None, allow_none=True)
    conditions = fields.List(
        Text(min=1, max=1000), load_default=None, allow_none=True, validate=validate.Length(max=20)
    )


class DecisionSchema(Schema):
    """A decision."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    application_id = fields.UUID(required=True)
    case_number = fields.String(required=True, allow_none=True)
    round_id = fields.UUID(required=True)
    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    title = fields.String(required=True)
    applied_ore = fields.Integer(required=True)
    recommended_ore = fields.Integer(required=True, allow_none=True)
    granted_ore = fields.Integer(required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    reasons = fields.Dict(required=True)
    conditions = fields.List(fields.String(), required=True)
    status = fields.Enum(DecisionStatus, by_value=True, required=True)
    sent_at = Instant(required=True, allow_none=True)


class DecisionArgumentsSchema(PageArguments):
    """Which decisions."""

    round_id = fields.UUID(load_default=None)
    association_id = fields.UUID(load_default=None)


class AwardSchema(Schema):
    """What was given, in public."""

    id = fields.UUID(required=True)
    association_id = fields.UUID(required=True)
    association_name = fields.String(required=True)
    title = fields.String(required=True)
    granted_ore = fields.Integer(required=True)
    applied_ore = fields.Integer(required=True)
    round_id = fields.UUID(required=True)
    round_title = fields.String(required=True)
    decided_on = fields.Date(required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)


class AwardPageSchema(Schema):
    """A page of the register; the totals are of all of it, not of the page."""

    items = fields.List(fields.Nested(AwardSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    count = fields.Integer(required=True)
    total_ore = fields.Integer(required=True)
    frame_ore = fields.Integer(required=True)


class RegisterArgumentsSchema(Body):
    """Of which round."""

    round_id = fields.UUID(load_default=None)


class Register360GivingSchema(Schema):
    """The register in the form of the 360Giving Data Standard."""

    grants = fields.List(fields.Dict(), required=True)
