"""Contact pairs: a team of the municipality and an association, a named contact on each side (N12).

The municipality makes a pair; each side names its own contact, says whether everybody may see it,
and may end it.
"""

import uuid

from flask import Blueprint, abort, request

from chassis import clock
from portal import formats
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    client,
    for_offices,
    municipality,
    notify,
    page,
    see_other,
    signed_in,
    viewer,
)

views = Blueprint("contact_pairs", __name__)

STAFF = ("coordinator", "caseworker")


@views.route("/foreninger/<uuid:association_id>/kontaktpar/nyt", methods=["GET", "POST"])
@for_offices(*STAFF)
def create(association_id: uuid.UUID) -> Answer:
    """Link a team and an association; sent twice it is still one pair."""
    association = client().directory.association(str(association_id))
    form = Form.new(starts_on=formats.local(clock.now()).date().isoformat())
    if request.method == "POST":
        form = Form.sent()
        if _saved(form, form.identifier(), association["id"]):
            return see_other("association.show", association_id=association_id)
    status = 200 if form.is_valid else 422
    return page("contact_pair.html", status, association=association, form=form, pair=None)


@views.route("/foreninger/<uuid:association_id>/kontaktpar/<uuid:pair_id>", methods=["GET", "POST"])
@for_offices(*STAFF)
def change(association_id: uuid.UUID, pair_id: uuid.UUID) -> Answer:
    """Change the municipality's part of a pair."""
    api = client().directory
    association = api.association(str(association_id))
    pair = _pair_of(association["id"], pair_id)
    staff = api.person(pair["staff_person_id"])
    form = Form(
        {
            **pair,
            "person-name": staff["name"],
            "person-email": staff["email"],
            "is_shown": "1" if pair["shown_by_municipality"] else "",
        }
    )
    if request.method == "POST":
        form = Form.sent()
        if _saved(form, pair["id"], association["id"], form.value("version")):
            return see_other("association.show", association_id=association_id)
        if form.general:
            form.values["version"] = str(pair["version"])
    status = 200 if form.is_valid else 422
    return page("contact_pair.html", status, association=association, form=form, pair=pair)


@views.route(
    "/foreninger/<uuid:association_id>/kontaktpar/<uuid:pair_id>/vores-del",
    methods=["GET", "POST"],
)
@signed_in
def answer(association_id: uuid.UUID, pair_id: uuid.UUID) -> Answer:
    """Name the association's contact, and say whether everybody may see the pair."""
    if not (viewer().in_association(str(association_id), "editor") or viewer().has("coordinator")):
        abort(403)
    api = client().directory
    association = api.association(str(association_id))
    pair = _pair_of(association["id"], pair_id)
    people = [
        (each["person_id"], each["person_name"]) for each in api.memberships(association["id"])
    ]
    form = Form(
        {
            "person_id": pair["association_person_id"] or "",
            "is_shown": "1" if pair["shown_by_association"] else "",
            "version": pair["version"],
        }
    )
    if request.method == "POST":
        form = Form.sent()
        body = {
            "person_id": form.choice("person_id", [key for key, _name in people]),
            "is_shown": form.flag("is_shown"),
        }
        if form.is_valid:
            try:
                api.answer_contact_pair(pair["id"], body, form.value("version"))
                notify("success", _("Jeres del er gemt."))
                return see_other("association.show", association_id=association_id)
            except GatewayProblem as problem:
                form.take(problem)
                form.values["version"] = str(pair["version"])
    status = 200 if form.is_valid else 422
    return page(
        "contact_pair_answer.html",
        status,
        association=association,
        form=form,
        pair=pair,
        people=people,
    )


@views.post("/foreninger/<uuid:association_id>/kontaktpar/<uuid:pair_id>/afslut")
@signed_in
def end(association_id: uuid.UUID, pair_id: uuid.UUID) -> Answer:
    """End a pair today."""
    client().directory.end_contact_pair(str(pair_id))
    notify("success", _("Kontakten slutter i dag, og begge får en mail."))
    return see_other("association.show", association_id=association_id)


def _pair_of(association_id: str, pair_id: uuid.UUID) -> Resource:
    pair = client().directory.contact_pair(str(pair_id))
    if pair["association_id"] != association_id:
        abort(404)
    return pair


def _saved(form: Form, pair_id: str, association_id: str, version: str | None = None) -> bool:
    departments = [key for key, _name in municipality().words("departments")]
    body = {
        "association_id": association_id,
        "department": form.choice("department", departments),
        "team": form.line("team", longest=120),
        "person": {"name": form.line("person-name"), "email": form.email("person-email")},
        "starts_on": form.day("starts_on"),
        "is_shown": form.flag("is_shown"),
    }
    if not form.is_valid:
        return False
    try:
        client().directory.put_contact_pair(pair_id, body, version)
    except GatewayProblem as problem:
        form.take(problem)
        return False
    notify("success", _("Kontakten er gemt, og kontakterne får en mail."))
    return True
