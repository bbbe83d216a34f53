"""The committee's desk.

Decide amounts under the frame, with reasons, and send the letters (V26, forvaltningsloven § 22).
"""

import uuid

from flask import Blueprint

from portal import explanations, formats
from portal.client import Client, GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.views.applications import totals
from portal.web import (
    Answer,
    client,
    for_offices,
    led_associations,
    notify,
    optional,
    page,
    see_other,
    viewer,
)

views = Blueprint("committee", __name__)

READERS = ("committee", "coordinator", "caseworker")


@views.get("/udvalg")
@for_offices(*READERS)
def desk() -> Answer:
    """The rounds that wait for a decision, and those decided."""
    rounds = client().grants.rounds()
    waiting = [row for row in rounds if row["status"] in {"closed", "recommended"}]
    decided = [row for row in rounds if row["status"] == "decided"]
    return page("committee_desk.html", waiting=waiting, decided=decided)


@views.get("/udvalg/<uuid:round_id>")
@for_offices(*READERS)
def decide(round_id: uuid.UUID) -> Answer:
    """Every application of a round with the recommendation and the decision so far."""
    return _round_page(str(round_id))


@views.get("/udvalg/<uuid:round_id>/<uuid:application_id>")
@for_offices(*READERS)
def decision(round_id: uuid.UUID, application_id: uuid.UUID) -> Answer:
    """One application: what it says, what the council says, and the decision with its reasons."""
    return _decision_page(client(), str(round_id), str(application_id), None)


@views.post("/udvalg/<uuid:round_id>/<uuid:application_id>")
@for_offices(*READERS)
def save(round_id: uuid.UUID, application_id: uuid.UUID) -> Answer:
    """Save a decision.

    Above the frame is impossible; a change by somebody else meanwhile is shown.
    """
    api = client()
    form = Form.sent()
    reasons = {
        "rules": form.text("reasons-rules", required=False, longest=4000) or "",
        "considerations": form.text("reasons-considerations", required=False, longest=4000) or "",
        "facts": form.text("reasons-facts", required=False, longest=4000) or "",
    }
    conditions = [row.strip() for row in form.value("conditions").splitlines() if row.strip()]
    body: Resource = {"reasons": reasons, "conditions": conditions}
    is_committee = viewer().has("committee")
    if is_committee:
        body |= {"application_id": str(application_id), "granted_ore": form.amount("granted_ore")}
    if form.is_valid:
        version = form.value("version") or None
        try:
            if is_committee:
                api.grants.put_decision(form.identifier(), body, version)
            else:
                api.grants.write_reasons(form.identifier(), body, version)
            notify("success", _("Afgørelsen er gemt som udkast."))
            return see_other("committee.decide", round_id=round_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.slug == "frame-exceeded":
                form.refuse("granted_ore", " ".join(form.general))
                form.general.clear()
            if problem.status == 412:
                _show_differences(api, form, str(round_id), str(application_id))
    return _decision_page(api, str(round_id), str(application_id), form)


@views.get("/udvalg/<uuid:round_id>/afslut")
@for_offices("committee")
def confirm(round_id: uuid.UUID) -> Answer:
    """Show what will happen before it cannot be undone."""
    api = client()
    rows, totals_of = _rows(api, str(round_id))
    return page(
        "committee_confirm.html",
        round=api.grants.round(str(round_id)),
        rows=rows,
        totals=totals_of,
        form=Form(),
    )


@views.post("/udvalg/<uuid:round_id>/afslut")
@for_offices("committee")
def finalise(round_id: uuid.UUID) -> Answer:
    """Make the decisions final; the letters go out."""
    api = client()
    try:
        api.grants.finalise_round(str(round_id))
    except GatewayProblem as problem:
        if problem.status not in {409, 422}:
            raise
        marked = {str(key) for key in problem.members.get("application_ids") or ()}
        return _round_page(
            str(round_id), 409, explanation=explanations.problem(problem), marked=marked
        )
    notify("success", _("Runden er afgjort, og brevene er på vej."))
    return see_other("rounds.awards_of", round_id=round_id)


# --- the parts -----------------------------------------------------------------------------------


def needs_reasons(decision_made: Resource | None) -> bool:
    """Whether a decision still lacks the reasons that the law asks of a refusal or a cut (§ 22)."""
    if not decision_made or decision_made["granted_ore"] >= decision_made["applied_ore"]:
        return False
    reasons = decision_made.get("reasons") or {}
    return not (reasons.get("rules") and reasons.get("considerations"))


def _rows(api: Client, round_id: str) -> tuple[list[Resource], Resource]:
    applications = api.grants.applications(round_id=round_id)
    decisions = {row["application_id"]: row for row in api.grants.decisions(round_id=round_id)}
    lines = _lines(api, round_id)
    led = led_associations()
    rows: list[Resource] = [
        {
            "application": row,
            "line": lines.get(row["id"]),
            "decision": decisions.get(row["id"]),
            "needs_reasons": needs_reasons(decisions.get(row["id"])),
        }
        for row in sorted(applications, key=lambda row: row.get("case_number") or "")
        if row["status"] in {"submitted", "decided"} and row["association_id"] not in led
    ]
    granted = sum(row["decision"]["granted_ore"] for row in rows if row["decision"])
    summed: Resource = {
        "granted_ore": granted,
        "undecided": sum(1 for row in rows if not row["decision"]),
        "needs_reasons": sum(1 for row in rows if row["needs_reasons"]),
        "applied_ore": sum(row["application"].get("amount_ore") or 0 for row in rows),
    }
    return rows, summed


def _lines(api: Client, round_id: str) -> dict[str, Resource]:
    found = optional(lambda: api.grants.recommendations(round_id), [])
    return {line["application_id"]: line for line in (found[0]["lines"] if found else ())}


def _round_page(
    round_id: str, status: int = 200, *, explanation: str = "", marked: set[str] | None = None
) -> Answer:
    api = client()
    rows, summed = _rows(api, round_id)
    found = api.grants.round(round_id)
    allocated = found.get("allocated_ore")
    if allocated is not None:
        # Cases hidden from a member who has a conflict of interest count in the frame all the same.
        summed["granted_ore"] = allocated
    recommendation = next(iter(optional(lambda: api.grants.recommendations(round_id), [])), None)
    return page(
        "committee_round.html",
        status,
        round=found,
        rows=rows,
        totals=summed,
        recommendation=recommendation,
        explanation=explanation,
        marked=marked or set(),
    )


def _decision_page(api: Client, round_id: str, application_id: str, form: Form | None) -> Answer:
    application = api.grants.application(application_id)
    found = api.grants.round(round_id)
    rows, summed = _rows(api, round_id)
    keys = [row["application"]["id"] for row in rows]
    row = next((row for row in rows if row["application"]["id"] == application_id), {})
    made = row.get("decision")
    status = 422 if form else 200
    if form is None:
        line = row.get("line") or {}
        reasons = (made or {}).get("reasons") or {}
        form = Form.new(
            **{
                "granted_ore": formats.typed_amount(
                    made["granted_ore"] if made else line.get("amount_ore")
                ),
                "reasons-rules": reasons.get("rules") or found.get("legal_basis") or "",
                "reasons-considerations": reasons.get("considerations") or line.get("reason") or "",
                "reasons-facts": reasons.get("facts") or "",
                "conditions": "\n".join((made or {}).get("conditions") or ()),
            }
        )
        if made:
            form.values |= {"id": made["id"], "version": made["version"]}
    place = keys.index(application_id) if application_id in keys else 0
    allocated = found.get("allocated_ore")
    return page(
        "committee_decision.html",
        status,
        application=application,
        round=found,
        line=row.get("line"),
        made=made,
        form=form,
        budget=totals(application.get("budget") or []),
        assessments=[
            item
            for item in optional(lambda: api.grants.assessments(application_id=application_id), [])
            if item.get("submitted_at")
        ],
        used_ore=allocated if allocated is not None else summed["granted_ore"],
        before=keys[place - 1] if place else None,
        after=keys[place + 1] if place + 1 < len(keys) else None,
    )


def _show_differences(api: Client, form: Form, round_id: str, application_id: str) -> None:
    current = next(
        (
            row
            for row in api.grants.decisions(round_id=round_id)
            if row["application_id"] == application_id
        ),
        {},
    )
    reasons = current.get("reasons") or {}
    theirs = {
        "granted_ore": formats.typed_amount(current.get("granted_ore")),
        "reasons-rules": reasons.get("rules") or "",
        "reasons-considerations": reasons.get("considerations") or "",
        "reasons-facts": reasons.get("facts") or "",
    }
    labels = {
        "granted_ore": _("Bevilget beløb"),
        "reasons-rules": _("Regler"),
        "reasons-considerations": _("Hovedhensyn"),
        "reasons-facts": _("Faktiske oplysninger"),
    }
    form.compare({name: form.value(name) for name in theirs}, theirs, labels)
    form.values["version"] = str(current.get("version", ""))
    form.values["id"] = str(current.get("id", form.value("id")))
    form.general.clear()
