"""The vejviser, an association's own page, and registration (V21, N16, N18)."""

import uuid
from typing import Any

from flask import Blueprint, redirect, request, url_for

from portal import addresses, labels, linked
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.views import offers
from portal.web import (
    Answer,
    anonymous_client,
    client,
    municipality,
    notify,
    optional,
    page,
    public_address,
    see_other,
    signed_in,
)

views = Blueprint("association", __name__)


@views.get("/foreninger")
def search() -> Answer:
    """Go to the one search, among the associations: what was an address of its own still works."""
    keys = ("q", "maalgruppe", "omraade", "frivillige")
    kept: dict[str, Any] = {key: request.args.get(key) for key in keys}
    return redirect(url_for("search.find", slags="association", **kept), code=301)


@views.get("/foreninger/<uuid:association_id>")
def show(association_id: uuid.UUID) -> Answer:
    """One association, with what it got; the address of a merged one leads to the other."""
    api = client()
    try:
        association = api.directory.association(str(association_id))
    except GatewayProblem as problem:
        if problem.slug != "association-merged":
            raise
        onwards = url_for("association.show", association_id=problem.members["merged_into"])
        return redirect(onwards, code=301)
    awards = optional(lambda: api.grants.awards().get("items", []), [])
    words = municipality()
    address = public_address("association.show", association_id=association_id)
    return page(
        "association.html",
        association=association,
        offers=offers.of_association(str(association_id)),
        competences=optional(
            lambda: api.directory.competences(association_id=str(association_id))["items"], []
        ),
        pairs=optional(lambda: api.directory.contact_pairs(str(association_id)), []),
        note=optional(lambda: api.directory.note(str(association_id)), {}),
        address=address,
        linked=linked.association(
            association, address=address, area=words.word("areas", association["area"])
        )
        if association["status"] == "published"
        else None,
        awards=[award for award in awards if award["association_id"] == str(association_id)],
    )


@views.get("/foreninger/opret")
def register() -> Answer:
    """The form for a new association."""
    return page("association_register.html", form=Form.new(form="association"))


@views.post("/foreninger/opret")
def send_registration() -> Answer:
    """Register; sent twice it is still one association."""
    form = Form.sent()
    body = _description(form)
    body["form"] = form.choice("form", list(labels.FORM))
    body["contact"] = {"name": form.line("contact-name"), "email": form.email("contact-email")}
    if not form.flag("consent"):
        form.refuse("consent", _("Sæt kryds, så vi må behandle oplysningerne."))
    association_id = form.identifier()
    if form.is_valid:
        try:
            anonymous_client().directory.register(association_id, body)
            return see_other("association.registered")
        except GatewayProblem as problem:
            form.take(problem)
            if problem.slug == "cvr-taken":
                form.refuse(
                    "cvr", _("Der er allerede en forening i vejviseren med det CVR-nummer.")
                )
                form.general.clear()
    return page("association_register.html", 422, form=form)


@views.get("/foreninger/opret/tak")
def registered() -> Answer:
    """Thank, and say what happens next."""
    return page("association_registered.html")


@views.get("/foreninger/<uuid:association_id>/rediger")
@signed_in
def edit(association_id: uuid.UUID) -> Answer:
    """The form for an association's own description."""
    association = client().directory.association(str(association_id))
    values = {key: association.get(key) for key in _LABELS}
    values["target_groups[]"] = association.get("target_groups") or []
    values["volunteers_wanted"] = "1" if association.get("volunteers_wanted") else ""
    values["version"] = association["version"]
    return page("association_edit.html", form=Form(values), association=association)


@views.post("/foreninger/<uuid:association_id>/rediger")
@signed_in
def save(association_id: uuid.UUID) -> Answer:
    """Save the description; a change by somebody else meanwhile is shown, not overwritten."""
    form = Form.sent()
    api = client()
    body = _description(form)
    if form.is_valid:
        try:
            saved = api.directory.update_association(
                str(association_id), body, form.value("version")
            )
            if form.flag("looked_through") and saved["status"] == "published":
                api.directory.confirm(str(association_id), saved["version"])
                notify("success", _("Oplysningerne er gemt og bekræftet."))
            else:
                notify("success", _("Oplysningerne er gemt."))
            return see_other("association.show", association_id=association_id)
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                current = api.directory.association(str(association_id))
                form.compare(
                    _texts(body), _texts(current), {key: _(text) for key, text in _LABELS.items()}
                )
                form.values["version"] = str(current["version"])
                form.general.clear()
    association = api.directory.association(str(association_id))
    return page("association_edit.html", 422, form=form, association=association)


_LABELS = {
    "name": N_("Foreningens navn"),
    "cvr": N_("CVR-nummer"),
    "purpose": N_("Formål"),
    "area": N_("Område"),
    "street": N_("Adresse"),
    "postcode": N_("Postnummer"),
    "city": N_("By"),
    "website": N_("Hjemmeside"),
    "phone": N_("Telefon"),
    "public_email": N_("E-mail, som alle kan se"),
}


def public_description(form: Form) -> Resource:
    """Read what an association says of itself, but for its name and number.

    Empty fields are sent as nothing.
    """
    words = municipality()
    website = form.line("website", required=False)
    if website and "://" not in website:
        website = f"https://{website}"
    addresses.part(form, "street", "postcode", "city")
    return {
        "purpose": form.text("purpose", longest=4000),
        "target_groups": form.choices(
            "target_groups", [key for key, _name in words.words("target_groups")]
        ),
        "area": form.choice("area", [key for key, _name in words.words("areas")]),
        "street": form.line("street", required=False, longest=120),
        "postcode": form.line("postcode", required=False, longest=4),
        "city": form.line("city", required=False, longest=60),
        "website": website,
        "phone": form.line("phone", required=False, longest=40),
        "public_email": form.email("public_email", required=False),
        "volunteers_wanted": form.flag("volunteers_wanted"),
    }


def _description(form: Form) -> Resource:
    """Read all that an association says of itself."""
    identity = {"name": form.line("name"), "cvr": form.cvr("cvr")}
    return {**identity, **public_description(form)}


def _texts(values: Resource) -> dict[str, str]:
    return {key: str(values.get(key) or "") for key in _LABELS}
