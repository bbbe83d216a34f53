"""The pages, one module per area.

A view reads through the client, decides what is offered, and renders a template.
"""

from typing import Final

from flask import Blueprint

from portal.views import (
    applications,
    association,
    committee,
    coordinator,
    council,
    documents,
    funding,
    hearings,
    imports,
    meetings,
    news,
    offers,
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
)
