"""The pages, one module per area.

A view reads through the client, decides what is offered, and renders a template.
"""

from typing import Final

from flask import Blueprint

from portal.views import (
    addresses,
    applications,
    association,
    committee,
    competences,
    contact_pairs,
    coordinator,
    council,
    documents,
    funding,
    hearings,
    imports,
    matching,
    meetings,
    news,
    offers,
    offices,
    papers,
    people,
    personal,
    public,
    rooms,
    rounds,
    search,
    sign_in,
    subscriptions,
    take_away,
    upkeep,
)

blueprints: Final[tuple[Blueprint, ...]] = (
    public.views,
    sign_in.views,
    search.views,
    association.views,
    people.views,
    offices.views,
    contact_pairs.views,
    competences.views,
    offers.views,
    rounds.views,
    applications.views,
    council.views,
    committee.views,
    meetings.views,
    hearings.views,
    documents.views,
    news.views,
    funding.views,
    rooms.views,
    subscriptions.views,
    coordinator.views,
    imports.views,
    take_away.views,
    upkeep.views,
    personal.views,
    addresses.views,
    papers.views,
    matching.views,
)
