"""The client of the gateway.

Everything the portal can ask, one method each, by the service that answers.

The gateway's problems become exceptions (:mod:`portal.client.transport`); what cannot be reached
becomes :class:`GatewayAway`. Answers are plain mappings with the field names of the API.
"""

from portal.client.directory import Directory
from portal.client.funding import Funding
from portal.client.grants import Grants
from portal.client.meetings import Meetings
from portal.client.notifier import Notifier
from portal.client.offers import Offers
from portal.client.personal import Personal
from portal.client.reading import Documents, News
from portal.client.rooms import Rooms
from portal.client.transport import (
    Download,
    GatewayAway,
    GatewayProblem,
    Page,
    Resource,
    Transport,
)

__all__ = ["Client", "Download", "GatewayAway", "GatewayProblem", "Page", "Resource", "Transport"]


class Client:
    """The API as one visitor sees it: with their token, or without."""

    def __init__(self, transport: Transport, token: str = "", client_address: str = "") -> None:
        self.directory = Directory(transport, token, client_address)
        self.grants = Grants(transport, token, client_address)
        self.meetings = Meetings(transport, token, client_address)
        self.notifier = Notifier(transport, token, client_address)
        self.offers = Offers(transport, token, client_address)
        self.personal = Personal(transport, token, client_address)
        self.funding = Funding(transport, token, client_address)
        self.rooms = Rooms(transport, token, client_address)
        self.documents = Documents(transport, token, client_address)
        self.news = News(transport, token, client_address)
