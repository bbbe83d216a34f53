"""The private papers of an association: filed once, and asked for no more."""

import uuid
from typing import Final

from flask import Blueprint, Response, abort, request

from portal import charts, labels, security, uploads
from portal.client import GatewayProblem, Resource
from portal.forms import Form
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

views = Blueprint("papers", __name__)

STAFF: Final = ("coordinator", "caseworker")
# What a kind is called in an address.
KINDS: Final = {
    "vedtaegter": "statutes",
    "regnskab": "accounts",
    "cvr": "cvr-registration",
    "nemkonto": "nemkonto",
    "boerneattester": "child-protection",
}
SLUGS: Final = {kind: slug for slug, kind in KINDS.items()}


@views.get("/foreninger/<uuid:association_id>/papirer")
@signed_in
def show(association_id: uuid.UUID) -> Answer:
    """What is known of an association's papers, with every version."""
    api = client().directory
    return page(
        "papers.html",
        association=api.association(str(association_id)),
        papers=api.papers(str(association_id)),
        may_file=viewer().in_association(str(association_id), "administrator"),
        slugs=SLUGS,
    )


@views.route("/foreninger/<uuid:association_id>/papirer/<slug>", methods=["GET", "POST"])
@signed_in
def file(association_id: uuid.UUID, slug: str) -> Answer:
    """File a paper of one kind, or declare it."""
    if slug not in KINDS:
        abort(404)
    kind, form = KINDS[slug], Form.new()
    if request.method == "POST":
        form = Form.sent()
        if _file(str(association_id), kind, form):
            text = _("Tak. Det har vi nu, og I bliver ikke spurgt igen, så længe det gælder.")
            notify("success", text)
            return see_other("papers.show", association_id=association_id)
    return page(
        "paper_file.html",
        200 if form.is_valid else 422,
        association=client().directory.association(str(association_id)),
        form=form,
        kind=kind,
    )


@views.get("/foreninger/<uuid:association_id>/papirer/fil/<uuid:paper_id>")
@signed_in
def download(association_id: uuid.UUID, paper_id: uuid.UUID) -> Answer:
    """Hand a document on, never to be shown inside our own pages."""
    found = client().directory.paper(str(association_id), str(paper_id))
    response = Response(found.content, content_type=found.media_type)
    response.headers["Content-Disposition"] = found.disposition
    response.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    return response


@views.get("/arbejdsliste/papirer")
@for_offices(*STAFF)
def overview() -> Answer:
    """Which papers are missing, expired or about to expire."""
    api = client().directory
    kind, status = request.args.get("slags", ""), request.args.get("status", "expired")
    kind = kind if kind in labels.PAPER_KIND else ""
    status = status if status in {"missing", "expiring", "expired"} else "expired"
    figures = api.paper_figures()
    longest = max((row["needed"] for row in figures), default=0)
    return page(
        "paper_overview.html",
        figures=figures,
        lengths={
            row["kind"]: (
                charts.length(row["needed"], longest),
                charts.length(row["valid"] + row["expiring"], longest),
            )
            for row in figures
        },
        gaps=optional(lambda: api.paper_gaps(kind=kind, status=status), []),
        form=Form({"slags": kind, "status": status}),
    )


def _file(association_id: str, kind: str, form: Form) -> bool:
    """Send what the form holds; tell whether it was taken."""
    api, paper_id = client().directory, form.identifier()
    dated_on = form.day("dated_on")
    if kind in labels.DOCUMENTS:
        sent = uploads.read(form)
        if not (sent and dated_on and form.is_valid):
            return False
        try:
            api.file_paper(
                association_id,
                paper_id,
                kind=kind,
                dated_on=dated_on,
                name=sent.name,
                media_type=sent.media_type,
                content=sent.content,
            )
        except GatewayProblem as problem:
            uploads.refuse(form, problem)
        return form.is_valid
    body: Resource = {"kind": kind, "dated_on": dated_on}
    if kind == "child-protection":
        body["statement"] = form.choice("statement", list(labels.CHILD_PROTECTION))
    if not form.flag("truth"):
        form.refuse("truth", _("Sæt kryds for at bekræfte oplysningerne."))
    if form.is_valid:
        try:
            api.declare_paper(association_id, paper_id, body)
        except GatewayProblem as problem:
            form.take(problem)
    return form.is_valid
