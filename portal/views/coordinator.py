"""The coordinator's worklist: what waits for somebody to do something, in one place (V18)."""

import uuid
from datetime import datetime

from flask import Blueprint, abort, request

from chassis import clock
from portal import explanations, formats
from portal.client import Client, GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import Answer, client, for_offices, municipality, notify, optional, page, see_other

views = Blueprint("coordinator", __name__)

STAFF = ("coordinator", "caseworker")
FAILED_SHOWN = 50
BRIDGED_DEPARTMENTS = 2


@views.get("/arbejdsliste")
@for_offices(*STAFF)
def worklist() -> Answer:
    """Everything that waits.

    Registrations, rounds, conflicts, hearings, minutes, duties, mails that did not arrive, calls.
    """
    api = client()
    now = clock.now()
    meetings = optional(api.meetings.meetings, [])
    duties = optional(lambda: api.meetings.duties(formats.local(now).year), [])
    return page(
        "worklist.html",
        waiting=optional(lambda: api.directory.all_associations(status="registered"), []),
        rounds=[
            _with_lateness(row, now)
            for row in optional(api.grants.rounds, [])
            if row["status"] != "decided"
        ],
        hearings=_hearings_to_answer(api),
        drafts=[row for row in meetings if row["status"] == "draft"],
        to_hold=[row for row in meetings if row["status"] == "called" and _has_ended(row, now)],
        without_minutes=[
            row
            for row in meetings
            if row["status"] == "held" and not _has_published_minutes(api, row)
        ],
        duties=[row for row in duties if row["status"] in {"missing", "at-risk", "broken"}],
        conflicts=optional(lambda: api.grants.applications(open_conflict=True), []),
        failed=_failed(api),
        calls=optional(api.directory.call_list, []),
        office=optional(api.directory.contact_office, {}),
        bridges_missing=_bridges_missing(api),
        bounced=[
            row
            for row in optional(lambda: api.directory.all_associations(status="published"), [])
            if row.get("contact_bounced_at")
        ],
    )


@views.route(
    "/ansoegninger/<uuid:application_id>/inhabilitet/<uuid:person_id>", methods=["GET", "POST"]
)
@for_offices(*STAFF)
def rule(application_id: uuid.UUID, person_id: uuid.UUID) -> Answer:
    """Rule, with a reason, whether somebody takes part in a case after all."""
    api = client()
    found = api.grants.application(str(application_id))
    person = next(
        (row for row in found.get("disqualified") or [] if row["person_id"] == str(person_id)), None
    )
    if person is None:
        abort(404)
    if request.method == "GET":
        return page("conflict_ruling.html", application=found, person=person, form=Form())
    form = Form.sent()
    body = {
        "ruling": form.choice("ruling", ("cleared", "upheld")),
        "reason": form.text("reason", longest=1000),
    }
    if form.is_valid:
        try:
            api.grants.rule_on_conflict(str(application_id), str(person_id), body)
        except GatewayProblem as problem:
            form.take(problem)
        else:
            notify("success", _("Det er afgjort, og %(name)s får en mail.", name=person["name"]))
            return see_other("applications.show", application_id=application_id)
    return page("conflict_ruling.html", 422, application=found, person=person, form=form)


@views.get("/arbejdsliste/foreninger/<uuid:association_id>")
@for_offices(*STAFF)
def registration(association_id: uuid.UUID) -> Answer:
    """A new registration, to approve or to refuse."""
    return _registration_page(str(association_id), Form())


@views.post("/arbejdsliste/foreninger/<uuid:association_id>/godkend")
@for_offices("coordinator")
def approve(association_id: uuid.UUID) -> Answer:
    """Approve: the association is in the vejviser, and its contact gets a mail."""
    try:
        found = client().directory.approve(str(association_id))
        # The contact of what came from a list is told when the coordinator says so.
        text = _("%(name)s er nu i vejviseren, og kontaktpersonen får en mail.", name=found["name"])
        if found["source"] == "import":
            text = _("%(name)s er nu i vejviseren.", name=found["name"])
        notify("success", text)
    except GatewayProblem as problem:
        if problem.status not in {409, 422}:
            raise
        notify("error", explanations.problem(problem))
    return see_other("coordinator.worklist")


@views.post("/arbejdsliste/foreninger/<uuid:association_id>/afvis")
@for_offices("coordinator")
def reject(association_id: uuid.UUID) -> Answer:
    """Refuse a registration, with the reason that the association is told."""
    form = Form.sent()
    reason = form.text("reason", longest=2000)
    if form.is_valid and reason:
        try:
            found = client().directory.reject(str(association_id), reason)
            notify(
                "success",
                _(
                    "%(name)s er ikke godkendt, og kontaktpersonen får begrundelsen.",
                    name=found["name"],
                ),
            )
            return see_other("coordinator.worklist")
        except GatewayProblem as problem:
            form.take(problem)
    return _registration_page(str(association_id), form, 422)


@views.route("/foreninger/<uuid:association_id>/luk", methods=["GET", "POST"])
@for_offices("coordinator")
def close(association_id: uuid.UUID) -> Answer:
    """Take an association that is no more out of the vejviser."""
    api = client().directory
    form = Form()
    if request.method == "POST":
        form = Form.sent()
        reason = form.text("reason", longest=2000)
        if form.is_valid and reason:
            try:
                api.close(str(association_id), reason)
                notify("success", _("Foreningen er lukket og ude af vejviseren."))
                return see_other("association.show", association_id=association_id)
            except GatewayProblem as problem:
                form.take(problem)
    status = 200 if form.is_valid else 422
    return page(
        "association_close.html",
        status,
        association=api.association(str(association_id)),
        form=form,
    )


@views.get("/arbejdsliste/post")
@for_offices(*STAFF, "operator")
def deliveries() -> Answer:
    """What became of the mails."""
    status = request.args.get("status", "")
    found = client().notifier.deliveries(status=status)
    found.sort(key=lambda row: row["created_at"], reverse=True)
    return page("deliveries.html", deliveries=found[:300], status=status)


@views.post("/arbejdsliste/post/<uuid:delivery_id>/<any(igen,modtaget):step>")
@for_offices("coordinator", "operator")
def settle(delivery_id: uuid.UUID, step: str) -> Answer:
    """Send a mail again, or note that it arrived; then back to the list one came from."""
    api = client().notifier
    try:
        if step == "igen":
            api.resend(str(delivery_id))
            notify("success", _("Mailen bliver sendt igen."))
        else:
            api.confirm(str(delivery_id))
            notify("success", _("Mailen er noteret som modtaget."))
    except GatewayProblem as problem:
        if problem.status != 409:
            raise
        notify("error", explanations.problem(problem))
    return see_other("coordinator.deliveries", status=request.form.get("status") or None)


def _registration_page(association_id: str, form: Form, status: int = 200) -> Answer:
    api = client().directory
    association = api.association(association_id)
    possible: list[Resource] = []
    if association["status"] == "registered":
        possible = optional(lambda: api.duplicates(association_id), [])
    return page(
        "worklist_association.html",
        status,
        association=association,
        form=form,
        possible_duplicates=possible,
    )


def _hearings_to_answer(api: Client) -> list[Resource]:
    return [
        row
        for row in optional(api.meetings.hearings, [])
        if row["status"] in {"draft", "open", "closed"}
    ]


def _bridges_missing(api: Client) -> bool:
    """Whether the policy wants bridge builders of two departments, and there are not (N26)."""
    profile = municipality().profile
    if not any(duty.get("body") == "bridge-builder" for duty in profile.get("duties", ())):
        return False
    held: list[Resource] = optional(
        lambda: api.directory.offices(body="bridge-builder", current=True), []
    )
    return len({each["department"] for each in held}) < BRIDGED_DEPARTMENTS


def _with_lateness(round_: Resource, now: datetime) -> Resource:
    """Say of a draft that it should have opened by now, and whether even its deadline is over."""
    is_draft = round_["status"] == "draft"
    return {
        **round_,
        "is_overdue": is_draft and formats.local(round_["opens_at"]) < now,
        "is_too_late": is_draft and formats.local(round_["closes_at"]) < now,
    }


def _has_ended(meeting: Resource, now: datetime) -> bool:
    return formats.local(meeting["ends_at"]) < now


def _has_published_minutes(api: Client, meeting: Resource) -> bool:
    if not meeting.get("minutes_id"):
        return False
    minutes = optional(lambda: api.meetings.minutes_of(meeting["id"]), None)
    return bool(minutes and minutes.get("published_at"))


def _failed(api: Client) -> list[Resource]:
    found = optional(lambda: api.notifier.deliveries(status="failed"), [])
    found += optional(lambda: api.notifier.deliveries(status="uncertain"), [])
    return sorted(found, key=lambda row: row["created_at"], reverse=True)[:FAILED_SHOWN]
