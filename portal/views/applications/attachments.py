"""The files of an application."""

import uuid

from flask import Response, request

from portal import explanations, security
from portal.client import GatewayProblem
from portal.forms import Form
from portal.i18n import gettext as _
from portal.views.applications.blueprint import views
from portal.views.applications.drafts import show_step
from portal.web import (
    Answer,
    client,
    notify,
    see_other,
    signed_in,
)

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "csv": "text/csv",
}


@views.post("/ansoegninger/<uuid:application_id>/bilag")
@signed_in
def attach(application_id: uuid.UUID) -> Answer:
    """Attach a file."""
    form = Form.sent()
    application = client().grants.application(str(application_id))
    sent = request.files.get("file")
    name = (sent.filename or "").replace("\\", "/").rsplit("/", 1)[-1].strip()[:200] if sent else ""
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if not sent or not name:
        form.refuse("file", _("Vælg en fil."))
    elif ending not in MEDIA_TYPES:
        form.refuse("file", _(explanations.PROBLEMS["attachment-type"]))
    else:
        content = sent.read()
        if not content:
            form.refuse("file", _("Filen er tom."))
        else:
            try:
                client().grants.put_attachment(
                    str(application_id),
                    form.identifier("attachment_id"),
                    name=name,
                    media_type=MEDIA_TYPES[ending],
                    content=content,
                )
                notify("success", _("%(name)s er lagt ved.", name=name))
                return see_other("applications.edit", application_id=application_id, trin="bilag")
            except GatewayProblem as problem:
                form.take(problem)
                form.errors = {"file": " ".join([*form.general, *form.errors.values()])}
                form.general = []
    return show_step(application, form, "bilag", 422)


@views.get("/ansoegninger/<uuid:application_id>/bilag/<uuid:attachment_id>")
@signed_in
def attachment(application_id: uuid.UUID, attachment_id: uuid.UUID) -> Answer:
    """Hand an attached file on, never to be shown inside our own pages."""
    found = client().grants.attachment(str(application_id), str(attachment_id))
    response = Response(found.content, content_type=found.media_type)
    response.headers["Content-Disposition"] = found.disposition
    response.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    return response


@views.post("/ansoegninger/<uuid:application_id>/bilag/<uuid:attachment_id>/slet")
@signed_in
def detach(application_id: uuid.UUID, attachment_id: uuid.UUID) -> Answer:
    """Take a file off the draft."""
    client().grants.delete_attachment(str(application_id), str(attachment_id))
    notify("success", _("Bilaget er slettet."))
    return see_other("applications.edit", application_id=application_id, trin="bilag")
