"""The council's desk: read, assess, and agree on a recommendation under the frame (V13).

An application in which the member has a conflict of interest does not exist here: the service hides
it (forvaltningsloven § 3), and the pages say that it may be so.
"""

import uuid
from typing import Any

from flask import Blueprint, request

from portal import explanations, formats, labels
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

views = Blueprint("council", __name__)

READERS = ("council", "committee", "coordinator", "caseworker")
CURRENT = ("open", "closed", "recommended")


@views.get("/raad")
@for_offices("council")
def desk() -> Answer:
    """The rounds to assess, with how far one has come."""
    api = client()
    rounds = [row for row in api.grants.rounds() if row["status"] in CURRENT]
    rows = [(found, _with_assessments(api, found)) for found in rounds if found["status"] != "open"]
    hearings = [
        row
        for row in optional(api.meetings.hearings, [])
        if row["status"] == "open" and row.get("to_council")
    ]
    coming = [row for row in rounds if row["status"] == "open"]
    return page("council_desk.html", rows=rows, coming=coming, hearings=hearings)


@views.get("/raad/ansoegninger/<uuid:application_id>")
@for_offices("council")
def application(application_id: uuid.UUID) -> Answer:
    """An application beside one's own assessment of it.

    Whoever leads the applicant reads it as the applicant does.
    """
    api = client()
    found = api.grants.application(str(application_id))
    if found["association_id"] in led_associations():
        text = _(
            "Du er inhabil i denne sag, fordi du er med til at lede foreningen. Du kan læse "
            "ansøgningen som forening, men hverken vurdere eller stemme om den "
            "(forvaltningsloven § 3)."
        )
        notify("info", text)
        return see_other("applications.show", application_id=application_id)
    return _assessment_page(api, found, None)


@views.post("/raad/ansoegninger/<uuid:application_id>")
@for_offices("council")
def assess(application_id: uuid.UUID) -> Answer:
    """Save one's assessment, or hand it in."""
    api = client()
    found = api.grants.application(str(application_id))
    criteria = api.grants.round(found["round_id"]).get("criteria") or []
    form = Form.sent()
    body: Resource = {
        "application_id": found["id"],
        "comment": form.text("comment", required=False) or "",
    }
    is_final = form.value("next") == "submit"
    scores = {}
    for criterion in criteria:
        score = form.count(f"scores-{criterion['key']}", required=is_final, most=5)
        if score is not None:
            scores[criterion["key"]] = score
    body["scores"] = scores
    recommend = form.choice("recommend", list(labels.RECOMMEND), required=is_final)
    if recommend:
        body["recommend"] = recommend
    amount = form.amount("amount_ore", required=recommend == "partly" and is_final)
    body["amount_ore"] = {"yes": found.get("amount_ore"), "no": 0}.get(recommend or "", amount)
    if form.is_valid:
        try:
            saved = api.grants.put_assessment(
                form.identifier(), body, form.value("version") or None
            )
            if is_final:
                api.grants.submit_assessment(saved["id"])
                notify("success", _("Din vurdering er afgivet."))
                return see_other("council.desk")
            notify("success", _("Din vurdering er gemt som kladde."))
            return see_other("council.application", application_id=application_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                mine = _my_assessment(api, found["id"]) or {}
                form.values["version"] = str(mine.get("version", ""))
                form.compare(
                    {"comment": form.value("comment")},
                    {"comment": mine.get("comment") or ""},
                    {"comment": _("Bemærkninger")},
                )
    return _assessment_page(api, found, form)


@views.route("/raad/ansoegninger/<uuid:application_id>/inhabil", methods=["GET", "POST"])
@for_offices(*READERS)
def declare_conflict(application_id: uuid.UUID) -> Answer:
    """Declare one's own conflict of interest; from then on the case is closed to oneself."""
    api = client()
    found = api.grants.application(str(application_id))
    if request.method == "GET":
        return page("conflict.html", application=found, form=Form())
    form = Form.sent()
    ground = form.text("ground", longest=1000)
    if not form.is_valid or not ground:
        return page("conflict.html", 422, application=found, form=form)
    try:
        api.grants.declare_conflict(str(application_id), ground)
    except GatewayProblem as problem:
        form.take(problem)
        return page("conflict.html", 422, application=found, form=form)
    notify("success", _("Du er registreret som inhabil i sagen. Den er nu lukket for dig."))
    return see_other("council.desk" if viewer().has("council") else "public.front")


@views.get("/raad/indstilling/<uuid:round_id>")
@for_offices(*READERS)
def workbench(round_id: uuid.UUID) -> Answer:
    """The recommendation: one line per application, under the frame."""
    return _workbench(str(round_id), None)


@views.post("/raad/indstilling/<uuid:round_id>/begynd")
@for_offices("council")
def begin(round_id: uuid.UUID) -> Answer:
    """Begin the recommendation of a round."""
    api = client()
    if not api.grants.recommendations(str(round_id)):
        try:
            api.grants.put_recommendation(Form.sent().identifier(), {"round_id": str(round_id)})
        except GatewayProblem as problem:
            # Another member began it at the same moment: theirs is everybody's.
            if problem.status != 409:
                raise
    return see_other("council.workbench", round_id=round_id)


@views.post("/raad/indstilling/<uuid:round_id>/beloeb")
@for_offices("council")
def save_lines(round_id: uuid.UUID) -> Answer:
    """Save the amounts and reasons that were changed.

    What is above the frame is refused, and said so at its line.
    """
    api = client()
    form = Form.sent()
    recommendation = _recommendation(api, str(round_id))
    if recommendation is None:
        return see_other("council.workbench", round_id=round_id)
    changed = _changed_lines(form, recommendation)
    # What lowers an amount goes first, so that moving money between lines never looks like too
    # much.
    changed.sort(key=lambda line: line["by_ore"])
    if form.is_valid:
        for line in changed:
            try:
                api.grants.put_line(
                    recommendation["id"],
                    line["id"],
                    {"amount_ore": line["amount_ore"], "reason": line["reason"]},
                )
            except GatewayProblem as problem:
                if problem.status in {401, 404}:
                    raise
                form.refuse(f"amount-{line['id']}", explanations.problem(problem))
    if not form.is_valid:
        return _workbench(str(round_id), form, 422)
    notify("success", _("Indstillingen er gemt."))
    return see_other("council.workbench", round_id=round_id)


@views.post("/raad/indstilling/<uuid:round_id>/stem/<uuid:application_id>")
@for_offices("council")
def vote(round_id: uuid.UUID, application_id: uuid.UUID) -> Answer:
    """Vote on one line."""
    api = client()
    recommendation = _recommendation(api, str(round_id))
    chosen = Form.sent().choice("vote", list(labels.VOTE))
    if recommendation and chosen:
        try:
            api.grants.vote(recommendation["id"], str(application_id), chosen)
            notify("success", _("Din stemme er registreret."))
        except GatewayProblem as problem:
            if problem.status not in {403, 409, 422}:
                raise
            notify("error", explanations.problem(problem))
    return see_other("council.workbench", round_id=round_id)


@views.route("/raad/indstilling/<uuid:round_id>/send", methods=["GET", "POST"])
@for_offices("council")
def forward(round_id: uuid.UUID) -> Answer:
    """Forward the recommendation to the committee, after showing it once more."""
    api = client()
    recommendation = _recommendation(api, str(round_id))
    if recommendation is None:
        return see_other("council.workbench", round_id=round_id)
    if request.method == "POST":
        form = Form.sent()
        comment = form.text("comment", required=False) or ""
        if form.is_valid:
            try:
                if comment != (recommendation.get("comment") or ""):
                    recommendation = api.grants.put_recommendation(
                        recommendation["id"],
                        {"round_id": str(round_id), "comment": comment},
                        recommendation["version"],
                    )
                api.grants.submit_recommendation(recommendation["id"])
                notify("success", _("Indstillingen er sendt til udvalget."))
                return see_other("council.desk")
            except GatewayProblem as problem:
                form.take(problem)
        return _forward_page(api, str(round_id), recommendation, form, 422)
    return _forward_page(
        api, str(round_id), recommendation, Form({"comment": recommendation.get("comment") or ""})
    )


# --- the parts -----------------------------------------------------------------------------------


def _forward_page(
    api: Client, round_id: str, recommendation: Resource, form: Form, status: int = 200
) -> Answer:
    missing = [row for row in recommendation["lines"] if row.get("amount_ore") is None]
    return page(
        "council_forward.html",
        status,
        round=api.grants.round(round_id),
        recommendation=recommendation,
        missing=missing,
        form=form,
    )


def _with_assessments(api: Client, found: Resource) -> dict[str, Any]:
    applications = api.grants.applications(round_id=found["id"])
    mine = {
        row["application_id"]: row
        for row in optional(lambda: api.grants.assessments(round_id=found["id"]), [])
        if row["person_id"] == viewer().id
    }
    led = led_associations()
    rows = [
        (row, mine.get(row["id"]))
        for row in applications
        if row["status"] not in {"draft", "withdrawn"} and row["association_id"] not in led
    ]
    done = sum(1 for _row, assessment in rows if assessment and assessment.get("submitted_at"))
    return {"rows": rows, "done": done, "recommendation": _recommendation(api, found["id"])}


def _recommendation(api: Client, round_id: str) -> Resource | None:
    found = optional(lambda: api.grants.recommendations(round_id), [])
    return found[0] if found else None


def _my_assessment(api: Client, application_id: str) -> Resource | None:
    found = optional(lambda: api.grants.assessments(application_id=application_id), [])
    return next((row for row in found if row["person_id"] == viewer().id), None)


def _assessment_page(api: Client, found: Resource, form: Form | None) -> Answer:
    assessments = optional(lambda: api.grants.assessments(application_id=found["id"]), [])
    mine = next((row for row in assessments if row["person_id"] == viewer().id), None)
    status = 422 if form else 200
    if form is None:
        form = Form.new()
        if mine:
            form = Form(
                {
                    "id": mine["id"],
                    "version": mine["version"],
                    "comment": mine.get("comment") or "",
                    "recommend": mine.get("recommend") or "",
                    "amount_ore": formats.typed_amount(mine.get("amount_ore")),
                    **{
                        f"scores-{key}": str(score)
                        for key, score in (mine.get("scores") or {}).items()
                    },
                }
            )
    return page(
        "council_application.html",
        status,
        application=found,
        round=api.grants.round(found["round_id"]),
        mine=mine,
        others=[row for row in assessments if row["person_id"] != viewer().id],
        budget=totals(found.get("budget") or []),
        form=form,
    )


def _workbench(round_id: str, form: Form | None, status: int = 200) -> Answer:
    api = client()
    recommendation = _recommendation(api, round_id)
    assessments = optional(lambda: api.grants.assessments(round_id=round_id), [])
    if form is None:
        form = Form.new()
        for line in (recommendation or {}).get("lines", []):
            form.values[f"amount-{line['application_id']}"] = formats.typed_amount(
                line.get("amount_ore")
            )
            form.values[f"reason-{line['application_id']}"] = line.get("reason") or ""
    views_of: dict[str, list[Resource]] = {}
    for row in assessments:
        if row.get("submitted_at"):
            views_of.setdefault(row["application_id"], []).append(row)
    is_council = viewer().has("council")
    return page(
        "council_workbench.html",
        status,
        round=api.grants.round(round_id),
        recommendation=recommendation,
        is_open=is_council and bool(recommendation) and recommendation["status"] == "draft",  # type: ignore[index]
        views_of=views_of,
        form=form,
    )


def _changed_lines(form: Form, recommendation: Resource) -> list[dict[str, Any]]:
    changed = []
    for line in recommendation["lines"]:
        key = line["application_id"]
        amount = form.amount(f"amount-{key}", required=False)
        reason = form.text(f"reason-{key}", required=False, longest=2000) or ""
        if amount is not None and amount > (line.get("applied_ore") or 0):
            form.refuse(f"amount-{key}", _("Der kan ikke indstilles mere, end der er søgt om."))
        is_changed = amount != line.get("amount_ore") or reason != (line.get("reason") or "")
        if amount is not None and is_changed:
            by_ore = amount - (line.get("amount_ore") or 0)
            changed.append({"id": key, "amount_ore": amount, "reason": reason, "by_ore": by_ore})
    return changed
