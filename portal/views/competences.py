"""What associations lend: the speaker bank, and expertise staff may draw on (N7, N8, N14).

An association decides what everybody sees; the rest is for staff and other associations. Whoever
wants to ask writes to the association's own address, never to a person's.
"""

import uuid
from typing import Any

from flask import Blueprint, abort, request, url_for

from portal import labels
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import Answer, client, municipality, notify, page, see_other, signed_in, viewer

views = Blueprint("competences", __name__)


@views.get("/oplaeg")
def find() -> Answer:
    """Search speakers and expertise by word, topic and kind; the address says what was chosen."""
    asked: dict[str, Any] = {
        name: request.args.get(name, "").strip() for name in ("q", "emne", "slags")
    }
    topics = municipality().words("topics")
    if asked["emne"] not in dict(topics):
        asked["emne"] = ""
    if asked["slags"] not in labels.COMPETENCE_KIND:
        asked["slags"] = ""
    found = client().directory.competences(
        q=asked["q"][:200] or None,
        topic=asked["emne"] or None,
        kind=asked["slags"] or None,
        cursor=request.args.get("side") or None,
        limit=20,
    )
    more: dict[str, Any] = {**asked, "side": found["next"]}
    onwards = url_for("competences.find", **more) if found["next"] else ""
    return page("competences.html", form=Form(dict(asked)), found=found, onwards=onwards)


@views.route("/foreninger/<uuid:association_id>/oplaeg", methods=["GET", "POST"])
@signed_in
def create(association_id: uuid.UUID) -> Answer:
    """Write what an association lends; sent twice it is still one."""
    association = client().directory.association(str(association_id))
    _require_keeper(association["id"])
    form = Form.new(kind="speaker")
    if request.method == "POST":
        form = Form.sent()
        if _saved(form, form.identifier(), association["id"]):
            return see_other("association.show", association_id=association_id)
    status = 200 if form.is_valid else 422
    return page("competence_edit.html", status, association=association, form=form, known=None)


@views.route("/oplaeg/<uuid:competence_id>", methods=["GET", "POST"])
@signed_in
def change(competence_id: uuid.UUID) -> Answer:
    """Change what an association lends."""
    api = client().directory
    known = api.competence(str(competence_id))
    _require_keeper(known["association_id"])
    form = Form({**known, "terms": known["terms"] or "", "topics[]": known["topics"]})
    form.values["is_public"] = "1" if known["is_public"] else ""
    if request.method == "POST":
        form = Form.sent()
        if _saved(form, known["id"], known["association_id"], form.value("version")):
            return see_other("association.show", association_id=known["association_id"])
        if form.general:
            form.values["version"] = str(known["version"])
    status = 200 if form.is_valid else 422
    association = api.association(known["association_id"])
    return page("competence_edit.html", status, association=association, form=form, known=known)


@views.post("/oplaeg/<uuid:competence_id>/fjern")
@signed_in
def withdraw(competence_id: uuid.UUID) -> Answer:
    """Take it back."""
    api = client().directory
    known = api.competence(str(competence_id))
    api.withdraw_competence(known["id"])
    notify("success", _("Det er fjernet."))
    return see_other("association.show", association_id=known["association_id"])


def _require_keeper(association_id: str) -> None:
    if not (viewer().in_association(association_id, "editor") or viewer().has("coordinator")):
        abort(403)


def _saved(form: Form, competence_id: str, association_id: str, version: str | None = None) -> bool:
    body: Resource = {
        "association_id": association_id,
        "kind": form.choice("kind", list(labels.COMPETENCE_KIND)),
        "title": form.line("title", longest=120),
        "description": form.text("description", longest=2000),
        "topics": form.choices("topics", [key for key, _name in municipality().words("topics")]),
        "terms": form.line("terms", required=False),
        "is_public": form.flag("is_public"),
    }
    if not form.is_valid:
        return False
    try:
        client().directory.put_competence(competence_id, body, version)
    except GatewayProblem as problem:
        form.take(problem)
        return False
    notify("success", _("Det er gemt."))
    return True
