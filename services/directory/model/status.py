"""Where an association stands on its way into the vejviser and out of it."""

from enum import StrEnum
from typing import Final


class AssociationStatus(StrEnum):
    """Where an association stands on its way into the vejviser."""

    REGISTERED = "registered"
    PUBLISHED = "published"
    REJECTED = "rejected"
    CLOSED = "closed"


# What counts as being there: it holds its CVR number, and somebody must answer for it.
LIVING: Final = (AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED)
