"""What the notifier keeps: deliveries with their states, people's wishes, and copies of who is who.

- ``delivery``: one mail to one person, from the queue to the mail server
- ``template``: the kinds of mail there are, and how each is treated
- ``preference``: who wants news by mail
- ``subscription``: what an address asked to be mailed about
- ``projection``: copies of the directory's, the grants service's and the meetings service's facts
- ``settings``: what an operator sets
"""

from services.notifier.model.base import Base
from services.notifier.model.delivery import (
    About,
    ClaimLost,
    Delivery,
    DeliveryNotResendable,
    DeliveryNotUncertain,
    DeliveryStatus,
    next_delay,
)
from services.notifier.model.preference import Preference
from services.notifier.model.projection import (
    Application,
    Association,
    AssociationStatus,
    Meeting,
    Membership,
    Office,
    Person,
    Registration,
)
from services.notifier.model.settings import NotifierSettings, ServerAddress, UncertainMail
from services.notifier.model.subscription import (
    ASKED_BY_ONE,
    CONFIRMED_WITHIN,
    ENDED_KEPT,
    SUBJECTS,
    LinkNotValid,
    Subscription,
    email_key,
    hashed,
)
from services.notifier.model.template import TEMPLATES, Template, Uncertain

PROJECTIONS = (Person, Membership, Association, Office, Application, Meeting, Registration)
"""What a rebuild clears and fills again from the other services' event logs."""

__all__ = [
    "ASKED_BY_ONE",
    "CONFIRMED_WITHIN",
    "ENDED_KEPT",
    "PROJECTIONS",
    "SUBJECTS",
    "TEMPLATES",
    "About",
    "Application",
    "Association",
    "AssociationStatus",
    "Base",
    "ClaimLost",
    "Delivery",
    "DeliveryNotResendable",
    "DeliveryNotUncertain",
    "DeliveryStatus",
    "LinkNotValid",
    "Meeting",
    "Membership",
    "NotifierSettings",
    "Office",
    "Person",
    "Preference",
    "Registration",
    "ServerAddress",
    "Subscription",
    "Template",
    "Uncertain",
    "UncertainMail",
    "email_key",
    "hashed",
    "next_delay",
]
