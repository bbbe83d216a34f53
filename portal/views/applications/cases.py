"""An application as a case: read once more, handed in, followed, withdrawn."""

import uuid

from flask import request

from portal import explanations
from portal.client import GatewayProblem
from portal.forms import Form
from portal.i18n import gettext as _
from portal.views.applications.blueprint import views
from portal.views.applications.budget import totals
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
