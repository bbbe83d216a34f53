"""News by mail: ask for them, and say yes with the link that is mailed (V12)."""

from flask import Blueprint, request

from portal import labels
from portal.client import GatewayProblem
from portal.forms import Form
from portal.i18n import gettext as _
from portal.i18n import language
from portal.web import Answer, client, notify, optional, page, see_other, viewer

views = Blueprint("subscriptions", __name__)


@views.get("/abonnement")
def ask() -> Answer:
    """The form: which subjects, to which address."""
    chosen = [key for key in request.args.getlist("om") if key in labels.SUBJECT]
    form = Form({"subjects[]": chosen})
    if viewer().is_signed_in:
        form.values["email"] = optional(client().directory.me, {}).get("email", "")
    return page("subscription.html", form=form, sent=False)


@views.post("/abonnement")
def send() -> Answer:
    """Have the address asked by mail; the answer is the same whether it is known here."""
    form = Form.sent()
    subjects = form.choices("subjects", list(labels.SUBJECT))
    email = form.email("email")
    if form.is_valid:
        try:
            client().notifier.ask_for_news(
                {"email": email, "subjects": subjects, "language": language()}
            )
        except GatewayProblem as problem:
            form.take(problem)
        else:
            return page("subscription.html", form=form, sent=True)
    return page("subscription.html", 422, form=form, sent=False)


@views.get("/abonnement/bekraeft")
def confirmation() -> Answer:
    """Ask whether it was them; opening the link changes nothing."""
    return page("subscription_confirm.html", token=request.args.get("noegle", ""), is_good=True)


@views.post("/abonnement/bekraeft")
def confirm() -> Answer:
    """Say yes, with the secret of the mail."""
    token = Form.sent().value("noegle")
    try:
        client().notifier.confirm_news(token)
    except GatewayProblem as problem:
        if problem.status not in {404, 422}:
            raise
        return page("subscription_confirm.html", 404, token="", is_good=False)
    notify(
        "success", _("Tak. Fra nu af får du besked på mail. Hver mail har et link til at stoppe.")
    )
    return see_other("news.all_news")
