"""An offer for a citizen: found, printed and handed over, and nothing of the citizen kept (N7).

What is asked comes with the form and goes with the answer: it is in no address, no session and no
log. The one thing that is kept is a number, where nobody could be found.
"""

import uuid
from typing import Any, Final

from flask import Blueprint, Response, abort, request

from chassis import clock
from portal import charts, formats, security, times
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import Answer, client, for_offices, municipality, notify, page, see_other

views = Blueprint("matching", __name__, url_prefix="/find-til-borger")

STAFF: Final = ("coordinator", "caseworker")
MOST_ON_A_CARD: Final = 3
MOST_LEFT_OUT: Final = 60
YEARS: Final = range(2000, 2200)


@views.get("")
@for_offices(*STAFF)
def ask() -> Answer:
    """The form for a need."""
    return _page(Form(), {})


@views.post("")
@for_offices(*STAFF)
def find() -> Answer:
    """Three offers for a need; the page is the answer, and nothing is kept to come back to."""
    form = Form.sent()
    words = municipality()
    body: dict[str, Any] = {
        "q": form.line("q", required=False) or "",
        "target_group": _chosen(form, "target_group", words.words("target_groups")),
        "topic": _chosen(form, "topic", words.words("topics")),
        "area": _chosen(form, "area", words.words("areas")),
        "weekday": _chosen(form, "weekday", times.day_options()),
        "time_of_day": _chosen(form, "time_of_day", _times_of_day()),
        "wheelchair": True if form.flag("wheelchair") else None,
        "leave_out": _ids(form.values_of("leave_out"))[-MOST_LEFT_OUT:],
    }
    if not any(body[name] for name in ("q", "topic", "target_group")):
        form.refuse("q", _("Skriv, hvad der er brug for, eller vælg et emne eller en målgruppe."))
    found: Resource = {}
    if form.is_valid:
        try:
            found = client().directory.match(body)
        except GatewayProblem as problem:
            form.take(problem)
    return _page(form, found)


@views.get("/kort")
@for_offices(*STAFF)
def card() -> Answer:
    """A card to print and hand over; its address names offers, and nobody."""
    api = client()
    offers = [api.offers.offer(each) for each in _asked_offers()]
    if any(each["status"] != "published" for each in offers):
        abort(404)
    associations = {
        each: api.directory.association(each)
        for each in {row["association_id"] for row in offers if row["association_id"]}
    }
    return page(
        "match_card.html",
        offers=offers,
        associations=associations,
        said={row["id"]: [times.said(each) for each in row["times"]] for row in offers},
        today=formats.local(clock.now()),
    )


@views.get("/kort.pdf")
@for_offices(*STAFF)
def card_as_pdf() -> Answer:
    """The same as a PDF."""
    found = client().directory.card(_asked_offers())
    response = Response(found.content, content_type=found.media_type)
    response.headers["Content-Disposition"] = found.disposition
    response.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    return response


@views.route("/udaekket", methods=["GET", "POST"])
@for_offices(*STAFF)
def count() -> Answer:
    """Count a need that nobody could meet."""
    form = Form.new()
    if request.method == "POST":
        form = Form.sent()
        words = municipality()
        need = form.choice("need", [key for _group, keys in _needs() for key, _name in keys])
        area = form.choice("where", [key for key, _name in words.words("areas")], required=False)
        section, _colon, key = (need or "").partition(":")
        if form.is_valid:
            try:
                body = {section: key, "area": area}
                client().directory.count_unmet_need(form.identifier(), body)
                notify("success", _("Tak. Det er talt med. Der er ikke gemt andet end et tal."))
                return see_other("matching.ask")
            except GatewayProblem as problem:
                form.take(problem, known=("need", "where"))
    return page("match_unmet.html", 200 if form.is_valid else 422, form=form, needs=_needs())


@views.get("/tal")
@for_offices(*STAFF)
def figures() -> Answer:
    """What could not be met, by month, need and area."""
    this_year = formats.local(clock.now()).year
    asked = request.args.get("aar", "")
    year = int(asked) if asked.isdigit() and int(asked) in YEARS else this_year
    found = client().directory.unmet_figures(year)
    longest = max((row["count"] or 0 for row in found["months"]), default=0)
    return page(
        "match_figures.html",
        figures=found,
        year=year,
        this_year=this_year,
        lengths={
            row["month"]: charts.length(row["count"] or 0, longest) for row in found["months"]
        },
    )


def _page(form: Form, found: Resource) -> Answer:
    items = found.get("items", [])
    section = next((each for each in ("topic", "target_group") if form.value(each)), "")
    unmet = Form.new(
        need=f"{section}:{form.value(section)}" if section else "", where=form.value("area")
    )
    return page(
        "match.html",
        200 if form.is_valid else 422,
        form=form,
        found=found,
        said={
            row["offer"]["id"]: [times.said(each) for each in row["offer"]["times"]]
            for row in items
        },
        shown=[*_ids(form.values_of("leave_out")), *(row["offer"]["id"] for row in items)],
        day_options=times.day_options(),
        time_options=_times_of_day(),
        unmet_form=unmet,
        needs=_needs(),
    )


def _chosen(form: Form, name: str, options: list[tuple[str, str]]) -> str | None:
    return form.choice(name, [key for key, _name in options], required=False)


def _times_of_day() -> list[tuple[str, str]]:
    return [(key, _(text)) for key, text in times.TIMES_OF_DAY.items()]


def _needs() -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be needed, in two groups: a topic or a target group."""
    words = municipality()
    return [
        (_("Emne"), [(f"topic:{key}", name) for key, name in words.words("topics")]),
        (
            _("Målgruppe"),
            [(f"target_group:{key}", name) for key, name in words.words("target_groups")],
        ),
    ]


def _asked_offers() -> list[str]:
    asked = _ids(request.args.getlist("tilbud"))[:MOST_ON_A_CARD]
    if not asked:
        abort(404)
    return asked


def _ids(texts: list[str]) -> list[str]:
    """Return what is an id, once each."""
    found = []
    for each in texts:
        try:
            found.append(str(uuid.UUID(each)))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
