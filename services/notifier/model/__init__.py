"""What this service keeps: deliveries and their fates, choices of news, and copies of others' facts.

Pure rules on mapped classes; a transition returns the event that records it. Nothing here knows
HTTP, SMTP or commits.
"""

from contracts.values import Body
from services.notifier.model.deliveries import BACK_OFF, Delivery, Status
from services.notifier.model.mapping import Base
from services.notifier.model.preferences import Preference, new_token
from services.notifier.model.projections import (
    Application,
    Association,
    Meeting,
    Membership,
    Office,
    Person,
    Registration,
)
from services.notifier.model.templates import TEMPLATES, Template, Uncertain

__all__ = [
    "BACK_OFF",
    "TEMPLATES",
    "Application",
    "Association",
    "Base",
    "Body",
    "Delivery",
    "Meeting",
    "Membership",
    "Office",
    "Person",
    "Preference",
    "Registration",
    "Status",
    "Template",
    "Uncertain",
    "new_token",
]
