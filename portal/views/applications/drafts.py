"""A draft: begun, filled in step by step, and dropped."""

import uuid
from typing import Any

import flask
from flask import request

from portal import formats
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.views.applications.blueprint import views
from portal.views.applications.budget import budget_text, fill_rows, read_budget, totals
from portal.web import (
    Answer,
    client,
    notify,
    optional,
    page,
    see_other,
    signed_in,
    viewer,
)

DRAFT_FIELDS = (
    "round_id",
    "association_id",
    "title",
    "activity",
    "target_group",
    "volunteers_count",
    "users_count",
    "place",
    "period",
    "cooperation",
    "amount_ore",
    "budget",
    "contact_name",
    "signatory_name",
    "first_time",
)
STEPS = ("aktivitet", "budget", "bilag")
TEMPLATES = {
    "aktivitet": "application_activity.html",
    "budget": "application_budget.html",
    "bilag": "application_attachments.html",
}


@views.get("/ansoegninger/ny")
@signed_in
def new() -> Answer:
    """Begin an application: for which association, and what it is called."""
    round_id = request.args.get("runde", "")
    return _begin(Form.new(round_id=round_id))


@views.post("/ansoegninger/ny")
@signed_in
def create() -> Answer:
    """Save the first words of a draft."""
    form = Form.sent()
    application_id = form.identifier()
    body = {
        "round_id": form.line("round_id"),
        "association_id": form.choice("association_id", viewer().associations_as("editor")),
        "title": form.line("title"),
    }
    if form.is_valid:
        try:
            client().grants.put_application(application_id, body)
            return see_other("applications.edit", application_id=application_id)
        except GatewayProblem as problem:
            form.take(problem)
    return _begin(form, 422)


@views.get("/ansoegninger/<uuid:application_id>/rediger")
@signed_in
def edit(application_id: uuid.UUID) -> Answer:
    """One step of the form."""
    application = client().grants.application(str(application_id))
    if application["status"] != "draft":
        return see_other("applications.show", application_id=application_id)
    extra = request.args.get("linjer", "")
    return show_step(
        application, _form(application, int(extra) if extra.isdigit() else 0), _asked_step()
    )


@views.post("/ansoegninger/<uuid:application_id>/rediger")
@signed_in
def save(application_id: uuid.UUID) -> Answer:
    """Save one step; what the other steps hold stays as it is."""
    form = Form.sent()
    step = _asked_step()
    api = client()
    current = api.grants.application(str(application_id))
    body = {key: current.get(key) for key in DRAFT_FIELDS if current.get(key) is not None}
    body |= _read_activity(form) if step == "aktivitet" else read_budget(form)
    if form.is_valid:
        try:
            api.grants.put_application(str(application_id), body, form.value("version"))
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                current = api.grants.application(str(application_id))
                _show_differences(form, current, step)
        else:
            return _after_saving(form, str(application_id), step)
    return show_step(current, form, step, 422)


@views.post("/ansoegninger/<uuid:application_id>/slet")
@signed_in
def delete(application_id: uuid.UUID) -> Answer:
    """Drop a draft."""
    client().grants.delete_application(str(application_id))
    notify("success", _("Kladden er slettet."))
    return see_other("applications.mine")


# --- the parts -----------------------------------------------------------------------------------


_LABELS = {
    "title": N_("Aktivitetens navn"),
    "activity": N_("Hvad vil I gøre?"),
    "target_group": N_("Hvem er det for?"),
    "volunteers_count": N_("Antal frivillige"),
    "users_count": N_("Antal deltagere"),
    "place": N_("Sted"),
    "period": N_("Periode"),
    "cooperation": N_("Samarbejde"),
    "contact_name": N_("Kontaktperson for ansøgningen"),
    "signatory_name": N_("Tegningsberettiget"),
    "amount_ore": N_("Beløb, I søger om"),
}


def show_step(application: Resource, form: Form, step: str, status: int = 200) -> Answer:
    """Render a step of the form."""
    found = client().grants.round(application["round_id"])
    rows = [(index, form.value(f"budget-{index}-kind")) for index in form.rows("budget")]
    if step == "bilag" and not form.value("attachment_id"):
        form.values["attachment_id"] = str(uuid.uuid4())
    return page(
        TEMPLATES[step],
        status,
        application=application,
        round=found,
        form=form,
        step=step,
        costs=[index for index, kind in rows if kind == "cost"],
        incomes=[index for index, kind in rows if kind == "income"],
        budget=totals(application.get("budget") or []),
    )


def _asked_step() -> str:
    asked = request.values.get("trin", STEPS[0])
    return asked if asked in STEPS else STEPS[0]


def _begin(form: Form, status: int = 200) -> Answer:
    api = client()
    rounds = [row for row in api.grants.rounds() if row["status"] in {"announced", "open"}]
    known = {
        row["id"]: row["name"] for row in optional(api.directory.me, {}).get("associations", [])
    }
    choices = [(key, known.get(key, key)) for key in viewer().associations_as("editor")]
    if len(choices) == 1 and not form.value("association_id"):
        form.values["association_id"] = choices[0][0]
    if len(rounds) == 1 and not form.value("round_id"):
        form.values["round_id"] = rounds[0]["id"]
    return page("application_new.html", status, form=form, rounds=rounds, associations=choices)


def _form(application: Resource, more_rows: int = 0) -> Form:
    """The form of a draft; costs come first, then incomes, each with empty rows to fill in."""
    values: dict[str, Any] = {
        name: application.get(name) for name in _LABELS if name != "amount_ore"
    }
    values["amount_ore"] = formats.typed_amount(application.get("amount_ore"))
    values["first_time"] = "1" if application.get("first_time") else ""
    values["version"] = application["version"]
    form = Form(values)
    fill_rows(form, application.get("budget") or [], more_rows)
    return form


def _read_activity(form: Form) -> Resource:
    body: Resource = {
        "title": form.line("title"),
        "first_time": form.flag("first_time"),
        "volunteers_count": form.count("volunteers_count", required=False),
        "users_count": form.count("users_count", required=False),
    }
    for name in ("activity", "cooperation"):
        body[name] = form.text(name, required=False)
    for name in ("target_group", "place", "period", "contact_name", "signatory_name"):
        body[name] = form.line(name, required=False)
    return {
        key: "" if value is None and not key.endswith("_count") else value
        for key, value in body.items()
    }


def _after_saving(form: Form, application_id: str, step: str) -> Answer:
    wanted = form.value("next")
    if wanted == "rows":
        target = flask.url_for(
            "applications.edit", application_id=application_id, trin="budget", linjer=3
        )
        return flask.redirect(target + "#nye-linjer", code=303)
    if wanted == "continue":
        following = STEPS[STEPS.index(step) + 1]
        return see_other("applications.edit", application_id=application_id, trin=following)
    notify("success", _("Kladden er gemt. Du kan fortsætte, når det passer dig."))
    return see_other("applications.edit", application_id=application_id, trin=step)


def _show_differences(form: Form, current: Resource, step: str) -> None:
    names = [name for name in _LABELS if (name == "amount_ore") == (step == "budget")]
    theirs = {name: str(current.get(name) or "") for name in names}
    if step == "budget":
        theirs["amount_ore"] = formats.typed_amount(current.get("amount_ore"))
        names.append("budget")
        theirs["budget"] = budget_text(current.get("budget") or [])
        form.values["budget"] = budget_text(read_budget(Form(dict(form.values)))["budget"])
    labels = {name: _(_LABELS.get(name, N_("Budget"))) for name in names}
    form.compare({name: form.value(name) for name in names}, theirs, labels)
    form.values["version"] = str(current["version"])
    form.general.clear()
