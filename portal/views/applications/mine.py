"""My page: one's associations, applications, registrations, and the hearings that wait."""

import flask
from flask import request

from portal.client import GatewayProblem, Resource
from portal.i18n import gettext as _
from portal.views.applications.blueprint import views
from portal.web import (
    Answer,
    anonymous_client,
    client,
    notify,
    optional,
    page,
    see_other,
    session,
    signed_in,
    viewer,
)


@views.get("/min-side")
@signed_in
def mine() -> Answer:
    """My associations, applications, registrations, and the hearings that wait for an answer."""
    api = client()
    me = api.directory.me()
    known = {row["id"]: row.get("role") for row in me.get("associations", [])}
    if known != dict(viewer().associations) or set(me.get("roles", ())) != set(viewer().roles):
        _take_new_roles()
        api = client()
    applications = optional(api.grants.applications, [])
    applications = [row for row in applications if viewer().in_association(row["association_id"])]
    hearings = [row for row in optional(api.meetings.hearings, []) if row["status"] == "open"]
    responses = optional(api.meetings.responses, [])
    answered = {
        row["hearing_id"] for row in responses if viewer().in_association(row.get("association_id"))
    }
    registrations = [
        row
        for row in optional(api.meetings.registrations, [])
        if row.get("status") != "withdrawn" and _is_mine(row)
    ]
    meetings = {row["id"]: row for row in optional(api.meetings.meetings, [])}
    rounds = [
        row for row in optional(api.grants.rounds, []) if row["status"] in {"announced", "open"}
    ]
    return page(
        "my_page.html",
        me=me,
        applications=applications,
        rounds=rounds,
        hearings=[row for row in hearings if _concerns_me(row, me) and row["id"] not in answered],
        registrations=[(row, meetings.get(row["meeting_id"])) for row in registrations],
        preferences=optional(lambda: api.notifier.preferences(viewer().id), {}),
    )


@views.post("/min-side/nyheder")
@signed_in
def choose_news() -> Answer:
    """Choose whether news come by mail."""
    client().notifier.put_preferences(viewer().id, news=bool(request.form.get("news")))
    notify("success", _("Dit valg er gemt."))
    return see_other("applications.mine")


def _take_new_roles() -> None:
    """Take a new token: a role was given since this one was made, and shall count at once."""
    kept = session()
    try:
        kept.take_tokens(anonymous_client().directory.renew(kept.session_id, kept.refresh_token))
    except GatewayProblem:
        return
    for name in ("viewer", "client"):
        flask.g.pop(name, None)


def _is_mine(registration: Resource) -> bool:
    return registration.get("person_id") == viewer().id or viewer().in_association(
        registration.get("association_id")
    )


def _concerns_me(hearing: Resource, me: Resource) -> bool:
    audience = hearing.get("audience") or {}
    if hearing.get("to_council") and viewer().has("council"):
        return True
    invited = set(audience.get("association_ids") or ())
    editable = set(viewer().associations_as("editor"))
    is_published = any(row.get("status") == "published" for row in me.get("associations", []))
    return bool(editable & invited) or (
        bool(audience.get("all")) and bool(editable) and is_published
    )
