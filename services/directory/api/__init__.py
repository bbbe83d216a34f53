"""Routes of the directory, one module for each resource."""

from services.directory.api import matching, papers, succession
from services.directory.api.addresses import addresses
from services.directory.api.answers import require_living_session
from services.directory.api.associations import associations, vocabulary
from services.directory.api.competences import competences
from services.directory.api.confirmation import links
from services.directory.api.contact_pairs import contact_pairs
from services.directory.api.delegation import agreements, call_list, calls, figures
from services.directory.api.documents import documents
from services.directory.api.erasures import erasures, receipts
from services.directory.api.exports import exports, hsds
from services.directory.api.funding import funding
from services.directory.api.imports import imports
from services.directory.api.invitations import invitation_links, invitations
from services.directory.api.memberships import memberships
from services.directory.api.news import news_items
from services.directory.api.notes import get_note, put_note
from services.directory.api.offers import municipal_offers, offers
from services.directory.api.offices import contact_office, offices
from services.directory.api.people import people
from services.directory.api.rooms import rooms, unmet_needs
from services.directory.api.search import search
from services.directory.api.sign_in import keys, me, sessions, sign_in
from services.directory.api.sign_in_flows import flows, methods

blueprints = (
    associations,
    vocabulary,
    imports,
    exports,
    hsds,
    search,
    addresses,
    offers,
    municipal_offers,
    competences,
    documents,
    news_items,
    funding,
    rooms,
    unmet_needs,
    links,
    agreements,
    call_list,
    calls,
    figures,
    matching.matches,
    matching.needs,
    matching.figures,
    papers.gaps,
    papers.figures,
    memberships,
    invitations,
    invitation_links,
    people,
    erasures,
    receipts,
    offices,
    contact_office,
    contact_pairs,
    methods,
    sign_in,
    flows,
    sessions,
    me,
    keys,
)

for _each in blueprints:
    _each.before_request(require_living_session)

# The routes of these are parts of an association's address: they are on its blueprint.
__all__ = ["blueprints", "get_note", "papers", "put_note", "succession"]
