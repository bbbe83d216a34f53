"""What this service decides: meetings and places, minutes, hearings, yearly duties.

Pure rules on mapped classes; a transition returns the event that records it. Nothing here knows
HTTP, sends a message or commits. Other services' facts are in ``projections``, as local copies.
"""

from contracts.values import AnswerOutcome, Body, RegistrationStatus
from services.meetings.model import problems
from services.meetings.model.danish_time import (
    DENMARK,
    end_of,
    in_words,
    local_date,
    local_year,
)
from services.meetings.model.duties import (
    Duty,
    DutyRule,
    DutyStatus,
    Plan,
    Proof,
    ProofKind,
    duty_id_of,
    rule_id_of,
    status_of,
)
from services.meetings.model.hearings import (
    Hearing,
    HearingPlan,
    HearingStatus,
    Invitation,
    Party,
    Policy,
    Response,
    working_days_of,
)
from services.meetings.model.mapping import Base
from services.meetings.model.meetings import (
    Audience,
    Meeting,
    MeetingKind,
    MeetingPlan,
    MeetingStatus,
)
from services.meetings.model.minutes import Minutes
from services.meetings.model.projections import Association, Membership, Office, Person, Round
from services.meetings.model.registrations import Registration, Seating

__all__ = [
    "DENMARK",
    "AnswerOutcome",
    "Association",
    "Audience",
    "Base",
    "Body",
    "Duty",
    "DutyRule",
    "DutyStatus",
    "Hearing",
    "HearingPlan",
    "HearingStatus",
    "Invitation",
    "Meeting",
    "MeetingKind",
    "MeetingPlan",
    "MeetingStatus",
    "Membership",
    "Minutes",
    "Office",
    "Party",
    "Person",
    "Plan",
    "Policy",
    "Proof",
    "ProofKind",
    "Registration",
    "RegistrationStatus",
    "Response",
    "Round",
    "Seating",
    "duty_id_of",
    "end_of",
    "in_words",
    "local_date",
    "local_year",
    "problems",
    "rule_id_of",
    "status_of",
    "working_days_of",
]
