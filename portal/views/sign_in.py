"""Signing in with a mailed link or its code.

Opening a link never signs in: mail scanners open links too.
"""

import flask
from flask import Blueprint, request

from portal import explanations
from portal.client import GatewayProblem, Resource
from portal.forms import Form
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


@views.get("/log-ind")
def ask() -> Answer:
    """Ask for the e-mail address."""
    if viewer().is_signed_in:
        return see_other("applications.mine")
    if target := local_path(request.args.get("videre")):
        session().after_sign_in = target
        session().touch()
    return page("sign_in.html", form=Form())


@views.post("/log-ind")
def send_link() -> Answer:
    """Have a link mailed. The next page is the same whether the address is known or not."""
    form = Form.sent()
    email = form.email("email")
    if not form.is_valid or not email:
        return page("sign_in.html", 422, form=form)
    try:
        link = anonymous_client().directory.request_link(email, session().browser_secret())
    except GatewayProblem as problem:
        form.take(problem)
        return page("sign_in.html", 422, form=form)
    return see_other("sign_in.code", link=link["id"])


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
    target = session().after_sign_in
    session().sign_in(granted)
    session().after_sign_in = ""
    return flask.redirect(local_path(target) or flask.url_for("applications.mine"), code=303)
