"""One search over all that is offered: the page, what it suggests, the small one for other sites.

The address of every search can be shared: it says all that was chosen (V6, N9).
"""

from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

import flask
from flask import Blueprint, request, url_for

from portal import maps, times
from portal.client import GatewayProblem, Page
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import Answer, client, municipality, page, public_address

views = Blueprint("search", __name__)

PER_PAGE: Final = 20
LONGEST: Final = 200
# The choices of the page's address, by the names of the API.
CHOICES: Final[Mapping[str, str]] = {
    "kind": "slags",
    "target_group": "maalgruppe",
    "topic": "emne",
    "area": "omraade",
    "weekday": "dag",
    "time_of_day": "tid",
}
TICKS: Final[Mapping[str, str]] = {
    "free": "gratis",
    "takes_new_users": "nye",
    "needs_volunteers": "frivillige",
    "wheelchair": "koerestol",
}
SORTS: Final = ("relevance", "name", "distance")
SITEMAP_SECONDS: Final = 3600
PAGES_TO_CRAWL: Final = (
    "public.front",
    "search.find",
    "rounds.all_rounds",
    "rounds.awards",
    "meetings.all_meetings",
    "hearings.all_hearings",
    "documents.all_documents",
    "news.all_news",
    "funding.all_opportunities",
    "rooms.all_rooms",
    "public.duties",
    "public.who_is_who",
    "public.about",
)


@views.get("/find")
def find() -> Answer:
    """Search associations and offers, with what each choice would leave, and a map."""
    asked = _asked()
    form = Form({"naer": asked["near"]})
    found = _found(asked, form)
    return page(
        "search.html",
        found=found,
        asked=asked,
        address=_address(asked),
        form=form,
        choices=_choices(),
        ticks=TICKS,
        names=CHOICES,
        drawing=maps.drawing(
            municipality().profile, found["facets"]["areas"], found.get("items", [])
        ),
        places=[place["name"] for place in municipality().profile.get("places", ())],
        day_names=times.DAYS,
        embed_address=public_address("search.embedded"),
    )


@views.get("/find/forslag")
def suggest() -> Answer:
    """Complete what is being typed: a list of texts, for the script of the search field."""
    q = request.args.get("q", "")[:LONGEST]
    answer = flask.jsonify(client().offers.suggestions(q))
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer


@views.get("/indlejr")
def embedded() -> Answer:
    """A small search that other sites may show in a frame; it opens the large one (V23)."""
    return page("embedded.html", choices=_choices())


@views.get("/sitemap.xml")
def sitemap() -> Answer:
    """Name every page a search engine should know (N9): sitemaps.org's protocol."""
    addresses = [public_address(endpoint) for endpoint in PAGES_TO_CRAWL]
    for found in client().offers.everything():
        endpoint = "offers.show" if found["kind"] == "offer" else "association.show"
        name = "offer_id" if found["kind"] == "offer" else "association_id"
        addresses.append(public_address(endpoint, **{name: found["id"]}))
    addresses += [
        public_address("documents.show", document_id=found["id"])
        for found in client().documents.everything()
    ]
    addresses += [
        public_address("news.show", news_item_id=found["id"])
        for found in client().news.everything()
    ]
    addresses += [
        public_address("funding.show", opportunity_id=found["id"])
        for found in client().funding.everything()
        if found["source"] == "staff"
    ]
    addresses += [
        public_address("rooms.show", room_id=found["id"]) for found in client().rooms.everything()
    ]
    rows = "".join(f"<url><loc>{escape(address)}</loc></url>" for address in addresses)
    answer = flask.Response(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>\n',
        mimetype="application/xml",
    )
    answer.headers["Cache-Control"] = f"public, max-age={SITEMAP_SECONDS}"
    return answer


def _asked() -> dict[str, Any]:
    """Read the address; what is no choice here is left out."""
    given = request.args
    options = _choices()
    asked: dict[str, Any] = {"q": given.get("q", "").strip()[:LONGEST]}
    for name, key in CHOICES.items():
        value = given.get(key, "")
        asked[name] = value if value in dict(options[name]) else None
    asked |= {name: True if given.get(key) else None for name, key in TICKS.items()}
    asked["near"] = given.get("naer", "").strip()[:LONGEST]
    asked["sort"] = given.get("orden") if given.get("orden") in SORTS else None
    return asked


def _found(asked: Mapping[str, Any], form: Form) -> Page:
    """Search; where the place is none of the municipality's, say so and search without it."""
    cursor = request.args.get("side")
    # A distance from nowhere: list by name until the visitor has said where from.
    sort = None if asked["sort"] == "distance" and not asked["near"] else asked["sort"]
    if asked["sort"] == "distance" and not asked["near"]:
        form.refuse("naer", _("Skriv et postnummer eller et stednavn, som afstanden regnes fra."))
    try:
        return client().offers.search(**{**asked, "sort": sort}, limit=PER_PAGE, cursor=cursor)
    except GatewayProblem as problem:
        pointers = {error.get("pointer") for error in problem.errors}
        if problem.status != 422 or not pointers & {"/near", "/cursor"}:
            raise
        if "/near" in pointers:
            form.refuse(
                "naer", _("Vi kender ikke det sted. Skriv et postnummer eller et stednavn.")
            )
            sort = None
    return client().offers.search(**{**asked, "sort": sort, "near": None}, limit=PER_PAGE)


def _address(asked: Mapping[str, Any]) -> Any:
    """Return what makes the address of this search with something else chosen."""
    keys = {**CHOICES, **TICKS, "q": "q", "near": "naer", "sort": "orden", "cursor": "side"}

    def address(**changes: Any) -> str:
        values = {**asked, **changes}
        given: dict[str, Any] = {
            keys[name]: "1" if value is True else value for name, value in values.items() if value
        }
        return url_for("search.find", **given)

    return address


def _choices() -> Mapping[str, list[tuple[str, str]]]:
    words = municipality().words
    return {
        "kind": [("offer", _("Tilbud")), ("association", _("Foreninger"))],
        "target_group": words("target_groups"),
        "topic": words("topics"),
        "area": words("areas"),
        "weekday": times.day_options(),
        "time_of_day": times.part_options(),
    }
