"""Events this service listens to: copies of others' facts, and the mails that follow from them.

- ``directory``: who is who; mails about registrations and signing in
- ``grants``: mails about rounds, applications and decisions
- ``meetings``: mails about meetings, hearings and duties
- ``people``: mails about invitations, and about an association in new hands
- ``subscriptions``: mails to those who asked for documents and news
- ``mail``: the loop that sends what is queued
"""

from services.notifier.handlers import directory, grants, mail, meetings, people, subscriptions
from services.notifier.handlers.registry import handlers

__all__ = ["directory", "grants", "handlers", "mail", "meetings", "people", "subscriptions"]
