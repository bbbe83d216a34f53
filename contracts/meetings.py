"""What the meetings service says.

Meetings, registrations, minutes, hearings, responses and yearly duties.
"""

from datetime import datetime
from uuid import UUID

from chassis.events import Event, event
from contracts.values import AnswerOutcome, Kept, RegistrationStatus


@event("meetings.meeting.called.v1")
class MeetingCalled(Event):
    """A meeting was called.

    Everybody in its audience is invited (V19, N23). Audience: "associations", "council", "all".
    """

    meeting_id: UUID
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    capacity: int | None
    agenda: tuple[str, ...]
    audience: str
    registration_closes_at: datetime | None


@event("meetings.meeting.changed.v1")
class MeetingChanged(Event):
    """A called meeting got another time or place.

    ``revision`` counts up for the calendar (RFC 5545 SEQUENCE).
    """

    meeting_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    agenda: tuple[str, ...]
    audience: str
    revision: int


@event("meetings.meeting.cancelled.v1")
class MeetingCancelled(Event):
    """A called meeting will not be held."""

    meeting_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    audience: str
    reason: str
    revision: int


@event("meetings.meeting.held.v1")
class MeetingHeld(Event):
    """A meeting has been held."""

    meeting_id: UUID
    kind: str
    title: str
    held_at: datetime


@event("meetings.registration.made.v1")
class RegistrationMade(Event):
    """Somebody signed up.

    With a place, or on the waiting list (``waiting_position`` counts from 1).
    """

    registration_id: UUID
    meeting_id: UUID
    meeting_title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    association_id: UUID | None
    person_id: UUID
    status: RegistrationStatus
    waiting_position: int | None


@event("meetings.registration.promoted.v1")
class RegistrationPromoted(Event):
    """A place became free and the first on the waiting list got it."""

    registration_id: UUID
    meeting_id: UUID
    meeting_title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    association_id: UUID | None
    person_id: UUID


@event("meetings.registration.withdrawn.v1")
class RegistrationWithdrawn(Event):
    """Somebody signed off."""

    registration_id: UUID
    meeting_id: UUID
    association_id: UUID | None
    person_id: UUID


@event("meetings.minutes.published.v1")
class MinutesPublished(Event):
    """The minutes of a meeting are public."""

    minutes_id: UUID
    meeting_id: UUID
    meeting_title: str
    kind: str
    audience: str


@event("meetings.hearing.opened.v1")
class HearingOpened(Event):
    """A hearing opened for the associations it concerns and, with ``to_council``.

    For the council (N21, N30).
    """

    hearing_id: UUID
    title: str
    question: str
    closes_at: datetime
    association_ids: tuple[UUID, ...]
    to_council: bool


@event("meetings.hearing.closing-soon.v1")
class HearingClosingSoon(Event):
    """A hearing closes in a few days; these have not responded yet."""

    hearing_id: UUID
    title: str
    closes_at: datetime
    unanswered_association_ids: tuple[UUID, ...]
    council_unanswered: bool


@event("meetings.hearing.closed.v1")
class HearingClosed(Event):
    """A hearing closed; every response now waits for its answer."""

    hearing_id: UUID
    title: str
    response_count: int


@event("meetings.hearing.concluded.v1")
class HearingConcluded(Event):
    """Every response has its answer and the hearing has its conclusion."""

    hearing_id: UUID
    title: str
    conclusion: str


@event("meetings.response.received.v1")
class ResponseReceived(Event):
    """An association, or the council (``association_id`` is null).

    Responded to a hearing for the first time.
    """

    response_id: UUID
    hearing_id: UUID
    hearing_title: str
    association_id: UUID | None
    person_id: UUID


@event("meetings.response.answered.v1")
class ResponseAnswered(Event):
    """The municipality answered a response.

    Sent when the hearing is concluded, with the conclusion.
    """

    response_id: UUID
    hearing_id: UUID
    hearing_title: str
    association_id: UUID | None
    person_id: UUID
    outcome: AnswerOutcome
    answer: str
    conclusion: str


@event("meetings.duty.kept.v1")
class DutyKept(Event):
    """A yearly duty of the policy is kept for a year; ``proof`` says by what (V19, N23)."""

    duty_id: UUID
    code: str
    title: str
    year: int
    proof: str


@event("meetings.duty.at-risk.v1")
class DutyAtRisk(Event):
    """A yearly duty is not kept and its year is running out; the contact person is warned."""

    duty_id: UUID
    code: str
    title: str
    year: int


@event("meetings.person.redacted.v1")
class PersonRedacted(Event):
    """An erased person is forgotten in meetings; ``kept`` is what stays, and why."""

    person_id: UUID
    kept: tuple[Kept, ...]
