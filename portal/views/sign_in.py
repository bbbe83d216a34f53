"""Signing in with a mailed link or its code, or with MitID where the municipality offers it.

Opening a mailed link never signs in: mail scanners open links too. The way back from MitID does,
in the one browser that went there.
"""

import flask
from flask import Blueprint, request

from portal import explanations
from portal.client import GatewayAway, GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    anonymous_client,
    client,
    local_path,
    notify,
    optional,
    page,
    see_other,
    session,
    viewer,
)

views = Blueprint("sign_in", __name__)

CODE_LENGTH = 6
_MITID_AWAY = N_("MitID svarer ikke lige nu. Prøv igen om lidt, eller få en mail med et link.")
_MITID_LEFT = N_("Du blev ikke logget ind med MitID. Prøv igen, eller få en mail med et link.")
_MITID_FAILED = N_(
    "Vi kunne ikke logge dig ind med MitID. Prøv igen, eller få en mail med et link til den "
    "adresse, vi kender dig på."
)


@views.get("/log-ind")
def ask() -> Answer:
    """Ask for the e-mail address."""
    if viewer().is_signed_in:
        return see_other("applications.mine")
    if target := local_path(request.args.get("videre")):
        session().after_sign_in = target
        session().touch()
    return _ask(Form())


@views.post("/log-ind")
def send_link() -> Answer:
    """Have a link mailed. The next page is the same whether the address is known or not."""
    form = Form.sent()
    email = form.email("email")
    if not form.is_valid or not email:
        return _ask(form, 422)
    try:
        link = anonymous_client().directory.request_link(email, session().browser_secret())
    except GatewayProblem as problem:
        form.take(problem)
        return _ask(form, 422)
    return see_other("sign_in.code", link=link["id"])


@views.route("/log-ind/igen", methods=["GET", "POST"])
def again() -> Answer:
    """Have whoever is signed in, since too long for what they want, show anew who they are."""
    if not viewer().is_signed_in:
        return see_other("sign_in.ask")
    form = Form()
    if request.method == "POST":
        form = Form.sent()
        email = client().directory.me()["email"]
        try:
            link = anonymous_client().directory.request_link(email, session().browser_secret())
            return see_other("sign_in.code", link=link["id"])
        except GatewayProblem as problem:
            form.take(problem)
    return page("sign_in_again.html", 200 if form.is_valid else 422, form=form)


@views.get("/log-ind/kode")
def code() -> Answer:
    """Say that a mail is on its way, and take the code where the link is opened elsewhere."""
    return page("sign_in_code.html", form=Form({"link": request.args.get("link", "")}))


@views.post("/log-ind/kode")
def use_code() -> Answer:
    """Sign in with the code of the mail."""
    form = Form.sent()
    typed = form.value("code").replace(" ", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) == CODE_LENGTH):
        form.refuse("code", _("Koden har seks cifre. Den står i mailen."))
        return page("sign_in_code.html", 422, form=form)
    body = {"link_id": form.value("link"), "code": typed, "browser": session().browser_secret()}
    return _sign_in(body, form, "sign_in_code.html")


@views.get("/log-ind/bekraeft")
def confirm() -> Answer:
    """Show a button. Nothing is used up by opening the page."""
    form = Form({"link": request.args.get("link", ""), "token": request.args.get("token", "")})
    return page("sign_in_confirm.html", form=form, is_known_browser=bool(session().browser))


@views.post("/log-ind/bekraeft")
def use_link() -> Answer:
    """Sign in with the secret of the link."""
    form = Form.sent()
    body: Resource = {"token": form.value("token"), "browser": session().browser_secret()}
    if form.value("link"):
        body["link_id"] = form.value("link")
    return _sign_in(body, form, "sign_in_confirm.html")


@views.get("/log-ind/mitid")
def go_to_mitid() -> Answer:
    """Send the browser to MitID.

    A link and no form: the policy of our pages lets a form lead nowhere but to ourselves, not even
    by a redirect. All that opening it changes is which visit this browser is on.
    """
    try:
        begun = anonymous_client().directory.begin_flow(session().browser_secret())
    except GatewayAway:
        return _not_signed_in(_(_MITID_AWAY))
    except GatewayProblem as problem:
        if problem.status == 429:
            return _not_signed_in(explanations.problem(problem))
        raise
    session().begin_flow(begun["id"])
    return flask.redirect(begun["authorization_url"], code=303)


@views.get("/log-ind/retur")
def come_back() -> Answer:
    """Sign in with what MitID sent along. Whatever came of it, its code leaves the address bar."""
    flow, brought = session().take_flow(), request.args
    if viewer().is_signed_in:
        return see_other("applications.mine")
    if not (flow and brought.get("code") and brought.get("state")):
        return _not_signed_in(_(_MITID_LEFT))
    body: Resource = {
        "flow_id": flow,
        "authorization_code": brought["code"],
        "state": brought["state"],
        "browser": session().browser_secret(),
    }
    if brought.get("iss"):
        body["iss"] = brought["iss"]
    try:
        granted = anonymous_client().directory.sign_in(body)
    except GatewayAway:
        return _not_signed_in(_(_MITID_AWAY))
    except GatewayProblem as problem:
        if problem.status >= 500:
            raise
        return _not_signed_in(_(_MITID_FAILED))
    return _enter(granted)


@views.post("/log-ud")
def sign_out() -> Answer:
    """Sign out, here and in the directory."""
    if session().session_id:
        optional(lambda: client().directory.sign_out(session().session_id), None)
    session().sign_out()
    flask.g.pop("viewer", None)
    notify("success", _("Du er logget ud."))
    return see_other("public.front")


def _sign_in(body: Resource, form: Form, template: str) -> Answer:
    try:
        granted = anonymous_client().directory.sign_in(body)
    except GatewayProblem as problem:
        if problem.status >= 500:
            raise
        failed = problem if problem.status == 429 else GatewayProblem(401, "sign-in-failed")
        form.general.append(explanations.problem(failed))
        form.values.pop("code", None)
        return page(
            template, 422, form=form, is_known_browser=bool(session().browser), has_failed=True
        )
    return _enter(granted)


def _ask(form: Form, status: int = 200) -> Answer:
    methods = optional(anonymous_client().directory.sign_in_methods, {})
    return page("sign_in.html", status, form=form, has_mitid=bool(methods.get("identity_provider")))


def _not_signed_in(text: str) -> Answer:
    notify("error", text)
    return see_other("sign_in.ask")


def _enter(granted: Resource) -> Answer:
    target, before = session().after_sign_in, session().session_id
    if before:
        # Whoever signed in again has one session, not two.
        optional(lambda: client().directory.sign_out(before), None)
    session().sign_in(granted)
    session().after_sign_in = ""
    return flask.redirect(local_path(target) or flask.url_for("applications.mine"), code=303)
