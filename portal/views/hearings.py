"""Hearings.

What is asked, one response per association, and an answer to each (N21, N30, "I sagde – vi
gjorde").
"""

import uuid
from datetime import timedelta
from typing import Any

from flask import Blueprint, request

from chassis import clock
from portal import explanations, formats, forms, labels
from portal.client import Client, GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    client,
    for_offices,
    municipality,
    notify,
    optional,
    page,
    see_other,
    signed_in,
    viewer,
)

views = Blueprint("hearings", __name__)

STAFF = ("coordinator",)
ANSWERERS = ("coordinator", "caseworker")
DEFAULT_DAYS = 28


@views.get("/hoeringer")
def all_hearings() -> Answer:
    """Open hearings, and the earlier ones with what came of them."""
    found = sorted(client().meetings.hearings(), key=lambda row: row["closes_at"], reverse=True)
    current = [row for row in found if row["status"] in {"draft", "open"}]
    return page(
        "hearings.html", current=current[::-1], earlier=[row for row in found if row not in current]
    )


@views.get("/hoeringer/<uuid:hearing_id>")
def show(hearing_id: uuid.UUID) -> Answer:
    """One hearing: the question, one's own response, and the answers."""
    return _page(str(hearing_id), None)


@views.post("/hoeringer/<uuid:hearing_id>/svar-for")
@signed_in
def respond(hearing_id: uuid.UUID) -> Answer:
    """Respond for an association or the council; until the deadline it can be changed."""
    form = Form.sent()
    sender = form.value("sender")
    body: Resource = {
        "hearing_id": str(hearing_id),
        "association_id": None if sender == "council" else sender,
        "on_behalf_of": "council" if sender == "council" else "association",
        "text": form.text("text"),
    }
    if sender != "council" and not viewer().in_association(sender, "editor"):
        form.refuse("sender", _("Vælg, hvem du svarer for."))
    if form.is_valid:
        try:
            client().meetings.put_response(form.identifier(), body, form.value("version") or None)
            notify("success", _("Tak. Svaret er modtaget, og der kommer en kvittering på mail."))
            return see_other("hearings.show", hearing_id=hearing_id)
        except GatewayProblem as problem:
            form.take(problem)
    return _page(str(hearing_id), form, 422)


# --- the coordinator -----------------------------------------------------------------------------


@views.get("/hoeringer/ny")
@for_offices(*STAFF)
def new() -> Answer:
    """The form for a new hearing; the deadline is proposed by the municipality's own rule."""
    rules = municipality().profile.get("hearings", {})
    last_day = formats.local(clock.now()) + timedelta(
        days=int(rules.get("default_days", DEFAULT_DAYS))
    )
    form = Form.new(
        to_council="1",
        all="1",
        **{"closes_at": last_day.date().isoformat(), "closes_at-clock": "23:59"},
    )
    return _edit_page(form, None)


@views.post("/hoeringer/ny")
@for_offices(*STAFF)
def create() -> Answer:
    """Save a new hearing as a draft."""
    form = Form.sent()
    return _save(form, form.identifier(), None)


@views.get("/hoeringer/<uuid:hearing_id>/rediger")
@for_offices(*STAFF)
def edit(hearing_id: uuid.UUID) -> Answer:
    """The form for a draft."""
    hearing = client().meetings.hearing(str(hearing_id))
    return _edit_page(Form(_values(hearing)), hearing)


@views.post("/hoeringer/<uuid:hearing_id>/rediger")
@for_offices(*STAFF)
def save(hearing_id: uuid.UUID) -> Answer:
    """Save a draft."""
    return _save(Form.sent(), str(hearing_id), client().meetings.hearing(str(hearing_id)))


@views.post("/hoeringer/<uuid:hearing_id>/<any(aabn,slet):step>")
@for_offices(*STAFF)
def move_on(hearing_id: uuid.UUID, step: str) -> Answer:
    """Open a hearing, or drop a draft."""
    try:
        if step == "slet":
            client().meetings.delete_hearing(str(hearing_id))
            notify("success", _("Kladden er slettet."))
            return see_other("hearings.all_hearings")
        client().meetings.open_hearing(str(hearing_id))
        notify("success", _("Høringen er åben, og modtagerne får besked."))
    except GatewayProblem as problem:
        if problem.status not in {409, 422}:
            raise
        notify("error", explanations.problem(problem))
    return see_other("hearings.show", hearing_id=hearing_id)


@views.get("/hoeringer/<uuid:hearing_id>/svar")
@for_offices(*ANSWERERS)
def answers(hearing_id: uuid.UUID) -> Answer:
    """The responses to answer, and the conclusion."""
    return _answers_page(str(hearing_id), Form())


@views.post("/hoeringer/<uuid:hearing_id>/svar/<uuid:response_id>")
@for_offices(*ANSWERERS)
def answer(hearing_id: uuid.UUID, response_id: uuid.UUID) -> Answer:
    """Answer one response."""
    form = Form.sent()
    key = str(response_id)
    outcome = form.choice(f"outcome-{key}", list(labels.ANSWER_OUTCOME))
    text = form.text(f"text-{key}")
    if form.is_valid and outcome and text:
        try:
            client().meetings.answer(key, outcome, text)
            notify("success", _("Svaret er gemt."))
            return see_other("hearings.answers", hearing_id=hearing_id)
        except GatewayProblem as problem:
            form.take(problem)
    return _answers_page(str(hearing_id), form, 422)


@views.post("/hoeringer/<uuid:hearing_id>/afslut")
@for_offices(*STAFF)
def conclude(hearing_id: uuid.UUID) -> Answer:
    """Conclude; everyone who responded gets the answers by mail."""
    form = Form.sent()
    conclusion = form.text("conclusion")
    if form.is_valid and conclusion:
        try:
            client().meetings.conclude_hearing(str(hearing_id), conclusion)
            notify("success", _("Høringen er afsluttet, og alle, der svarede, får besked."))
            return see_other("hearings.show", hearing_id=hearing_id)
        except GatewayProblem as problem:
            form.take(problem)
    return _answers_page(str(hearing_id), form, 422)


# --- the parts -----------------------------------------------------------------------------------


def _page(hearing_id: str, form: Form | None, status: int = 200) -> Answer:
    api = client()
    hearing = api.meetings.hearing(hearing_id)
    responses = optional(lambda: api.meetings.responses(hearing_id=hearing_id), [])
    mine = [row for row in responses if _is_mine(row)]
    senders = _senders(api, hearing, mine) if hearing["status"] == "open" else []
    chosen = request.args.get("ret", "")
    if form is None:
        form = Form.new(sender=senders[0][0] if len(senders) == 1 else "")
        own = next(
            (row for row in mine if row["id"] == chosen and hearing["status"] == "open"), None
        )
        if own:
            sender = own.get("association_id") or "council"
            form = Form(
                {"id": own["id"], "version": own["version"], "sender": sender, "text": own["text"]}
            )
    if form.value("version"):
        own = next((row for row in mine if row["id"] == form.value("id")), None)
        if own:
            senders = [(form.value("sender"), own.get("association_name") or _("Frivilligrådet"))]
    return page(
        "hearing.html",
        status,
        hearing=hearing,
        responses=responses,
        mine=mine,
        senders=senders,
        form=form,
    )


def _is_mine(response: Resource) -> bool:
    if response.get("on_behalf_of") == "council":
        return viewer().has("council")
    return viewer().in_association(response.get("association_id"))


def _senders(api: Client, hearing: Resource, mine: list[Resource]) -> list[tuple[str, str]]:
    """On whose behalf one could still respond."""
    answered = {row.get("association_id") or "council" for row in mine}
    senders = []
    if hearing.get("to_council") and viewer().has("council") and "council" not in answered:
        senders.append(("council", _("Frivilligrådet")))
    editable = [key for key in viewer().associations_as("editor") if key not in answered]
    if editable:
        names = {
            row["id"]: row["name"] for row in optional(api.directory.me, {}).get("associations", [])
        }
        senders += [(key, names.get(key, key)) for key in editable]
    return senders


def _edit_page(form: Form, hearing: Resource | None, status: int = 200) -> Answer:
    found = optional(lambda: client().directory.all_associations(status="published"), [])
    choices = [
        (row["id"], row["name"]) for row in sorted(found, key=lambda row: row["name"].lower())
    ]
    return page("hearing_edit.html", status, form=form, hearing=hearing, associations=choices)


def _values(hearing: Resource) -> dict[str, Any]:
    audience = hearing.get("audience") or {}
    values: dict[str, Any] = {
        key: hearing.get(key) or "" for key in ("title", "question", "background")
    }
    forms.fill_moment(values, "closes_at", hearing.get("closes_at"))
    values |= {
        "version": hearing["version"],
        "to_council": "1" if hearing.get("to_council") else "",
        "all": "1" if audience.get("all") else "",
        "association_ids[]": audience.get("association_ids") or [],
        "target_groups[]": audience.get("target_groups") or [],
    }
    return values


_LABELS = {
    "title": N_("Overskrift"),
    "question": N_("Spørgsmål"),
    "background": N_("Baggrund"),
    "closes_at": N_("Frist"),
}


def _save(form: Form, hearing_id: str, before: Resource | None) -> Answer:
    groups = [key for key, _name in municipality().words("target_groups")]
    audience = {
        "all": form.flag("all"),
        "association_ids": form.values_of("association_ids"),
        "target_groups": form.choices("target_groups", groups, required=False),
    }
    body: Resource = {
        "title": form.line("title"),
        "question": form.text("question"),
        "background": form.text("background", required=False) or "",
        "closes_at": form.moment("closes_at"),
        "to_council": form.flag("to_council"),
        "audience": audience,
    }
    if not any((body["to_council"], *audience.values())):
        form.refuse("all", _("Vælg, hvem høringen skal sendes til."))
    if form.is_valid:
        api = client().meetings
        try:
            api.put_hearing(hearing_id, body, form.value("version") or None)
            notify("success", _("Kladden er gemt. Åbn høringen, når den er klar."))
            return see_other("hearings.show", hearing_id=hearing_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                before = api.hearing(hearing_id)
                theirs = _values(before)
                form.compare(
                    {name: form.value(name) for name in _LABELS},
                    {name: str(theirs[name]) for name in _LABELS},
                    {name: _(text) for name, text in _LABELS.items()},
                )
                form.values["version"] = str(before["version"])
                form.general.clear()
    return _edit_page(form, before, 422)


def _answers_page(hearing_id: str, form: Form, status: int = 200) -> Answer:
    api = client().meetings
    hearing = api.hearing(hearing_id)
    responses = api.responses(hearing_id=hearing_id)
    for row in responses:
        given = row.get("answer") or {}
        form.values.setdefault(f"outcome-{row['id']}", given.get("outcome", ""))
        form.values.setdefault(f"text-{row['id']}", given.get("text", ""))
    form.values.setdefault("conclusion", hearing.get("conclusion") or "")
    waiting = sum(1 for row in responses if not row.get("answer"))
    return page(
        "hearing_answers.html",
        status,
        hearing=hearing,
        responses=responses,
        waiting=waiting,
        form=form,
    )
