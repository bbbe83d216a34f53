"""Programmes and rounds for everybody, and the register of awards (V22, V26, V28).

The coordinator's form for a round is here too.
"""

import functools
import uuid
from typing import Any

from flask import Blueprint, request

from portal import explanations, forms
from portal.client import GatewayProblem, Resource
from portal.formats import typed_amount
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.web import Answer, client, for_offices, notify, optional, page, see_other, viewer

views = Blueprint("rounds", __name__)

STAFF = ("coordinator", "caseworker")
MOMENTS = ("opens_at", "closes_at")
DAYS = ("council_on", "committee_on", "report_on")
CRITERIA_SPARE = 2


@views.get("/puljer")
def all_rounds() -> Answer:
    """Programmes, and the rounds in which one can apply."""
    api = client()
    rounds = sorted(api.grants.rounds(), key=lambda found: found["closes_at"], reverse=True)
    current = [found for found in rounds if found["status"] in {"draft", "announced", "open"}]
    return page(
        "rounds.html",
        current=list(reversed(current)),
        earlier=[found for found in rounds if found not in current],
        programmes=optional(api.grants.programmes, []),
    )


@views.get("/puljer/<uuid:round_id>")
def show(round_id: uuid.UUID) -> Answer:
    """One round: dates, criteria, and the awards when it is decided."""
    api = client()
    found = api.grants.round(str(round_id))
    mine = []
    if viewer().associations:
        mine = optional(lambda: api.grants.applications(round_id=str(round_id)), [])
        mine = [row for row in mine if viewer().in_association(row["association_id"])]
    awards: Resource = {}
    if found["status"] == "decided":
        awards = optional(lambda: api.grants.awards(str(round_id)), {})
    programme = next(
        (row for row in optional(api.grants.programmes, []) if row["id"] == found["programme_id"]),
        {},
    )
    return page("round.html", round=found, mine=mine, awards=awards, programme=programme)


@views.get("/tildelinger")
def awards() -> Answer:
    """The public register of awards, round by round (V28)."""
    api = client()
    decided = [found for found in api.grants.rounds() if found["status"] == "decided"]
    decided.sort(key=lambda found: found["closes_at"], reverse=True)
    totals = [
        (found, optional(functools.partial(api.grants.awards, found["id"]), {}))
        for found in decided
    ]
    return page("awards.html", rounds=totals)


@views.get("/tildelinger/<uuid:round_id>")
def awards_of(round_id: uuid.UUID) -> Answer:
    """The awards of one round, as a chart and as a table."""
    api = client()
    found = api.grants.round(str(round_id))
    register = api.grants.awards(str(round_id))
    items = sorted(register.get("items", []), key=lambda row: -(row.get("granted_ore") or 0))
    return page("awards_round.html", round=found, register=register, items=items)


# --- the coordinator's form ----------------------------------------------------------------------


@views.get("/puljer/ny")
@for_offices(*STAFF)
def new() -> Answer:
    """The form for a new round; it takes its start from the programme."""
    programmes = client().grants.programmes()
    asked = request.args.get("program", "")
    programme = next(
        (row for row in programmes if row["id"] == asked), programmes[0] if programmes else None
    )
    form = Form.new(**_values({}, programme))
    form.values["programme_id"] = programme["id"] if programme else ""
    return page("round_edit.html", form=form, programmes=programmes, round=None)


@views.post("/puljer/ny")
@for_offices(*STAFF)
def create() -> Answer:
    """Save a new round as a draft."""
    form = Form.sent()
    round_id = form.identifier()
    return _save(form, round_id, None)


@views.get("/puljer/<uuid:round_id>/rediger")
@for_offices(*STAFF)
def edit(round_id: uuid.UUID) -> Answer:
    """The form for a draft."""
    api = client()
    found = api.grants.round(str(round_id))
    form = Form({**_values(found, None), "version": found["version"]})
    return page("round_edit.html", form=form, programmes=api.grants.programmes(), round=found)


@views.post("/puljer/<uuid:round_id>/rediger")
@for_offices(*STAFF)
def save(round_id: uuid.UUID) -> Answer:
    """Save a draft."""
    return _save(Form.sent(), str(round_id), client().grants.round(str(round_id)))


@views.post("/puljer/<uuid:round_id>/annoncer")
@for_offices(*STAFF)
def announce(round_id: uuid.UUID) -> Answer:
    """Make a round public; every association gets a mail."""
    try:
        client().grants.announce_round(str(round_id))
        notify("success", _("Runden er offentlig, og foreningerne får besked på mail."))
    except GatewayProblem as problem:
        if problem.status not in {409, 422}:
            raise
        notify("error", explanations.problem(problem))
    return see_other("rounds.show", round_id=round_id)


@views.post("/puljer/<uuid:round_id>/slet")
@for_offices(*STAFF)
def delete(round_id: uuid.UUID) -> Answer:
    """Drop a draft."""
    client().grants.delete_round(str(round_id))
    notify("success", _("Kladden er slettet."))
    return see_other("rounds.all_rounds")


_LABELS = {
    "title": N_("Rundens navn"),
    "frame_ore": N_("Ramme"),
    "opens_at": N_("Åbner"),
    "closes_at": N_("Lukker"),
    "council_on": N_("Behandles i Frivilligrådet"),
    "committee_on": N_("Afgøres i udvalget"),
    "report_on": N_("Regnskab senest"),
    "information": N_("Information til ansøgere"),
}


def _save(form: Form, round_id: str, before: Resource | None) -> Answer:
    api = client()
    body = _body(form)
    body["programme_id"] = before["programme_id"] if before else form.line("programme_id")
    if form.is_valid:
        try:
            api.grants.put_round(round_id, body, form.value("version") or None)
            notify(
                "success", _("Kladden er gemt. Den er først offentlig, når du offentliggør den.")
            )
            return see_other("rounds.show", round_id=round_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                before = api.grants.round(round_id)
                mine = {key: form.value(key) for key in _LABELS}
                theirs = {
                    key: str(value or "")
                    for key, value in _values(before, None).items()
                    if key in _LABELS
                }
                form.compare(mine, theirs, {key: _(text) for key, text in _LABELS.items()})
                form.values["version"] = str(before["version"])
                form.general.clear()
    return page("round_edit.html", 422, form=form, programmes=api.grants.programmes(), round=before)


def _body(form: Form) -> Resource:
    body: Resource = {
        "title": form.line("title"),
        "frame_ore": form.amount("frame_ore"),
        "information": form.text("information", required=False),
        "minimum_ore": form.amount("minimum_ore", required=False),
        "maximum_ore": form.amount("maximum_ore", required=False),
        "focus_areas": [
            row.strip() for row in form.value("focus_areas").splitlines() if row.strip()
        ],
    }
    for name in MOMENTS:
        body[name] = form.moment(name)
    for name in DAYS:
        body[name] = form.day(name, required=name != "report_on")
    criteria = []
    for index in form.rows("criteria"):
        title = form.line(f"criteria-{index}-title", required=False)
        text = form.text(f"criteria-{index}-text", required=False, longest=1000)
        if title:
            key = form.value(f"criteria-{index}-key") or f"criterion-{index + 1}"
            criteria.append({"key": key, "title": title, "text": text or ""})
    if criteria:
        body["criteria"] = criteria
    return {key: value for key, value in body.items() if value is not None}


def _values(found: Resource, programme: Resource | None) -> dict[str, Any]:
    """What stands in the form: the round's own, else the programme's."""
    rules = (programme or {}).get("rules") or programme or {}
    source = found or {
        **rules,
        **{key: (programme or {}).get(key) for key in ("criteria", "focus_areas")},
    }
    values: dict[str, Any] = {
        "title": found.get("title", ""),
        "information": found.get("information") or "",
        "focus_areas": "\n".join(source.get("focus_areas") or rules.get("focus_areas") or ()),
    }
    for name in ("frame_ore", "minimum_ore", "maximum_ore"):
        values[name] = typed_amount(source.get(name))
    for name in MOMENTS:
        forms.fill_moment(values, name, found.get(name))
    if not found:
        values["opens_at-clock"] = str(rules.get("opening_time") or "08:00")
        values["closes_at-clock"] = str(rules.get("closing_time") or "23:59")
    for name in DAYS:
        values[name] = found.get(name) or ""
    criteria = list(source.get("criteria") or rules.get("criteria") or ())
    for index in range(len(criteria) + CRITERIA_SPARE):
        row = criteria[index] if index < len(criteria) else {}
        for part in ("key", "title", "text"):
            values[f"criteria-{index}-{part}"] = row.get(part, "")
    return values
