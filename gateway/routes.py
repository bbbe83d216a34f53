"""Which service answers for which address. What is not in the table does not exist outside.

``public`` marks what anybody may read: such answers may be kept for a moment (see
:mod:`gateway.cache`) when the caller is nobody in particular.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from werkzeug.exceptions import BadRequest, RequestURITooLarge

SERVICES: Final = ("directory", "grants", "meetings", "notifier")
KEYS: Final = "/.well-known/jwks.json"
# Followed by the name of a service: each has operations of its own, and what it keeps of people.
OPERATIONS: Final = "/api/v1/ops"
PERSONAL_DATA: Final = "/api/v1/personal-data"
MAX_ADDRESS_BYTES: Final = 8192

_REFUSED: Final = re.compile(r"//|/\.{1,2}(?:/|$)|\\|[\x00-\x1f\x7f]")
_SAFE_IN_PATH: Final = "/:@!$&'()*+,;=~-._"
_SAFE_IN_QUERY: Final = "%/:?@!$&'()*+,;=~-._[]"


@dataclass(frozen=True)
class Route:
    """One resource of the API: its address, who answers for it, whether anybody may read it."""

    prefix: str
    service: str
    public: bool = False


ROUTES: Final = (
    Route("/api/v1/associations", "directory", public=True),
    Route("/api/v1/search", "directory", public=True),
    Route("/api/v1/address-suggestions", "directory", public=True),
    Route("/api/v1/offers", "directory", public=True),
    Route("/api/v1/municipal-offers", "directory"),
    Route("/api/v1/competences", "directory", public=True),
    Route("/api/v1/vocabulary", "directory", public=True),
    Route("/api/v1/offices", "directory", public=True),
    Route("/api/v1/contact-office", "directory", public=True),
    Route("/api/v1/contact-pairs", "directory", public=True),
    Route("/api/v1/documents", "directory", public=True),
    Route("/api/v1/news-items", "directory", public=True),
    Route("/api/v1/funding-opportunities", "directory", public=True),
    Route("/api/v1/rooms", "directory", public=True),
    Route("/api/v1/unmet-room-needs", "directory"),
    Route("/api/v1/imports", "directory"),
    Route("/api/v1/exports", "directory", public=True),
    Route("/api/v1/hsds", "directory", public=True),
    Route("/api/v1/editing-agreements", "directory", public=True),
    Route("/api/v1/vejviser-figures", "directory", public=True),
    Route("/api/v1/confirmation-links", "directory"),
    Route("/api/v1/call-list", "directory"),
    Route("/api/v1/calls", "directory"),
    Route("/api/v1/matches", "directory"),
    Route("/api/v1/unmet-needs", "directory"),
    Route("/api/v1/unmet-need-figures", "directory"),
    Route("/api/v1/paper-gaps", "directory"),
    Route("/api/v1/paper-figures", "directory"),
    Route("/api/v1/memberships", "directory"),
    Route("/api/v1/invitations", "directory"),
    Route("/api/v1/invitation-links", "directory"),
    Route("/api/v1/people", "directory"),
    Route("/api/v1/erasures", "directory"),
    Route("/api/v1/erasure-receipts", "directory"),
    Route("/api/v1/sign-in-methods", "directory", public=True),
    Route("/api/v1/sign-in-links", "directory"),
    Route("/api/v1/sign-in-flows", "directory"),
    Route("/api/v1/sessions", "directory"),
    Route("/api/v1/me", "directory"),
    Route(KEYS, "directory", public=True),
    Route("/api/v1/programmes", "grants", public=True),
    Route("/api/v1/rounds", "grants", public=True),
    Route("/api/v1/awards", "grants", public=True),
    Route("/api/v1/applications", "grants"),
    Route("/api/v1/assessments", "grants"),
    Route("/api/v1/recommendations", "grants"),
    Route("/api/v1/decisions", "grants"),
    Route("/api/v1/meetings", "meetings", public=True),
    Route("/api/v1/minutes", "meetings", public=True),
    Route("/api/v1/hearings", "meetings", public=True),
    Route("/api/v1/duties", "meetings", public=True),
    Route("/api/v1/registrations", "meetings"),
    Route("/api/v1/responses", "meetings", public=True),
    Route("/api/v1/deliveries", "notifier"),
    Route("/api/v1/subscriptions", "notifier"),
    Route("/api/v1/unsubscriptions", "notifier"),
    Route("/api/v1/preferences", "notifier"),
    *(
        Route(f"{prefix}/{service}", service)
        for prefix in (OPERATIONS, PERSONAL_DATA)
        for service in SERVICES
    ),
)
_BY_PREFIX: Final[Mapping[str, Route]] = {route.prefix: route for route in ROUTES}


def find(path: str) -> Route | None:
    """Return the route of a path, or None."""
    if path == KEYS:
        return _BY_PREFIX[KEYS]
    # "/api/v1/associations/0192..." begins with "", "api", "v1" and the resource.
    parts = path.split("/", 5)
    resource = "/".join(parts[:4])
    each_has_one = resource in {OPERATIONS, PERSONAL_DATA}
    return _BY_PREFIX.get("/".join(parts[:5]) if each_has_one else resource)


def target_of(path_info: str, query_string: str) -> str:
    """Return the address to forward, from WSGI's decoded path and raw query, quoted anew.

    The path is decoded once, by the server, matched in that form and quoted in that form, so that
    the service sees exactly what was matched. Raises ``BadRequest`` for what a service might read
    differently: empty or dotted segments, backslashes, control characters, no UTF-8.
    """
    try:
        path = path_info.encode("latin-1").decode("utf-8")
    except UnicodeError as error:
        raise BadRequest("The address is not valid UTF-8.") from error
    if _REFUSED.search(path):
        raise BadRequest("The address is not in its plain form.")
    query = quote(query_string.encode("latin-1", "replace"), safe=_SAFE_IN_QUERY)
    target = quote(path, safe=_SAFE_IN_PATH) + (f"?{query}" if query else "")
    if len(target) > MAX_ADDRESS_BYTES:
        raise RequestURITooLarge
    return target
