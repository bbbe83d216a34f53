"""Documents: found by what is in them, read in old and new editions, kept by staff (V20)."""

import uuid
from typing import Final

from flask import Blueprint, Response, abort, request

from portal import feeds, labels, published, security, uploads
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_, language
from portal.i18n import gettext as _
from portal.uploads import MEDIA_TYPES
from portal.web import (
    Answer,
    client,
    for_offices,
    municipality,
    notify,
    page,
    public_address,
    see_other,
    viewer,
)

views = Blueprint("documents", __name__)

STAFF: Final = ("coordinator", "caseworker")
LONGEST: Final = 200
UPLOADED: Final = {**MEDIA_TYPES, "txt": "text/plain"}
LANGUAGES: Final = ("da", "en")
_LABELS: Final = {"title": N_("Titel"), "summary": N_("Resumé"), "owner": N_("Afsender")}


@views.get("/dokumenter")
def all_documents() -> Answer:
    """Search inside the documents, or list them by title."""
    q = request.args.get("q", "").strip()[:LONGEST]
    kind = request.args.get("slags", "")
    kind = kind if kind in labels.DOCUMENT_KIND else ""
    drafts = client().documents.hidden() if viewer().has(*STAFF) and not q else []
    found = published.found(client().documents, q=q, kind=kind or None)
    return page("documents.html", found=found, drafts=drafts, q=q, kind=kind)


@views.get("/dokumenter/<uuid:document_id>")
def show(document_id: uuid.UUID) -> Answer:
    """One document with all its editions; this address stays its own."""
    document = client().documents.one(str(document_id))
    public = [each for each in document["editions"] if each["published_at"]]
    waiting = [each for each in document["editions"] if not each["published_at"]]
    return page(
        "document.html",
        document=document,
        newest=next(iter(public), None),
        older=public[1:],
        waiting=next(iter(waiting), None),
        may_write=viewer().has(*STAFF),
        address=public_address("documents.show", document_id=document_id),
    )


@views.get("/dokumenter/<uuid:document_id>/fil")
def file(document_id: uuid.UUID) -> Answer:
    """Hand on the newest file, whichever that is now."""
    return _file(str(document_id), None)


@views.get("/dokumenter/<uuid:document_id>/udgaver/<int:number>")
def edition(document_id: uuid.UUID, number: int) -> Answer:
    """Hand on the file of an edition, for good at this address."""
    return _file(str(document_id), number)


@views.get("/dokumenter/feed.atom")
def feed() -> Answer:
    """Follow what is published, in a reader of feeds."""
    found = client().documents.everything()
    newest_first = sorted(found, key=lambda each: str(each["published_at"]), reverse=True)
    entries = [
        feeds.Entry(
            id=f"urn:uuid:{each['editions'][0]['id']}",
            title=each["title"],
            summary=each["editions"][0]["note"] or each["summary"],
            link=public_address("documents.show", document_id=each["id"]),
            published=each["published_at"],
            updated=each["published_at"],
            category=labels.label("document_kind", each["kind"]),
        )
        for each in newest_first
        if each["editions"]
    ]
    return Response(
        feeds.atom(
            title=_("Nye dokumenter fra %(name)s", name=municipality().name),
            address=public_address("documents.feed"),
            page=public_address("documents.all_documents"),
            author=municipality().name,
            language=language(),
            entries=entries,
        ),
        mimetype=feeds.MEDIA_TYPE,
    )


# --- staff ---------------------------------------------------------------------------------------


@views.get("/dokumenter/nyt")
@for_offices(*STAFF)
def new() -> Answer:
    """The form for another document."""
    return page("document_edit.html", form=Form.new(language="da"), document=None)


@views.post("/dokumenter/nyt")
@for_offices(*STAFF)
def create() -> Answer:
    """Describe a document: a draft, to which the file is uploaded next."""
    form = Form.sent()
    return _save(form, form.identifier(), None)


@views.get("/dokumenter/<uuid:document_id>/rediger")
@for_offices(*STAFF)
def edit(document_id: uuid.UUID) -> Answer:
    """The form for what is said of a document."""
    document = client().documents.one(str(document_id))
    values = {key: document[key] for key in ("kind", "title", "summary", "owner", "language")}
    form = Form({**values, "version": document["version"]})
    return page("document_edit.html", form=form, document=document)


@views.post("/dokumenter/<uuid:document_id>/rediger")
@for_offices(*STAFF)
def save(document_id: uuid.UUID) -> Answer:
    """Save it; a change by somebody else meanwhile is shown, not overwritten."""
    return _save(Form.sent(), str(document_id), client().documents.one(str(document_id)))


@views.get("/dokumenter/<uuid:document_id>/ny-udgave")
@for_offices(*STAFF)
def new_edition(document_id: uuid.UUID) -> Answer:
    """The form for the file of the next edition."""
    document = client().documents.one(str(document_id))
    return page("document_upload.html", form=Form.new(), document=document)


@views.post("/dokumenter/<uuid:document_id>/ny-udgave")
@for_offices(*STAFF)
def upload(document_id: uuid.UUID) -> Answer:
    """Upload the next edition; nobody sees it before it is published."""
    form = Form.sent()
    sent = uploads.read(form, types=UPLOADED)
    dated_on = form.day("dated_on")
    note = form.line("note", required=False) or ""
    if sent and form.is_valid:
        try:
            client().documents.upload(
                str(document_id),
                form.identifier(),
                name=sent.name,
                media_type=sent.media_type,
                content=sent.content,
                dated_on=str(dated_on),
                note=note,
            )
        except GatewayProblem as problem:
            uploads.refuse(form, problem)
        else:
            done = _("%(name)s er lagt op. Offentliggør den, når den er klar.", name=sent.name)
            notify("success", done)
            return see_other("documents.show", document_id=document_id)
    document = client().documents.one(str(document_id))
    return page("document_upload.html", 422, form=form, document=document)


@views.post("/dokumenter/<uuid:document_id>/<any('offentliggoer','traek-tilbage','slet'):step>")
@for_offices(*STAFF)
def move_on(document_id: uuid.UUID, step: str) -> Answer:
    """Publish a document, withdraw it, or delete a draft."""
    gone = published.move_on(
        client().documents,
        str(document_id),
        step,
        published=_("Dokumentet er offentligt, og de, der abonnerer, får besked."),
        withdrawn=_("Dokumentet er trukket tilbage. I kan offentliggøre det igen."),
    )
    if gone:
        return see_other("documents.all_documents")
    return see_other("documents.show", document_id=document_id)


def _file(document_id: str, number: int | None) -> Answer:
    api = client().documents
    editions = api.one(document_id)["editions"]
    if number is None:
        editions = [each for each in editions if each["published_at"]] or editions
    chosen = [each for each in editions if number in {None, each["number"]}]
    if not chosen:
        abort(404)
    found = api.file(document_id, chosen[0]["id"])
    answer = Response(found.content, content_type=found.media_type)
    answer.headers["Content-Disposition"] = found.disposition
    answer.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    return answer


def _save(form: Form, document_id: str, before: Resource | None) -> Answer:
    body = {
        "kind": form.choice("kind", list(labels.DOCUMENT_KIND)),
        "title": form.line("title"),
        "summary": form.text("summary", longest=1000),
        "owner": form.line("owner", longest=120),
        "language": form.choice("language", LANGUAGES),
    }
    if published.save(form, client().documents, document_id, body, before=before, labels=_LABELS):
        notify("success", _("Oplysningerne om dokumentet er gemt."))
        step = "documents.show" if before else "documents.new_edition"
        return see_other(step, document_id=document_id)
    return page("document_edit.html", 422, form=form, document=before)
