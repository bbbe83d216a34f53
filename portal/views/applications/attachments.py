"""The files of an application."""

import uuid

from flask import Response

from portal import labels, security, uploads
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


@views.post("/ansoegninger/<uuid:application_id>/bilag")
@signed_in
def attach(application_id: uuid.UUID) -> Answer:
    """Attach a file."""
    form = Form.sent()
    application = client().grants.application(str(application_id))
    kind = form.choice("kind", labels.DOCUMENTS, required=False)
    sent = uploads.read(form)
    if sent and form.is_valid:
        try:
            client().grants.put_attachment(
                str(application_id),
                form.identifier("attachment_id"),
                name=sent.name,
                media_type=sent.media_type,
                content=sent.content,
                kind=kind,
            )
            notify("success", _("%(name)s er lagt ved.", name=sent.name))
            return see_other("applications.edit", application_id=application_id, trin="bilag")
        except GatewayProblem as problem:
            uploads.refuse(form, problem)
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
