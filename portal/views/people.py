"""Who may do what for an association: roles, invitations, and passing it on (V4).

A new role begins when whoever was invited says yes. Opening the mailed link changes nothing: mail
scanners open links too. The secret is in the address and in hidden fields, and is passed on in
bodies only.
"""

import uuid

from flask import Blueprint, abort, request

from portal import explanations, labels
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    anonymous_client,
    client,
    for_offices,
    notify,
    page,
    see_other,
    signed_in,
    viewer,
)

views = Blueprint("people", __name__)


@views.get("/foreninger/<uuid:association_id>/medlemmer")
@signed_in
def members(association_id: uuid.UUID) -> Answer:
    """Who has which role in the association, and who has been asked to take one."""
    return _members(str(association_id), Form.new(role="editor"))


@views.post("/foreninger/<uuid:association_id>/medlemmer")
@signed_in
def invite(association_id: uuid.UUID) -> Answer:
    """Ask somebody to take a role; sent twice it is still one invitation."""
    form = Form.sent()
    body = {
        **_asked(str(association_id), form),
        "role": form.choice("role", list(labels.ROLE)),
        "is_contact": form.flag("is_contact"),
    }
    if form.is_valid and _sent(form, body):
        return see_other("people.members", association_id=association_id)
    return _members(str(association_id), form, 422)


@views.post("/foreninger/<uuid:association_id>/medlemmer/<uuid:membership_id>/afslut")
@signed_in
def end_member(association_id: uuid.UUID, membership_id: uuid.UUID) -> Answer:
    """End somebody's role."""
    form = Form.sent()
    try:
        client().directory.end_membership(str(membership_id))
        notify("success", _("Rollen er afsluttet."))
    except GatewayProblem as problem:
        form.take(problem)
        notify("error", " ".join(form.general))
    return see_other("people.members", association_id=association_id)


@views.route(
    "/foreninger/<uuid:association_id>/medlemmer/<uuid:membership_id>", methods=["GET", "POST"]
)
@signed_in
def change_role(association_id: uuid.UUID, membership_id: uuid.UUID) -> Answer:
    """Change what somebody may do for the association."""
    api = client().directory
    association = api.association(str(association_id))
    if not _may_manage(association["id"]):
        abort(403)
    membership = api.membership(str(membership_id))
    if request.method == "GET":
        form = Form(
            {
                "role": membership["role"],
                "leads": "1" if membership["leads"] else "",
                "is_contact": "1" if membership["is_contact"] else "",
                "version": membership["version"],
            }
        )
        return page("member.html", association=association, membership=membership, form=form)
    form = Form.sent()
    body = {
        "association_id": association["id"],
        "person": {"name": membership["person_name"], "email": membership["email"]},
        "role": form.choice("role", list(labels.ROLE)),
        "leads": form.flag("leads"),
        "is_contact": form.flag("is_contact"),
    }
    if form.is_valid:
        try:
            api.put_membership(membership["id"], body, form.value("version"))
            notify("success", _("Rollen er ændret."))
            return see_other("people.members", association_id=association_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                form.values["version"] = str(membership["version"])
    return page("member.html", 422, association=association, membership=membership, form=form)


@views.post(
    "/foreninger/<uuid:association_id>/invitationer/<uuid:invitation_id>"
    "/<any(igen,'traek-tilbage'):step>"
)
@signed_in
def settle_invitation(association_id: uuid.UUID, invitation_id: uuid.UUID, step: str) -> Answer:
    """Mail an invitation once more, or take it back."""
    api = client().directory
    try:
        if step == "igen":
            api.mail_invitation(str(invitation_id))
            notify("success", _("Mailen er sendt igen. Linket i den gamle mail virker ikke mere."))
        else:
            api.withdraw_invitation(str(invitation_id))
            notify("success", _("Invitationen er trukket tilbage."))
    except GatewayProblem as problem:
        if problem.status not in {409, 429}:
            raise
        notify("error", explanations.problem(problem))
    return see_other("people.members", association_id=association_id)


@views.route("/foreninger/<uuid:association_id>/stafet", methods=["GET", "POST"])
@signed_in
def pass_on(association_id: uuid.UUID) -> Answer:
    """Name who takes over as administrator; one leaves oneself once they have said yes."""
    if not viewer().in_association(str(association_id), "administrator"):
        abort(403)
    association = client().directory.association(str(association_id))
    form = Form.new()
    if request.method == "POST":
        form = Form.sent()
        body = {**_asked(association["id"], form), "role": "administrator", "hands_over": True}
        if form.is_valid and _sent(form, body):
            return see_other("people.members", association_id=association_id)
    status = 200 if form.is_valid else 422
    return page("pass_on.html", status, association=association, form=form)


@views.route("/foreninger/<uuid:association_id>/overdrag", methods=["GET", "POST"])
@for_offices("coordinator")
def hand_over(association_id: uuid.UUID) -> Answer:
    """Give an association whose people are gone to a new administrator, on proof."""
    api = client().directory
    association = api.association(str(association_id))
    form = Form({"version": association["version"]})
    if request.method == "POST":
        form = Form.sent()
        body = {
            "person": {"name": form.line("person-name"), "email": form.email("person-email")},
            "proof": form.choice("proof", list(labels.PROOF)),
            "proof_on": form.day("proof_on"),
            "proof_text": form.text("proof_text", longest=2000),
        }
        if form.is_valid:
            try:
                api.hand_over(association["id"], body, form.value("version"))
                notify("success", _("Foreningen er overdraget, og alle berørte får en mail."))
                return see_other("people.members", association_id=association_id)
            except GatewayProblem as problem:
                form.take(problem)
                if problem.status == 412:
                    form.values["version"] = str(association["version"])
    status = 200 if form.is_valid else 422
    memberships = api.memberships(association["id"])
    return page(
        "hand_over.html", status, association=association, memberships=memberships, form=form
    )


# --- the link in the mail


@views.get("/invitation")
def invitation() -> Answer:
    """Show what is asked, and two buttons. Nothing is used up by opening it."""
    return _invitation(request.args.get("noegle", ""))


@views.post("/invitation")
def answer_invitation() -> Answer:
    """Say yes or no to the role."""
    form = Form.sent()
    token, api = form.value("noegle"), anonymous_client().directory
    try:
        if form.value("svar") == "nej":
            api.decline_invitation(token)
        else:
            api.accept_invitation(token)
    except GatewayProblem as problem:
        if not _is_no_link(problem):
            raise
    return _invitation(token)


def _invitation(token: str) -> Answer:
    try:
        found = anonymous_client().directory.open_invitation(token) if token else None
    except GatewayProblem as problem:
        if not _is_no_link(problem):
            raise
        found = None
    if found is None:
        return page("invitation_not_valid.html", 404)
    return page("invitation.html", invitation=found, token=token)


def _is_no_link(problem: GatewayProblem) -> bool:
    return problem.slug in {"link-not-valid", "invalid", "unprocessable-content"}


def _may_manage(association_id: str) -> bool:
    return viewer().in_association(association_id, "administrator") or viewer().has("coordinator")


def _asked(association_id: str, form: Form) -> Resource:
    """Read whom a form asks."""
    return {
        "association_id": association_id,
        "person": {"name": form.line("person-name"), "email": form.email("person-email")},
        "leads": form.flag("leads"),
    }


def _sent(form: Form, body: Resource) -> bool:
    """Send an invitation; what was refused stands at its field."""
    try:
        client().directory.invite(form.identifier(), body)
    except GatewayProblem as problem:
        form.take(problem)
        return False
    name = form.value("person-name")
    notify("success", _("%(name)s får en mail med et link, der virker i 14 dage.", name=name))
    return True


def _members(association_id: str, form: Form, status: int = 200) -> Answer:
    api = client().directory
    may_manage = _may_manage(association_id)
    return page(
        "association_members.html",
        status,
        association=api.association(association_id),
        memberships=api.memberships(association_id),
        invitations=api.invitations(association_id) if may_manage else [],
        may_manage=may_manage,
        form=form,
    )
