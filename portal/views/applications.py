"""My page, and the application from draft to receipt.

Everything typed is saved step by step; nothing needs JavaScript.
"""

import uuid
from typing import Any

import flask
from flask import Blueprint, Response, request

from portal import explanations, formats, security
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    anonymous_client,
    client,
    notify,
    optional,
    page,
    see_other,
    session,
    signed_in,
    viewer,
)

views = Blueprint("applications", __name__)

SPARE_ROWS = 2
MOST_ROWS = 60
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
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "csv": "text/csv",
}


@views.get("/min-side")
@signed_in
def mine() -> Answer:
    """My associations, applications, registrations, and the hearings that wait for an answer."""
    api = client()
    me = api.directory.me()
    known = {row["id"]: row.get("role") for row in me.get("associations", [])}
    if known != dict(viewer().associations) or set(me.get("roles", ())) != set(viewer().roles):
        _take_new_roles()
        api = client()
    applications = optional(api.grants.applications, [])
    applications = [row for row in applications if viewer().in_association(row["association_id"])]
    hearings = [row for row in optional(api.meetings.hearings, []) if row["status"] == "open"]
    responses = optional(api.meetings.responses, [])
    answered = {
        row["hearing_id"] for row in responses if viewer().in_association(row.get("association_id"))
    }
    registrations = [
        row
        for row in optional(api.meetings.registrations, [])
        if row.get("status") != "withdrawn" and _is_mine(row)
    ]
    meetings = {row["id"]: row for row in optional(api.meetings.meetings, [])}
    rounds = [
        row for row in optional(api.grants.rounds, []) if row["status"] in {"announced", "open"}
    ]
    return page(
        "my_page.html",
        me=me,
        applications=applications,
        rounds=rounds,
        hearings=[row for row in hearings if _concerns_me(row, me) and row["id"] not in answered],
        registrations=[(row, meetings.get(row["meeting_id"])) for row in registrations],
        preferences=optional(lambda: api.notifier.preferences(viewer().id), {}),
    )


@views.post("/min-side/nyheder")
@signed_in
def choose_news() -> Answer:
    """Choose whether news come by mail."""
    client().notifier.put_preferences(viewer().id, news=bool(request.form.get("news")))
    notify("success", _("Dit valg er gemt."))
    return see_other("applications.mine")


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


@views.get("/ansoegninger/<uuid:application_id>")
@signed_in
def show(application_id: uuid.UUID) -> Answer:
    """An application with its file, for those who may see it."""
    api = client()
    application = api.grants.application(str(application_id))
    found = api.grants.round(application["round_id"])
    decisions = []
    if application["status"] == "decided" or viewer().has("coordinator", "caseworker"):
        decisions = optional(lambda: api.grants.decisions(round_id=application["round_id"]), [])
    decision = next((row for row in decisions if row["application_id"] == application["id"]), None)
    return page(
        "application.html",
        application=application,
        round=found,
        decision=decision,
        budget=totals(application.get("budget") or []),
        is_applicant=viewer().in_association(application["association_id"]),
        may_rule=viewer().has("coordinator", "caseworker"),
    )


@views.get("/ansoegninger/<uuid:application_id>/rediger")
@signed_in
def edit(application_id: uuid.UUID) -> Answer:
    """One step of the form."""
    application = client().grants.application(str(application_id))
    if application["status"] != "draft":
        return see_other("applications.show", application_id=application_id)
    extra = request.args.get("linjer", "")
    return _step(
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
    body |= _read_activity(form) if step == "aktivitet" else _read_budget(form)
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
    return _step(current, form, step, 422)


@views.post("/ansoegninger/<uuid:application_id>/bilag")
@signed_in
def attach(application_id: uuid.UUID) -> Answer:
    """Attach a file."""
    form = Form.sent()
    application = client().grants.application(str(application_id))
    sent = request.files.get("file")
    name = (sent.filename or "").replace("\\", "/").rsplit("/", 1)[-1].strip()[:200] if sent else ""
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if not sent or not name:
        form.refuse("file", _("Vælg en fil."))
    elif ending not in MEDIA_TYPES:
        form.refuse("file", _(explanations.PROBLEMS["attachment-type"]))
    else:
        content = sent.read()
        if not content:
            form.refuse("file", _("Filen er tom."))
        else:
            try:
                client().grants.put_attachment(
                    str(application_id),
                    form.identifier("attachment_id"),
                    name=name,
                    media_type=MEDIA_TYPES[ending],
                    content=content,
                )
                notify("success", _("%(name)s er lagt ved.", name=name))
                return see_other("applications.edit", application_id=application_id, trin="bilag")
            except GatewayProblem as problem:
                form.take(problem)
                form.errors = {"file": " ".join([*form.general, *form.errors.values()])}
                form.general = []
    return _step(application, form, "bilag", 422)


@views.get("/ansoegninger/<uuid:application_id>/bilag/<uuid:attachment_id>")
@signed_in
def attachment(application_id: uuid.UUID, attachment_id: uuid.UUID) -> Answer:
    """Hand an attached file on, never to be shown inside our own pages."""
    found = client().grants.attachment(str(application_id), str(attachment_id))
    response = Response(found.content, content_type=found.media_type)
    response.headers["Content-Disposition"] = found.disposition
    response.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    return response


@views.post("/ansoegninger/<uuid:application_id>/bilag/<uuid:attachment_id>/slet")
@signed_in
def detach(application_id: uuid.UUID, attachment_id: uuid.UUID) -> Answer:
    """Take a file off the draft."""
    client().grants.delete_attachment(str(application_id), str(attachment_id))
    notify("success", _("Bilaget er slettet."))
    return see_other("applications.edit", application_id=application_id, trin="bilag")


@views.get("/ansoegninger/<uuid:application_id>/indsend")
@signed_in
def review(application_id: uuid.UUID) -> Answer:
    """Everything on one page before it is handed in."""
    return _review(str(application_id), Form())


@views.post("/ansoegninger/<uuid:application_id>/indsend")
@signed_in
def submit(application_id: uuid.UUID) -> Answer:
    """Hand in. What is missing is said with a way to the field."""
    form = Form.sent()
    if not form.flag("truth"):
        form.refuse("truth", _("Sæt kryds for at bekræfte oplysningerne."))
        return _review(str(application_id), form, 422)
    try:
        client().grants.submit_application(str(application_id))
    except GatewayProblem as problem:
        form.take(problem)
        return _review(str(application_id), form, 422)
    return see_other("applications.receipt", application_id=application_id)


@views.get("/ansoegninger/<uuid:application_id>/kvittering")
@signed_in
def receipt(application_id: uuid.UUID) -> Answer:
    """The receipt."""
    api = client()
    application = api.grants.application(str(application_id))
    if not application.get("submitted_at"):
        return see_other("applications.edit", application_id=application_id)
    return page(
        "application_receipt.html",
        application=application,
        round=api.grants.round(application["round_id"]),
    )


@views.route("/ansoegninger/<uuid:application_id>/traek-tilbage", methods=["GET", "POST"])
@signed_in
def withdraw(application_id: uuid.UUID) -> Answer:
    """Withdraw an application, after asking once."""
    api = client()
    if request.method == "GET":
        return page(
            "application_withdraw.html", application=api.grants.application(str(application_id))
        )
    try:
        api.grants.withdraw_application(str(application_id))
        notify("success", _("Ansøgningen er trukket tilbage."))
    except GatewayProblem as problem:
        if problem.status != 409:
            raise
        notify("error", explanations.problem(problem))
    return see_other("applications.show", application_id=application_id)


@views.post("/ansoegninger/<uuid:application_id>/slet")
@signed_in
def delete(application_id: uuid.UUID) -> Answer:
    """Drop a draft."""
    client().grants.delete_application(str(application_id))
    notify("success", _("Kladden er slettet."))
    return see_other("applications.mine")


# --- the parts -----------------------------------------------------------------------------------


def totals(budget: list[Resource]) -> dict[str, Any]:
    """A budget split in costs and incomes, with sums and what is left to apply for."""
    costs = [row for row in budget if row["kind"] == "cost"]
    incomes = [row for row in budget if row["kind"] == "income"]
    cost_ore = sum(row.get("amount_ore") or 0 for row in costs)
    income_ore = sum(row.get("amount_ore") or 0 for row in incomes)
    return {
        "costs": costs,
        "incomes": incomes,
        "cost_ore": cost_ore,
        "income_ore": income_ore,
        "need_ore": cost_ore - income_ore,
    }


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
    _fill_rows(form, application.get("budget") or [], more_rows)
    return form


def _fill_rows(form: Form, budget: list[Resource], more_rows: int = 0) -> None:
    split = totals(budget)
    spare = min(SPARE_ROWS + more_rows, MOST_ROWS)
    rows = [
        *split["costs"],
        *({"kind": "cost"} for _row in range(spare)),
        *split["incomes"],
        *({"kind": "income"} for _row in range(spare)),
    ]
    for index, row in enumerate(rows):
        form.values[f"budget-{index}-kind"] = row["kind"]
        form.values[f"budget-{index}-text"] = row.get("text", "")
        form.values[f"budget-{index}-amount_ore"] = formats.typed_amount(row.get("amount_ore"))


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


def _read_budget(form: Form) -> Resource:
    """Read the rows that were filled in, and number them anew, so that a refusal finds its row."""
    budget = []
    for index in form.rows("budget"):
        name = f"budget-{index}"
        text, typed = form.value(f"{name}-text").strip(), form.value(f"{name}-amount_ore").strip()
        if not text and not typed:
            continue
        if not text:
            form.refuse(f"{name}-text", _("Skriv, hvad beløbet er til."))
        amount = form.amount(f"{name}-amount_ore")
        kind = form.choice(f"{name}-kind", ["cost", "income"])
        budget.append({"kind": kind, "text": form.line(f"{name}-text"), "amount_ore": amount})
    amount_ore = form.amount("amount_ore", required=False)
    if form.is_valid:
        for index in list(form.rows("budget")):
            for part in ("kind", "text", "amount_ore"):
                form.values.pop(f"budget-{index}-{part}", None)
        _fill_rows(form, budget)
    body: Resource = {"budget": budget}
    if amount_ore is not None:
        body["amount_ore"] = amount_ore
    return body


def _step(application: Resource, form: Form, step: str, status: int = 200) -> Answer:
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
        theirs["budget"] = _budget_text(current.get("budget") or [])
        form.values["budget"] = _budget_text(_read_budget(Form(dict(form.values)))["budget"])
    labels = {name: _(_LABELS.get(name, N_("Budget"))) for name in names}
    form.compare({name: form.value(name) for name in names}, theirs, labels)
    form.values["version"] = str(current["version"])
    form.general.clear()


def _budget_text(budget: list[Resource]) -> str:
    return "; ".join(f"{row['text']}: {formats.kroner(row['amount_ore'])}" for row in budget)


def _review(application_id: str, form: Form, status: int = 200) -> Answer:
    api = client()
    application = api.grants.application(application_id)
    if application["status"] != "draft":
        return see_other("applications.show", application_id=application_id)
    return page(
        "application_review.html",
        status,
        application=application,
        round=api.grants.round(application["round_id"]),
        budget=totals(application.get("budget") or []),
        may_submit=viewer().in_association(application["association_id"], "administrator"),
        form=form,
        step_of=lambda name: "budget" if name.startswith(("budget", "amount")) else "aktivitet",
    )


def _take_new_roles() -> None:
    """Take a new token: a role was given since this one was made, and shall count at once."""
    kept = session()
    try:
        kept.take_tokens(anonymous_client().directory.renew(kept.session_id, kept.refresh_token))
    except GatewayProblem:
        return
    for name in ("viewer", "client"):
        flask.g.pop(name, None)


def _is_mine(registration: Resource) -> bool:
    return registration.get("person_id") == viewer().id or viewer().in_association(
        registration.get("association_id")
    )


def _concerns_me(hearing: Resource, me: Resource) -> bool:
    audience = hearing.get("audience") or {}
    if hearing.get("to_council") and viewer().has("council"):
        return True
    invited = set(audience.get("association_ids") or ())
    editable = set(viewer().associations_as("editor"))
    is_published = any(row.get("status") == "published" for row in me.get("associations", []))
    return bool(editable & invited) or (
        bool(audience.get("all")) and bool(editable) and is_published
    )
