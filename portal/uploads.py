"""Reading a file somebody sends with a form; what it really is, the services judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import request

from portal import explanations
from portal.client import GatewayProblem
from portal.forms import Form
from portal.i18n import gettext as _

MEDIA_TYPES: Final = {
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
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Upload:
    """A file as a browser sent it."""

    name: str
    media_type: str
    content: bytes


def read(
    form: Form,
    field: str = "file",
    *,
    types: Mapping[str, str] = MEDIA_TYPES,
    otherwise: str = "",
) -> Upload | None:
    """Read the file of a field; None where there is none to send on, and the form says why.

    ``types`` are the endings that do and what they stand for; ``otherwise`` is said of others.
    """
    sent = request.files.get(field)
    name = (sent.filename or "").replace("\\", "/").rsplit("/", 1)[-1].strip() if sent else ""
    name = name[:_LONGEST_NAME]
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if not sent or not name:
        form.refuse(field, _("Vælg en fil."))
    elif ending not in types:
        form.refuse(field, otherwise or _(explanations.PROBLEMS["attachment-type"]))
    else:
        content = sent.read()
        if content:
            return Upload(name, types[ending], content)
        form.refuse(field, _("Filen er tom."))
    return None


def refuse(form: Form, problem: GatewayProblem, field: str = "file") -> None:
    """Say at the file's field what the API refused about it; at others what is about them."""
    before = set(form.errors)
    form.take(problem)
    of_file = [form.errors.pop(name) for name in set(form.errors) - before - set(form.values)]
    if said := " ".join([*form.general, *of_file]):
        form.refuse(field, said)
    form.general = []
