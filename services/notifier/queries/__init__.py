"""Reads: who is to be told, what became of mails, who wants news."""

from services.notifier.queries.deliveries import (
    deliveries,
    deliveries_by_state,
    delivery_of,
    preference_of,
)
from services.notifier.queries.recipients import (
    Recipient,
    audience,
    contacts,
    everyone_published,
    merge,
    office_holders,
    person,
    registered,
)

__all__ = [
    "Recipient",
    "audience",
    "contacts",
    "deliveries",
    "deliveries_by_state",
    "delivery_of",
    "everyone_published",
    "merge",
    "office_holders",
    "person",
    "preference_of",
    "registered",
]
