"""Routes of the grants service."""

from services.grants.api.applications import applications
from services.grants.api.council import assessments, recommendations
from services.grants.api.decisions import awards, decisions
from services.grants.api.rounds import programmes, rounds

blueprints = [
    programmes,
    rounds,
    applications,
    assessments,
    recommendations,
    decisions,
    awards,
]
