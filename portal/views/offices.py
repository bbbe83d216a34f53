"""Who holds which office: appointing, changing and ending, by the coordinator (V14, V17, N26)."""

import uuid

from flask import Blueprint, request

from chassis import clock
from portal import formats, labels
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import Answer, client, for_offices, municipality, notify, page, see_other

views = Blueprint("offices", __name__)


@views.get("/arbejdsliste/hverv")
@for_offices("coordinator")
def all_offices() -> Answer:
    """Who holds which office now or later, by body."""
    api = client().directory
    held = api.offices(current=True)
    known = {each["id"] for each in held}
    coming = [
        each
        for each in api.offices(current=False)
        if each["id"] not in known and each["starts_on"] > _today()
    ]
    groups = [(body, [each for each in held if each["body"] == body]) for body in labels.BODY]
    return page("offices.html", groups=[group for group in groups if group[1]], coming=coming)


@views.route("/arbejdsliste/hverv/nyt", methods=["GET", "POST"])
@for_offices("coordinator")
def appoint() -> Answer:
    """Appoint somebody to an office; sent twice it is still one."""
    form = Form.new(body="coordinator", starts_on=_today())
    if request.method == "POST":
        form = Form.sent()
        person = {"name": form.line("person-name"), "email": form.email("person-email")}
        if _saved(form, form.identifier(), person):
            return see_other("offices.all_offices")
    return page("office_edit.html", 200 if form.is_valid else 422, form=form, office=None)


@views.route("/arbejdsliste/hverv/<uuid:office_id>", methods=["GET", "POST"])
@for_offices("coordinator")
def change(office_id: uuid.UUID) -> Answer:
    """Change an appointment; the person stays, for an office is not handed over."""
    api = client().directory
    office = api.office(str(office_id))
    form = Form({**office, "is_deputy": "1" if office["is_deputy"] else ""})
    if request.method == "POST":
        form = Form.sent()
        person = api.person(office["person_id"])
        known = {"name": person["name"], "email": person["email"]}
        if _saved(form, office["id"], known, form.value("version")):
            return see_other("offices.all_offices")
        if form.general:
            form.values["version"] = str(office["version"])
    return page("office_edit.html", 200 if form.is_valid else 422, form=form, office=office)


@views.post("/arbejdsliste/hverv/<uuid:office_id>/afslut")
@for_offices("coordinator")
def end(office_id: uuid.UUID) -> Answer:
    """End an office today."""
    found = client().directory.end_office(str(office_id))
    notify("success", _("%(name)s har ikke længere hvervet.", name=found.get("person_name", "")))
    return see_other("offices.all_offices")


def _saved(form: Form, office_id: str, person: Resource, version: str | None = None) -> bool:
    departments = [key for key, _name in municipality().words("departments")]
    body = {
        "person": person,
        "body": form.choice("body", list(labels.BODY)),
        "title": form.line("title"),
        "is_deputy": form.flag("is_deputy"),
        "department": form.choice("department", departments, required=False),
        "questions": form.text("questions", required=False, longest=1000) or "",
        "starts_on": form.day("starts_on"),
        "ends_on": form.day("ends_on", required=False),
    }
    if not form.is_valid:
        return False
    try:
        client().directory.put_office(office_id, body, version)
    except GatewayProblem as problem:
        form.take(problem)
        return False
    notify("success", _("Hvervet er gemt."))
    return True


def _today() -> str:
    return formats.local(clock.now()).date().isoformat()
