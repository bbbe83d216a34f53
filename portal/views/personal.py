"""One's own data: to read, to take along, to have erased; and the same on somebody's behalf.

Every service answers for its own with the visitor's token; the page puts the answers together
(docs/decisions/0068). A file that lacked a part would say less than is kept, so none is given while
a service is away; the page says which is. Whoever signed in more than a quarter of an hour ago is
asked to do it again, by the services, and comes back.
"""

import uuid

import flask
from flask import Blueprint, Response, request

from portal import explanations, personal, security
from portal.client import GatewayAway, GatewayProblem, Resource
from portal.client.personal import SERVICES
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    anonymous_client,
    client,
    for_offices,
    page,
    see_other,
    session,
    signed_in,
    to_sign_in,
    viewer,
)

views = Blueprint("personal", __name__)


@views.get("/mine-oplysninger")
@signed_in
def own() -> Answer:
    """All that is kept of whoever is looking."""
    return _show(viewer().id, name="")


@views.get("/mine-oplysninger/hent")
@signed_in
def take_own() -> Answer:
    """Hand it on as a file."""
    return _file(viewer().id, shown_at=flask.url_for("personal.own"))


@views.route("/mine-oplysninger/slet", methods=["GET", "POST"])
@signed_in
def erase_own() -> Answer:
    """Ask whether one really wants to be forgotten, and do it."""
    form = Form()
    if request.method == "POST":
        form = Form.sent()
        receipt = _erase(form, viewer().id)
        if receipt is not None:
            session().sign_out()
            flask.g.pop("viewer", None)
            return see_other("personal.receipt", kvittering=receipt)
    return page("personal_erase.html", 200 if form.is_valid else 422, form=form, person=None)


@views.get("/sletning")
def receipt() -> Answer:
    """What came of an erasure, for whoever has its receipt; nobody needs to sign in."""
    secret = request.args.get("kvittering", "")
    try:
        found = anonymous_client().personal.open_receipt(secret) if secret else None
    except GatewayProblem as problem:
        if problem.status not in {404, 422}:
            raise
        found = None
    if found is None:
        return page("personal_no_receipt.html", 404)
    return page("personal_erasure.html", erasure=found, words=personal, own=True)


@views.get("/personer")
@for_offices("coordinator")
def people() -> Answer:
    """Find somebody who asked the municipality for their data, or to be forgotten."""
    q = request.args.get("q", "").strip()
    api = client().personal
    return page(
        "personal_people.html",
        q=q,
        people=api.people(q)["items"] if q else [],
        erasures=api.erasures()["items"],
    )


@views.get("/personer/<uuid:person_id>")
@for_offices("coordinator")
def of_person(person_id: uuid.UUID) -> Answer:
    """All that is kept of somebody, but for what is theirs alone to read."""
    return _show(str(person_id), name=_person(person_id)["name"])


@views.get("/personer/<uuid:person_id>/hent")
@for_offices("coordinator")
def take_of_person(person_id: uuid.UUID) -> Answer:
    """Hand it on as a file."""
    return _file(str(person_id), shown_at=flask.url_for("personal.of_person", person_id=person_id))


@views.route("/personer/<uuid:person_id>/slet", methods=["GET", "POST"])
@for_offices("coordinator")
def erase_person(person_id: uuid.UUID) -> Answer:
    """Have somebody forgotten who asked for it."""
    form = Form()
    if request.method == "POST":
        form = Form.sent()
        if _erase(form, str(person_id)) is not None:
            return see_other("personal.erasure", person_id=person_id)
    status = 200 if form.is_valid else 422
    return page("personal_erase.html", status, form=form, person=_person(person_id))


@views.get("/sletninger/<uuid:person_id>")
@for_offices("coordinator")
def erasure(person_id: uuid.UUID) -> Answer:
    """What every service answered to an erasure."""
    found = client().personal.erasure(str(person_id))
    return page("personal_erasure.html", erasure=found, words=personal, own=False)


def _person(person_id: uuid.UUID) -> Resource:
    return client().directory.person(str(person_id))


def _erase(form: Form, person_id: str) -> str | None:
    """Have somebody erased where that was confirmed; return the receipt, None where it was not."""
    if not form.flag("sikker"):
        form.refuse("sikker", _("Sæt kryds, hvis oplysningerne skal slettes."))
        return None
    try:
        return client().personal.erase(person_id)["receipt"] or ""
    except GatewayProblem as problem:
        if problem.slug != "last-administrator":
            raise
        form.general.append(explanations.problem(problem))
        return None


def _show(person_id: str, *, name: str) -> Answer:
    answers, away = [], []
    for service in SERVICES:
        try:
            answers.append(client().personal.data(service, person_id))
        except GatewayAway:
            away.append(personal.service_name(service))
    return page(
        "personal_data.html",
        sections=personal.sections(answers),
        withheld=any(answer["withheld"] for answer in answers),
        away=away,
        person_id=person_id,
        name=name,
    )


def _file(person_id: str, *, shown_at: str) -> Answer:
    try:
        answers = [client().personal.data(service, person_id) for service in SERVICES]
    except GatewayProblem as problem:
        if problem.slug != "sign-in-too-old":
            raise
        # Back to the page: a file alone would leave whoever signed in on the page they did it on.
        return to_sign_in(again=True, back=shown_at)
    document = flask.render_template("personal_document.html", sections=personal.sections(answers))
    answer = Response(personal.archive(answers, document), content_type="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="oplysninger.zip"'
    answer.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer
