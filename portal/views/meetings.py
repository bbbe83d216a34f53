"""Meetings.

The calendar, signing up and off, the coordinator's forms and the minutes (V10, V19, N6, N23).
"""

import uuid
from typing import Any

from flask import Blueprint, Response, request

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
    notify,
    optional,
    page,
    see_other,
    signed_in,
    viewer,
)

views = Blueprint("meetings", __name__)

STAFF = ("coordinator",)
MOMENTS = ("starts_at", "ends_at", "registration_closes_at")


@views.get("/moeder")
def all_meetings() -> Answer:
    """Coming meetings, and those held."""
    found = sorted(client().meetings.meetings(), key=lambda row: row["starts_at"])
    now = clock.now()
    coming = [
        row for row in found if formats.local(row["ends_at"]) >= now and row["status"] != "held"
    ]
    held = [row for row in reversed(found) if row not in coming]
    return page("meetings.html", coming=coming, held=held)


@views.get("/moeder/<uuid:meeting_id>")
def show(meeting_id: uuid.UUID) -> Answer:
    """One meeting: agenda, sign-up, minutes."""
    return _page(str(meeting_id), Form.new(attendees="1"))


@views.post("/moeder/<uuid:meeting_id>/tilmeld")
@signed_in
def register(meeting_id: uuid.UUID) -> Answer:
    """Sign up for oneself or one's association."""
    form = Form.sent()
    body: Resource = {
        "meeting_id": str(meeting_id),
        "attendees": form.count("attendees", least=1, most=10),
        "note": form.text("note", required=False, longest=1000) or "",
    }
    association_id = form.value("association_id")
    body["association_id"] = association_id if viewer().in_association(association_id) else None
    if form.is_valid:
        try:
            made = client().meetings.register(form.identifier(), body)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.slug == "already-registered":
                form.general[:] = [_("I er allerede tilmeldt mødet.")]
        else:
            if made.get("status") == "waiting":
                text = _(
                    "Mødet er fuldt. I står på ventelisten og får en mail, hvis der bliver plads."
                )
                notify("warning", text)
            else:
                notify("success", _("I er tilmeldt. Der kommer en mail med en kalenderaftale."))
            return see_other("meetings.show", meeting_id=meeting_id)
    return _page(str(meeting_id), form, 422)


@views.post("/moeder/<uuid:meeting_id>/afmeld/<uuid:registration_id>")
@signed_in
def withdraw(meeting_id: uuid.UUID, registration_id: uuid.UUID) -> Answer:
    """Sign off; the next on the waiting list moves up."""
    try:
        client().meetings.withdraw(str(registration_id))
        notify("success", _("Tilmeldingen er afmeldt."))
    except GatewayProblem as problem:
        if problem.status != 409:
            raise
        notify("error", explanations.problem(problem))
    return see_other("meetings.show", meeting_id=meeting_id)


@views.get("/moeder/<uuid:meeting_id>/kalender.ics")
def calendar(meeting_id: uuid.UUID) -> Answer:
    """The meeting for one's own calendar."""
    found = client().meetings.calendar(str(meeting_id))
    return Response(
        found.content,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="moede.ics"'},
    )


# --- the coordinator -----------------------------------------------------------------------------


@views.get("/moeder/ny")
@for_offices(*STAFF)
def new() -> Answer:
    """The form for a new meeting."""
    kind = request.args.get("slags", "dialogue")
    form = Form.new(
        kind=kind if kind in labels.MEETING_KIND else "dialogue", audience="associations"
    )
    return page("meeting_edit.html", form=form, meeting=None)


@views.post("/moeder/ny")
@for_offices(*STAFF)
def create() -> Answer:
    """Save a new meeting as a draft."""
    form = Form.sent()
    return _save(form, form.identifier(), None)


@views.get("/moeder/<uuid:meeting_id>/rediger")
@for_offices(*STAFF)
def edit(meeting_id: uuid.UUID) -> Answer:
    """The form for a meeting; when it is called, those signed up hear of a change."""
    meeting = client().meetings.meeting(str(meeting_id))
    return page("meeting_edit.html", form=Form(_values(meeting)), meeting=meeting)


@views.post("/moeder/<uuid:meeting_id>/rediger")
@for_offices(*STAFF)
def save(meeting_id: uuid.UUID) -> Answer:
    """Save a meeting."""
    return _save(Form.sent(), str(meeting_id), client().meetings.meeting(str(meeting_id)))


@views.post("/moeder/<uuid:meeting_id>/<any(indkald,afholdt,slet):step>")
@for_offices(*STAFF)
def move_on(meeting_id: uuid.UUID, step: str) -> Answer:
    """Call a meeting, note that it was held, or drop a draft."""
    api = client().meetings
    key = str(meeting_id)
    try:
        if step == "indkald":
            api.call_meeting(key)
            notify("success", _("Mødet er indkaldt, og invitationerne er på vej."))
        elif step == "afholdt":
            api.hold_meeting(key)
            notify("success", _("Mødet er registreret som afholdt. Skriv nu referatet."))
        else:
            api.delete_meeting(key)
            notify("success", _("Kladden er slettet."))
            return see_other("meetings.all_meetings")
    except GatewayProblem as problem:
        if problem.status not in {409, 422}:
            raise
        notify("error", explanations.problem(problem))
    return see_other("meetings.show", meeting_id=meeting_id)


@views.route("/moeder/<uuid:meeting_id>/aflys", methods=["GET", "POST"])
@for_offices(*STAFF)
def cancel(meeting_id: uuid.UUID) -> Answer:
    """Call a meeting off, with a reason for those who had signed up."""
    api = client().meetings
    meeting = api.meeting(str(meeting_id))
    form = Form()
    if request.method == "POST":
        form = Form.sent()
        reason = form.text("reason", longest=2000)
        if form.is_valid and reason:
            try:
                api.cancel_meeting(str(meeting_id), reason)
                notify("success", _("Mødet er aflyst, og de tilmeldte får besked."))
                return see_other("meetings.show", meeting_id=meeting_id)
            except GatewayProblem as problem:
                form.take(problem)
    return page("meeting_cancel.html", 200 if form.is_valid else 422, meeting=meeting, form=form)


@views.get("/moeder/<uuid:meeting_id>/referat")
@for_offices(*STAFF)
def minutes(meeting_id: uuid.UUID) -> Answer:
    """The form for the minutes."""
    api = client().meetings
    meeting = api.meeting(str(meeting_id))
    found = api.minutes_of(str(meeting_id))
    form = Form.new()
    if found:
        form = Form(
            {
                "id": found["id"],
                "version": found["version"],
                "text": found["text"],
                "attendance_count": found.get("attendance_count"),
            }
        )
    return page("minutes_edit.html", form=form, meeting=meeting, minutes=found)


@views.post("/moeder/<uuid:meeting_id>/referat")
@for_offices(*STAFF)
def save_minutes(meeting_id: uuid.UUID) -> Answer:
    """Save the minutes, and publish them when asked to."""
    api = client().meetings
    form = Form.sent()
    body = {
        "meeting_id": str(meeting_id),
        "text": form.text("text", longest=50_000),
        "attendance_count": form.count("attendance_count", required=False),
    }
    minutes_id = form.identifier()
    if form.is_valid:
        try:
            saved = api.put_minutes(minutes_id, body, form.value("version") or None)
            form.values["version"] = str(saved.get("version", ""))
            if form.value("next") == "publish":
                api.publish_minutes(minutes_id)
                notify("success", _("Referatet er offentligt."))
                return see_other("meetings.show", meeting_id=meeting_id)
            notify("success", _("Referatet er gemt som kladde."))
            return see_other("meetings.minutes", meeting_id=meeting_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                current = api.minutes_of(str(meeting_id)) or {}
                form.compare(
                    {"text": form.value("text")},
                    {"text": current.get("text") or ""},
                    {"text": _("Referat")},
                )
                form.values["version"] = str(current.get("version", ""))
                form.general.clear()
    return page(
        "minutes_edit.html", 422, form=form, meeting=api.meeting(str(meeting_id)), minutes=None
    )


# --- the parts -----------------------------------------------------------------------------------

_LABELS = {
    "title": N_("Overskrift"),
    "description": N_("Beskrivelse"),
    "place": N_("Sted"),
    "starts_at": N_("Begynder"),
    "ends_at": N_("Slutter"),
    "capacity": N_("Pladser"),
    "agenda": N_("Dagsorden"),
}


def _page(meeting_id: str, form: Form, status: int = 200) -> Answer:
    api = client()
    meeting = api.meetings.meeting(meeting_id)
    registrations = []
    if viewer().is_signed_in:
        registrations = optional(lambda: api.meetings.registrations(meeting_id=meeting_id), [])
    live = [row for row in registrations if row.get("status") != "withdrawn"]
    mine = [
        row
        for row in live
        if row.get("person_id") == viewer().id or viewer().in_association(row.get("association_id"))
    ]
    return page(
        "meeting.html",
        status,
        meeting=meeting,
        minutes=optional(lambda: api.meetings.minutes_of(meeting_id), None),
        mine=mine,
        everybody=live if viewer().has("coordinator") else [],
        associations=_my_associations(api, mine),
        may_register=_may_register(meeting),
        form=form,
    )


def _my_associations(api: Client, mine: list[Resource]) -> list[tuple[str, str]]:
    """The associations one could still sign up."""
    if not viewer().associations:
        return []
    taken = {row.get("association_id") for row in mine}
    me = optional(api.directory.me, {})
    return [
        (row["id"], row["name"]) for row in me.get("associations", []) if row["id"] not in taken
    ]


def _may_register(meeting: Resource) -> bool:
    if meeting["status"] != "called":
        return False
    closes_at = meeting.get("registration_closes_at") or meeting["starts_at"]
    return formats.local(closes_at) > clock.now()


def _values(meeting: Resource) -> dict[str, Any]:
    values: dict[str, Any] = {
        key: meeting.get(key) or ""
        for key in ("title", "description", "place", "kind", "audience", "capacity")
    }
    values["agenda"] = "\n".join(meeting.get("agenda") or ())
    values["version"] = meeting["version"]
    for name in MOMENTS:
        forms.fill_moment(values, name, meeting.get(name))
    return values


def _save(form: Form, meeting_id: str, before: Resource | None) -> Answer:
    body: Resource = {
        "kind": form.choice("kind", list(labels.MEETING_KIND)),
        "audience": form.choice("audience", list(labels.AUDIENCE)),
        "title": form.line("title"),
        "description": form.text("description", required=False) or "",
        "place": form.line("place"),
        "capacity": form.count("capacity", required=False, least=1),
        "agenda": [row.strip() for row in form.value("agenda").splitlines() if row.strip()],
        "starts_at": form.moment("starts_at"),
        "ends_at": form.moment("ends_at"),
        "registration_closes_at": form.moment("registration_closes_at", required=False),
    }
    if body["starts_at"] and body["ends_at"] and body["ends_at"] <= body["starts_at"]:
        form.refuse("ends_at", _("Mødet skal slutte efter, at det er begyndt."))
    if form.is_valid:
        api = client().meetings
        version = form.value("version") or None
        try:
            if before and before["status"] != "draft":
                api.change_meeting(meeting_id, body, version)
                notify("success", _("Mødet er ændret, og de tilmeldte får besked."))
            else:
                api.put_meeting(meeting_id, body, version)
                notify("success", _("Kladden er gemt. Send invitationerne, når mødet er klar."))
            return see_other("meetings.show", meeting_id=meeting_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                before = api.meeting(meeting_id)
                theirs = _values(before)
                names = list(_LABELS)
                form.compare(
                    {name: form.value(name) for name in names},
                    {name: str(theirs[name]) for name in names},
                    {name: _(text) for name, text in _LABELS.items()},
                )
                form.values["version"] = str(before["version"])
                form.general.clear()
    return page("meeting_edit.html", 422, form=form, meeting=before)
