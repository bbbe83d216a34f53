"""The grants service's aggregates: rounds, applications, what council and committee say of them.

State changes here and returns the event that records it; nothing here knows HTTP.
"""

from contracts.values import Ground, Ruling
from services.grants.model.applications import (
    MAX_ATTACHMENTS,
    Application,
    ApplicationStatus,
    Attachment,
    Case,
    CaseNumber,
    Disqualification,
    FileEntry,
)
from services.grants.model.conflicts import (
    answers_for,
    assessor_is_out,
    decider_is_out,
    led_during_case,
    unconflicted,
    vote_counts,
)
from services.grants.model.council import (
    Advice,
    Assessment,
    Choice,
    Recommendation,
    RecommendationLine,
    RecommendationStatus,
    Vote,
)
from services.grants.model.decisions import Decision, DecisionStatus, outcome_of
from services.grants.model.mapping import DENMARK, Base, local_day, local_year
from services.grants.model.projections import (
    Applicant,
    ApplicantPaper,
    OfficeHolder,
    Person,
    Tie,
    associations_left,
    known_papers,
)
from services.grants.model.retention import Retention, accounts_end
from services.grants.model.rounds import PUBLIC, TAKING, Programme, Round, RoundStatus

__all__ = [
    "DENMARK",
    "MAX_ATTACHMENTS",
    "PUBLIC",
    "TAKING",
    "Advice",
    "Applicant",
    "ApplicantPaper",
    "Application",
    "ApplicationStatus",
    "Assessment",
    "Attachment",
    "Base",
    "Case",
    "CaseNumber",
    "Choice",
    "Decision",
    "DecisionStatus",
    "Disqualification",
    "FileEntry",
    "Ground",
    "OfficeHolder",
    "Person",
    "Programme",
    "Recommendation",
    "RecommendationLine",
    "RecommendationStatus",
    "Retention",
    "Round",
    "RoundStatus",
    "Ruling",
    "Tie",
    "Vote",
    "accounts_end",
    "answers_for",
    "assessor_is_out",
    "associations_left",
    "decider_is_out",
    "known_papers",
    "led_during_case",
    "local_day",
    "local_year",
    "outcome_of",
    "unconflicted",
    "vote_counts",
]
