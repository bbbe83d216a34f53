"""Routes of the meetings service, one module for each resource."""

from services.meetings.api.duties import duties
from services.meetings.api.hearings import hearings
from services.meetings.api.meetings import meetings
from services.meetings.api.minutes import minutes
from services.meetings.api.registrations import registrations
from services.meetings.api.responses import responses

blueprints = (meetings, registrations, minutes, hearings, responses, duties)

__all__ = ["blueprints"]
