"""Bringing associations in from a file, step by step (V21, N29)."""

import uuid
from typing import Any

import flask
from flask import Blueprint, request

from chassis.tables import csv_bytes
from portal import explanations, labels, security
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    client,
    for_offices,
    municipality,
    notify,
    page,
    see_other,
    viewer,
)

views = Blueprint("imports", __name__, url_prefix="/arbejdsliste/import")

STAFF = ("coordinator", "centre")
ENDINGS = ("csv", "xlsx")
PER_PAGE = 50
EXISTING = ("fill", "update")


@views.get("")
@for_offices(*STAFF)
def all_imports() -> Answer:
    """The imports there are, and the form for another file."""
    return page("imports.html", imports=client().directory.imports(), form=Form.new())


@views.post("")
@for_offices(*STAFF)
def upload() -> Answer:
    """Take a file in; sent twice it is still one import."""
    form = Form.sent()
    sent = request.files.get("file")
    name = (sent.filename or "").replace("\\", "/").rsplit("/", 1)[-1].strip()[:200] if sent else ""
    if not sent or not name:
        form.refuse("file", _("Vælg en fil."))
    elif name.rsplit(".", 1)[-1].lower() not in ENDINGS:
        form.refuse("file", _("Vælg en fil, der ender på .csv eller .xlsx."))
    else:
        try:
            found = client().directory.upload_import(
                form.identifier(), name=name, content=sent.read()
            )
            return see_other("imports.show", import_id=found["id"])
        except GatewayProblem as problem:
            form.take(problem)
            form.errors = {"file": " ".join([*form.general, *form.errors.values()])}
            form.general = []
    return page("imports.html", 422, imports=client().directory.imports(), form=form)


@views.get("/<uuid:import_id>")
@for_offices(*STAFF)
def show(import_id: uuid.UUID) -> Answer:
    """How far an import is, and what can be done now."""
    found = client().directory.import_(str(import_id))
    return _page_of(found, _mapping_form(found))


@views.post("/<uuid:import_id>/overskrift")
@for_offices(*STAFF)
def choose_header(import_id: uuid.UUID) -> Answer:
    """Say which row names the columns."""
    form = Form.sent()
    row = form.count("header_row", most=1000)
    if form.is_valid and row is not None:
        try:
            client().directory.choose_header(str(import_id), row)
            return see_other("imports.show", import_id=import_id)
        except GatewayProblem as problem:
            form.take(problem)
    found = client().directory.import_(str(import_id))
    kept = _mapping_form(found)
    kept.values["header_row"] = form.value("header_row")
    kept.errors, kept.general = form.errors, form.general
    return _page_of(found, kept, 422)


@views.post("/<uuid:import_id>/kolonner")
@for_offices(*STAFF)
def map_columns(import_id: uuid.UUID) -> Answer:
    """Say what the columns hold, and have the rows checked."""
    api = client().directory
    found = api.import_(str(import_id))
    form = Form.sent()
    fields = list(labels.IMPORT_FIELD)
    columns = [
        form.choice(f"columns-{index}", fields, required=False) or ""
        for index in range(len(found["suggestions"]))
    ]
    words = municipality()
    body = {
        "columns": columns,
        "defaults": {
            "purpose": form.text("defaults-purpose", required=False, longest=4000),
            "target_groups": form.choices(
                "defaults-target_groups",
                [key for key, _name in words.words("target_groups")],
                required=False,
            ),
            "area": form.choice(
                "defaults-area", [key for key, _name in words.words("areas")], required=False
            ),
            "form": form.choice("defaults-form", list(labels.FORM)),
        },
        "words": found["words"],
        "existing": form.choice("existing", EXISTING),
        "publish": form.flag("publish") and viewer().has("coordinator"),
    }
    if "name" not in columns:
        form.refuse("columns-0", _("Vælg, hvilken kolonne der har foreningernes navne."))
    if form.is_valid:
        try:
            api.map_import(str(import_id), body)
            return see_other("imports.show", import_id=import_id)
        except GatewayProblem as problem:
            form.take(problem)
    return _page_of(found, form, 422)


@views.post("/<uuid:import_id>/ord")
@for_offices(*STAFF)
def map_words(import_id: uuid.UUID) -> Answer:
    """Say what words of the file mean here, and have the rows checked again."""
    api = client().directory
    found = api.import_(str(import_id))
    words = {kind: dict(found["words"].get(kind, {})) for kind in ("target_groups", "area")}
    form = Form.sent()
    for index in form.rows("word"):
        kind, text = form.value(f"word-{index}-field"), form.value(f"word-{index}-text")
        said = form.value(f"word-{index}-key")
        if kind in words and said:
            words[kind][text] = "" if said == "-" else said
    body = {key: found[key] for key in ("columns", "defaults", "existing", "publish")} | {
        "words": words
    }
    try:
        api.map_import(str(import_id), body)
    except GatewayProblem as problem:
        if problem.status not in {409, 422}:
            raise
        notify("error", explanations.problem(problem))
    return see_other("imports.show", import_id=import_id)


@views.post("/<uuid:import_id>/<any(start,stop):step>")
@for_offices(*STAFF)
def move(import_id: uuid.UUID, step: str) -> Answer:
    """Start, go on, or stop."""
    api = client().directory
    try:
        if step == "start":
            api.start_import(str(import_id))
        else:
            api.stop_import(str(import_id))
    except GatewayProblem as problem:
        if problem.status != 409:
            raise
        notify("error", explanations.problem(problem))
    return see_other("imports.show", import_id=import_id)


@views.route("/<uuid:import_id>/slet", methods=["GET", "POST"])
@for_offices(*STAFF)
def drop(import_id: uuid.UUID) -> Answer:
    """Drop an import and its report, after a question."""
    api = client().directory
    found = api.import_(str(import_id))
    if request.method == "GET":
        return page("import_drop.html", found=found)
    try:
        api.drop_import(str(import_id))
    except GatewayProblem as problem:
        if problem.status != 409:
            raise
        notify("error", explanations.problem(problem))
        return see_other("imports.show", import_id=import_id)
    notify("success", _("%(name)s er slettet her. Foreningerne er ikke rørt.", name=found["name"]))
    return see_other("imports.all_imports")


@views.get("/<uuid:import_id>/raekker")
@for_offices(*STAFF)
def report(import_id: uuid.UUID) -> Answer:
    """The report, row by row."""
    api = client().directory
    outcome = request.args.get("resultat", "")
    outcome = outcome if outcome in labels.IMPORT_OUTCOME else ""
    found = api.import_(str(import_id))
    rows = api.import_rows(
        str(import_id), limit=PER_PAGE, outcome=outcome or None, cursor=request.args.get("side")
    )
    return page(
        "import_report.html", found=found, rows=rows, outcome=outcome, said=said, shown=shown
    )


@views.get("/<uuid:import_id>/rapport.csv")
@for_offices(*STAFF)
def download(import_id: uuid.UUID) -> Answer:
    """The report as a table for a spreadsheet."""
    api = client().directory
    found = api.import_(str(import_id))
    header = [
        *(_("Række"), _("Forening"), _("Resultat"), _("Hvorfor")),
        *(_("Ændringer"), _("Bemærkninger"), _("Adresse i vejviseren")),
    ]
    rows = [_as_cells(row) for row in api.all_import_rows(str(import_id))]
    answer = flask.Response(csv_bytes(header, rows), mimetype="text/csv")
    stem = found["name"].rsplit(".", 1)[0]
    answer.headers.set("Content-Disposition", "attachment", filename=f"rapport {stem}.csv")
    answer.headers["Content-Security-Policy"] = security.DOWNLOAD_POLICY
    return answer


@views.get("/<uuid:import_id>/afklar")
@for_offices(*STAFF)
def questions(import_id: uuid.UUID) -> Answer:
    """The rows that may be an association we know."""
    return _questions(str(import_id), Form())


@views.post("/<uuid:import_id>/afklar")
@for_offices(*STAFF)
def answer(import_id: uuid.UUID) -> Answer:
    """Take the answers that were given; the others can wait."""
    form = Form.sent()
    api = client().directory
    given = 0
    for name, value in list(form.values.items()):
        row_id = name.removeprefix("row-")
        if row_id == name or not value:
            continue
        word, _sep, association_id = str(value).partition(":")
        body = {"answer": word} | ({"association_id": association_id} if association_id else {})
        try:
            api.answer_row(str(import_id), row_id, body)
            given += 1
        except GatewayProblem as problem:
            form.refuse(name, explanations.problem(problem))
    if not given and form.is_valid:
        form.general.append(_("Vælg et svar ved mindst én række."))
    if not form.is_valid:
        return _questions(str(import_id), form, 422)
    notify("success", _("Svarene er gemt. Start importen, så de kommer med."))
    return see_other("imports.show", import_id=import_id)


@views.route("/<uuid:import_id>/mails", methods=["GET", "POST"])
@for_offices("coordinator")
def introduce(import_id: uuid.UUID) -> Answer:
    """Have the contacts told, after saying how many mails that is."""
    api = client().directory
    found = api.import_(str(import_id))
    form = Form.sent() if request.method == "POST" else Form()
    if request.method == "GET":
        return page("import_mails.html", found=found, form=form)
    if not form.flag("sure"):
        form.refuse("sure", _("Sæt kryds, hvis kontaktpersonerne skal have en mail nu."))
    if form.is_valid:
        try:
            api.introduce_import(str(import_id))
            notify("success", _("Mailene er på vej."))
            return see_other("imports.show", import_id=import_id)
        except GatewayProblem as problem:
            form.take(problem)
    return page("import_mails.html", 422, found=found, form=form)


def said(note: Resource) -> str:
    """Say what is noted about a field."""
    detail = note["detail"]
    text = (
        labels.label("import_note", detail)
        if detail in labels.IMPORT_NOTE
        else explanations.field_error(detail)
    )
    field = labels.label("import_field", note["field"]) if note["field"] else ""
    value = f" (»{note['value']}«)" if note["value"] else ""
    return f"{field}: {text}{value}" if field else f"{text}{value}"


def shown(field: str, value: Any) -> str:
    """Write a field's value as people read it."""
    words = municipality()
    if value is None or value == "":
        return "–"
    if field == "target_groups":
        return ", ".join(words.word("target_groups", key) for key in value) or "–"
    if field == "area":
        return words.word("areas", value)
    if isinstance(value, bool):
        return _("Ja") if value else _("Nej")
    return str(value)


def _as_cells(row: Resource) -> list[str]:
    changes = [
        f"{labels.label('import_field', change['field'])}:"
        f" {shown(change['field'], change['before'])} → {shown(change['field'], change['after'])}"
        for change in row["changes"]
    ]
    address = (
        flask.url_for("association.show", association_id=row["association_id"], _external=True)
        if row["association_id"] and row["settled_at"]
        else ""
    )
    return [
        *(str(row["position"]), row["name"], labels.label("import_outcome", row["outcome"])),
        labels.label("import_reason", row["reason"]) if row["reason"] else "",
        *("; ".join(changes), "; ".join(said(note) for note in row["notes"]), address),
    ]


def _mapping_form(found: Resource) -> Form:
    defaults = found["defaults"]
    values: dict[str, Any] = {
        f"columns-{index}": name for index, name in enumerate(found["columns"])
    }
    values |= {
        "header_row": str(found["header_row"]),
        "defaults-purpose": defaults.get("purpose") or "",
        "defaults-target_groups[]": defaults.get("target_groups") or [],
        "defaults-area": defaults.get("area") or "",
        "defaults-form": defaults.get("form") or "association",
        "existing": found["existing"],
        "publish": "1" if found["publish"] or not defaults else "",
    }
    return Form(values)


def _page_of(found: Resource, form: Form, status: int = 200) -> Answer:
    return page("import.html", status, found=found, form=form)


def _questions(import_id: str, form: Form, status: int = 200) -> Answer:
    api = client().directory
    found = api.import_(import_id)
    rows = api.import_rows(import_id, limit=PER_PAGE, unanswered=True)
    return page("import_questions.html", status, found=found, rows=rows, form=form, said=said)
