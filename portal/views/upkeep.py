"""Keeping the vejviser true: the buttons of the yearly mail, confirming, the history, the calls.

Nobody needs to sign in to answer the yearly mail. Opening its links changes nothing: mail scanners
open links too. The secret is in the address and in hidden fields, and is passed on in bodies only.
"""

import uuid
from datetime import date
from typing import Final

from flask import Blueprint, abort, request, url_for

from chassis import clock
from portal import charts, explanations, formats, labels
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.views.association import public_description
from portal.web import (
    Answer,
    anonymous_client,
    client,
    for_offices,
    notify,
    page,
    see_other,
    signed_in,
    viewer,
)

views = Blueprint("upkeep", __name__)

CALLERS: Final = ("centre", "coordinator")


# --- the yearly mail


@views.get("/bekraeft")
def question() -> Answer:
    """Show the record a mail asks about, and a button. Nothing is used up by opening it."""
    return _question(request.args.get("noegle", ""))


@views.post("/bekraeft")
def answer() -> Answer:
    """Say that the record is still right."""
    token = Form.sent().value("noegle")
    try:
        anonymous_client().directory.confirm_by_link(token)
    except GatewayProblem as problem:
        if problem.slug == "link-not-valid":
            return _not_valid()
        raise
    return _question(token, is_answered=True)


@views.get("/bekraeft/ret")
def correct() -> Answer:
    """The form for the public description, for whoever has the mail."""
    token = request.args.get("noegle", "")
    opened = _opened(token)
    if opened is None:
        return _not_valid()
    if opened["used_at"]:
        return _question(token)
    association = opened["association"]
    values = {**association, "noegle": token}
    values["target_groups[]"] = association["target_groups"]
    values["volunteers_wanted"] = "1" if association["volunteers_wanted"] else ""
    return page("upkeep_correct.html", form=Form(values), association=association)


@views.post("/bekraeft/ret")
def save_correction() -> Answer:
    """Save the description and confirm it."""
    form = Form.sent()
    token = form.value("noegle")
    opened = _opened(token)
    if opened is None:
        return _not_valid()
    body = {"token": token, **public_description(form)}
    if form.is_valid:
        try:
            anonymous_client().directory.describe_by_link(body, form.value("version"))
            return _question(token, is_answered=True)
        except GatewayProblem as problem:
            if problem.slug == "link-used":
                return _question(token)
            if problem.status == 412:
                form.values["version"] = str(opened["association"]["version"])
            form.take(problem)
    return page("upkeep_correct.html", 422, form=form, association=opened["association"])


def _opened(token: str) -> Resource | None:
    """What a secret opens; None where it opens nothing."""
    try:
        return anonymous_client().directory.open_link(token) if token else None
    except GatewayProblem as problem:
        if problem.slug in {"link-not-valid", "invalid", "unprocessable-content"}:
            return None
        raise


def _question(token: str, *, is_answered: bool = False) -> Answer:
    opened = _opened(token)
    if opened is None:
        return _not_valid()
    return page(
        "upkeep_question.html",
        association=opened["association"],
        expires_at=opened["expires_at"],
        is_answered=is_answered,
        is_used=bool(opened["used_at"]),
        token=token,
    )


def _not_valid() -> Answer:
    return page("upkeep_not_valid.html", 404)


# --- an association's own people, and those who help


@views.post("/foreninger/<uuid:association_id>/bekraeft")
@signed_in
def confirm(association_id: uuid.UUID) -> Answer:
    """Say that a record is right, as one of its own people or on their behalf."""
    try:
        client().directory.confirm(str(association_id), Form.sent().value("version"))
        notify("success", _("Tak. Oplysningerne er bekræftet."))
    except GatewayProblem as problem:
        if problem.status == 412:
            text = _("En anden har lige rettet oplysningerne. Se dem igennem, og bekræft igen.")
            notify("warning", text)
        elif problem.slug in {"not-delegated", "wrong-state"}:
            notify("error", explanations.problem(problem))
        else:
            raise
    return see_other("association.show", association_id=association_id)


@views.get("/foreninger/<uuid:association_id>/aendringer")
@signed_in
def history(association_id: uuid.UUID) -> Answer:
    """Every change of a record, newest first."""
    api = client().directory
    found = api.changes(str(association_id), request.args.get("side"))
    association = api.association(str(association_id))
    return page("association_history.html", association=association, found=found)


@views.route("/foreninger/<uuid:association_id>/frivilligcenter", methods=["GET", "POST"])
@signed_in
def delegation(association_id: uuid.UUID) -> Answer:
    """Let an association say whether the volunteer centre may keep its record (N29)."""
    api = client().directory
    association = api.association(str(association_id))
    may_choose = viewer().in_association(association["id"], "administrator")
    if not (may_choose or viewer().has("coordinator")):
        abort(403)
    if request.method == "GET":
        chosen = "yes" if association.get("centre_may_edit") else "no"
        form = Form({"choice": chosen, "version": association["version"]})
        return page("association_delegation.html", association=association, form=form)
    form = Form.sent()
    choice = form.choice("choice", ("yes", "no"))
    if form.is_valid:
        try:
            api.delegate(
                association["id"], centre_may_edit=choice == "yes", version=form.value("version")
            )
            notify("success", _("Valget er gemt."))
            return see_other("association.show", association_id=association_id)
        except GatewayProblem as problem:
            if problem.status == 412:
                form.values["version"] = str(association["version"])
            form.take(problem)
    return page("association_delegation.html", 422, association=association, form=form)


# --- the call list


@views.get("/ringeliste")
@for_offices(*CALLERS)
def call_list() -> Answer:
    """Whom to phone, those that wait longest first."""
    return page("call_list.html", entries=client().directory.call_list())


@views.get("/ringeliste/<uuid:association_id>")
@for_offices(*CALLERS)
def call(association_id: uuid.UUID) -> Answer:
    """An association to phone: what its record says, and what came of earlier calls."""
    return _call_page(str(association_id), Form.new())


@views.post("/ringeliste/<uuid:association_id>")
@for_offices(*CALLERS)
def record_call(association_id: uuid.UUID) -> Answer:
    """Keep what came of the call; sent twice it is still one call."""
    form = Form.sent()
    body = {
        "association_id": str(association_id),
        "outcome": form.choice("outcome", list(labels.CALL_OUTCOME)),
        "note": form.text("note", required=False, longest=2000) or "",
    }
    if form.is_valid:
        try:
            client().directory.record_call(form.identifier(), body)
        except GatewayProblem as problem:
            form.take(problem)
        else:
            notify("success", _("Opkaldet er noteret."))
            if body["outcome"] == "closed" and viewer().has("coordinator"):
                return see_other("coordinator.close", association_id=association_id)
            return see_other("upkeep.call_list")
    return _call_page(str(association_id), form, 422)


def _call_page(association_id: str, form: Form, status: int = 200) -> Answer:
    api = client().directory
    return page(
        "call.html",
        status,
        association=api.association(association_id),
        calls=api.calls(association_id),
        form=form,
    )


# --- how well it is kept


@views.get("/vejviserens-kvalitet")
@for_offices(*CALLERS, "caseworker")
def figures() -> Answer:
    """How fresh and how complete the vejviser is, beside what was agreed (V21, N29)."""
    api = client().directory
    found = api.figures()
    areas = [{**row, "name": row["area"]} for row in found["areas"]]
    return page(
        "figures.html",
        figures=found,
        areas=areas,
        lengths={row["area"]: charts.length(row["fresh"], row["total"]) for row in areas},
        filled={
            row["field"]: charts.length(row["filled"], found["total"])
            for row in found["completeness"]
        },
        agreement=_in_force(api.agreements()),
    )


@views.route("/vejviserens-kvalitet/aftale", methods=["GET", "POST"])
@for_offices("coordinator")
def agreement() -> Answer:
    """Write down what is agreed with the volunteer centre, or change it."""
    api = client().directory
    known = api.agreements()
    present = _in_force(known)
    if request.method == "GET":
        form = Form.new()
        if present is not None and not request.args.get("ny"):
            form = Form({**present, "ends_on": present["ends_on"] or ""})
        return page("agreement.html", form=form, agreements=known)
    form = Form.sent()
    body = {
        "starts_on": form.day("starts_on"),
        "ends_on": form.day("ends_on", required=False),
        "freshness_target": form.count("freshness_target", most=100),
    }
    if form.is_valid:
        try:
            api.put_agreement(form.identifier(), body, form.value("version"))
            notify("success", _("Aftalen er gemt, og frivilligcentret får en mail."))
            return see_other("upkeep.figures")
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412 and present is not None:
                form.values["version"] = str(present["version"])
    return page("agreement.html", 422, form=form, agreements=known)


def _in_force(agreements: list[Resource]) -> Resource | None:
    """The agreement of today, or the next one."""
    today = formats.local(clock.now()).date()
    living = [
        each
        for each in agreements
        if not each["ends_on"] or date.fromisoformat(each["ends_on"]) >= today
    ]
    return min(living, key=lambda each: str(each["starts_on"]), default=None)


# --- duplicates, mergers, reopening: the coordinator's


@views.route("/foreninger/<uuid:association_id>/laeg-sammen", methods=["GET", "POST"])
@for_offices("coordinator")
def merge(association_id: uuid.UUID) -> Answer:
    """Let another association go on for this one; both are shown side by side."""
    api = client().directory
    association = api.association(str(association_id))
    others = api.duplicates(str(association_id))
    form = Form({"into_id": request.args.get("med", "")})
    if request.method == "POST":
        form = Form.sent()
        body = {"into_id": _chosen(form), "reason": form.text("reason", longest=2000)}
        if form.is_valid:
            try:
                api.merge(str(association_id), body)
                notify("success", _("De er lagt sammen, og begge kontaktpersoner får en mail."))
                return see_other("association.show", association_id=body["into_id"])
            except GatewayProblem as problem:
                if problem.status == 404:
                    form.refuse("into_id", _("Foreningen findes ikke i vejviseren."))
                else:
                    form.take(problem)
    status = 200 if form.is_valid else 422
    return page("association_merge.html", status, association=association, others=others, form=form)


def _chosen(form: Form) -> str | None:
    """Read which association goes on: chosen in the list, or the address of its page."""
    typed = form.line("into_address", required=False) or form.value("into_id")
    if not typed:
        form.refuse("into_id", _("Vælg den forening, der fortsætter."))
        return None
    try:
        return str(uuid.UUID(typed.rstrip("/").rsplit("/", 1)[-1]))
    except ValueError:
        form.refuse(
            "into_address",
            _("Indsæt adressen på foreningens side, for eksempel %(example)s", example=_example()),
        )
        return None


def _example() -> str:
    return url_for("association.show", association_id=uuid.UUID(int=0), _external=True)


@views.post("/foreninger/<uuid:association_id>/genaabn")
@for_offices("coordinator")
def reopen(association_id: uuid.UUID) -> Answer:
    """Take a closed or merged association into the vejviser again."""
    try:
        client().directory.reopen(str(association_id))
        notify("success", _("Foreningen er i vejviseren igen, og kontaktpersonen får en mail."))
    except GatewayProblem as problem:
        if problem.status != 409:
            raise
        notify("error", explanations.problem(problem))
    return see_other("association.show", association_id=association_id)
