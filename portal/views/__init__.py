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
    hearings,
    imports,
    meetings,
    public,
    rounds,
    sign_in,
)

blueprints: Final[tuple[Blueprint, ...]] = (
    public.views,
    sign_in.views,
    association.views,
    rounds.views,
    applications.views,
    council.views,
    committee.views,
    meetings.views,
    hearings.views,
    coordinator.views,
    imports.views,
)
