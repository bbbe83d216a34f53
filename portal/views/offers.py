"""Offers: the page everybody sees, and those on which their providers write them (V2, V4, V6)."""

import uuid
from typing import Any, Final

from flask import Blueprint, abort, request

from chassis import clock
from portal import addresses, formats, labels, linked, published, times
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_
from portal.i18n import gettext as _
from portal.web import (
    Answer,
    attempt,
    client,
    for_offices,
    municipality,
    notify,
    optional,
    page,
    public_address,
    see_other,
    signed_in,
    viewer,
)

views = Blueprint("offers", __name__)

STAFF: Final = ("coordinator", "caseworker", "centre")
STATUSES: Final = ("published", "draft", "withdrawn")
PRICES: Final = ("free", "amount", "text")
_FIXED: Final = {"free": 0}
_LABELS: Final = {
    "title": N_("Overskrift"),
    "description": N_("Beskrivelse"),
    "area": N_("Område"),
    "place": N_("Sted eller adresse"),
    "postcode": N_("Postnummer"),
    "contact_title": N_("Hvem kan man spørge?"),
    "contact_email": N_("E-mail, som alle kan se"),
    "contact_phone": N_("Telefon, som alle kan se"),
    "price_text": N_("Prisen med ord"),
}


@views.get("/tilbud/<uuid:offer_id>")
def show(offer_id: uuid.UUID) -> Answer:
    """One offer, whole; a draft for those who keep it."""
    offer = client().offers.offer(str(offer_id))
    words = municipality()
    address = public_address("offers.show", offer_id=offer_id)
    groups = [words.word("target_groups", key) for key in offer["target_groups"]]
    is_public = offer["status"] == "published"
    return page(
        "offer.html",
        offer=offer,
        may_write=may_write(offer),
        times=[times.said(time) for time in offer["times"]],
        languages=[formats.language_name(code) for code in offer["languages"]],
        address=address,
        linked=linked.offer(
            offer,
            address=address,
            provider=_provider(offer),
            area=words.word("areas", offer["area"]),
            audience=", ".join(groups),
        )
        if is_public
        else None,
    )


@views.get("/foreninger/<uuid:association_id>/tilbud/nyt")
@signed_in
def new(association_id: uuid.UUID) -> Answer:
    """The form for another offer of an association."""
    association = client().directory.association(str(association_id))
    form = Form.new(
        area=association["area"],
        takes_new_users="1",
        price="free",
        wheelchair="unknown",
        **{
            "target_groups[]": association["target_groups"],
            "languages[]": ["da"],
            "contact_email": association.get("public_email"),
            "contact_phone": association.get("phone"),
        },
    )
    return _form_page(form, association=association)


@views.post("/foreninger/<uuid:association_id>/tilbud/nyt")
@signed_in
def create(association_id: uuid.UUID) -> Answer:
    """Write an offer: a draft, until it is published on its own page."""
    form = Form.sent()
    body = {**_description(form), "association_id": str(association_id)}
    answer = _save(form, form.identifier(), body)
    return answer or _form_page(
        form, association=client().directory.association(str(association_id)), status=422
    )


@views.get("/kommunens-tilbud")
@for_offices(*STAFF)
def municipal() -> Answer:
    """What the municipality itself offers, by department and status."""
    api = client()
    departments = municipality().words("departments")
    offers = [
        offer
        for key, _name in departments
        for status in STATUSES
        for offer in api.offers.offers(department=key, status=status)
    ]
    return page("offers_municipal.html", offers=offers)


@views.get("/kommunens-tilbud/nyt")
@for_offices(*STAFF)
def new_municipal() -> Answer:
    """The form for another offer of the municipality."""
    form = Form.new(
        takes_new_users="1", price="free", wheelchair="unknown", **{"languages[]": ["da"]}
    )
    return _form_page(form)


@views.post("/kommunens-tilbud/nyt")
@for_offices(*STAFF)
def create_municipal() -> Answer:
    """Write what a department offers: a draft, until it is published on its own page."""
    form = Form.sent()
    body = {**_description(form), "department": _department(form)}
    return _save(form, form.identifier(), body) or _form_page(form, status=422)


@views.get("/tilbud/<uuid:offer_id>/rediger")
@signed_in
def edit(offer_id: uuid.UUID) -> Answer:
    """The form for an offer that is there."""
    offer = client().offers.offer(str(offer_id))
    return _form_page(Form(_values(offer)), offer=offer)


@views.post("/tilbud/<uuid:offer_id>/rediger")
@signed_in
def save(offer_id: uuid.UUID) -> Answer:
    """Save an offer; a change by somebody else meanwhile is shown, not overwritten."""
    form = Form.sent()
    offer = client().offers.offer(str(offer_id))
    own = "department" if offer["department"] else "association_id"
    body = {**_description(form), own: offer[own]}
    answer = _save(form, str(offer_id), body, before=offer)
    return answer or _form_page(form, offer=offer, status=422)


@views.post("/tilbud/<uuid:offer_id>/offentliggoer")
@signed_in
def publish(offer_id: uuid.UUID) -> Answer:
    """Let everybody find an offer."""
    api = client().offers
    offer = api.offer(str(offer_id))
    attempt(lambda: api.publish(offer), _("Tilbuddet kan nu findes af alle."))
    return see_other("offers.show", offer_id=offer_id)


@views.post("/tilbud/<uuid:offer_id>/plads")
@signed_in
def say_capacity(offer_id: uuid.UUID) -> Answer:
    """Say whether there is room for new users now."""
    api, takes = client().offers, Form.sent().flag("takes_new_users")
    offer = api.offer(str(offer_id))
    done = _("Tak. Der står nu, at der ikke er plads.")
    if takes:
        done = _("Tak. Der står nu, at der er plads.")
    attempt(lambda: api.say_capacity(offer, takes_new_users=takes), done)
    return see_other("offers.show", offer_id=offer_id)


@views.post("/tilbud/<uuid:offer_id>/traek-tilbage")
@signed_in
def withdraw(offer_id: uuid.UUID) -> Answer:
    """Take an offer out of what can be found."""
    api = client().offers
    offer = api.offer(str(offer_id))
    done = _("Tilbuddet kan ikke længere findes. I kan offentliggøre det igen.")
    attempt(lambda: api.withdraw(offer), done)
    return see_other("offers.show", offer_id=offer_id)


@views.post("/tilbud/<uuid:offer_id>/slet")
@signed_in
def delete(offer_id: uuid.UUID) -> Answer:
    """Delete a draft."""
    api = client().offers
    offer = api.offer(str(offer_id))
    if not attempt(lambda: api.delete(offer), _("Kladden er slettet.")):
        return see_other("offers.show", offer_id=offer_id)
    if offer["department"]:
        return see_other("offers.municipal")
    return see_other("association.show", association_id=offer["association_id"])


@views.route("/foreninger/<uuid:association_id>/kommunens-bemaerkning", methods=["GET", "POST"])
@for_offices("coordinator", "caseworker")
def note(association_id: uuid.UUID) -> Answer:
    """Write what the municipality adds about an association, apart from its own words (V2)."""
    api = client()
    association = api.directory.association(str(association_id))
    known = optional(lambda: api.directory.note(str(association_id)), {})
    if request.method == "GET":
        form = Form({"text": known.get("text", ""), "version": known.get("version", "")})
        return page("association_note.html", association=association, form=form)
    form = Form.sent()
    text = form.text("text", required=False, longest=2000) or ""
    if form.is_valid:
        try:
            api.directory.put_note(str(association_id), text, form.value("version"))
        except GatewayProblem as problem:
            form.take(problem)
            if problem.status == 412:
                form.compare(
                    {"text": text}, {"text": known.get("text", "")}, {"text": _("Bemærkning")}
                )
                form.values["version"] = str(known.get("version", ""))
                form.general.clear()
        else:
            notify("success", _("Bemærkningen er gemt."))
            return see_other("association.show", association_id=association_id)
    return page("association_note.html", 422, association=association, form=form)


def of_association(association_id: str) -> list[Resource]:
    """The offers of an association: what is published, and the rest for those who keep it."""
    keeps = viewer().in_association(association_id) or viewer().has(*STAFF)

    def read() -> list[Resource]:
        return [
            offer
            for status in (STATUSES if keeps else STATUSES[:1])
            for offer in client().offers.offers(association_id=association_id, status=status)
        ]

    return optional(read, [])


def may_write(offer: Resource) -> bool:
    """Whether the viewer is offered to change an offer; the service decides."""
    if offer["department"]:
        return viewer().has(*STAFF)
    return viewer().in_association(offer["association_id"], "editor") or viewer().has(
        "coordinator", "centre"
    )


def _save(
    form: Form, offer_id: str, body: Resource, before: Resource | None = None
) -> Answer | None:
    """Save what was typed and go to its page; None where something is wrong with it."""
    if not published.save(form, client().offers, offer_id, body, before=before, labels=_LABELS):
        return None
    notify("success", _("Tilbuddet er gemt."))
    return see_other("offers.show", offer_id=offer_id)


def _form_page(
    form: Form,
    *,
    offer: Resource | None = None,
    association: Resource | None = None,
    status: int = 200,
) -> Answer:
    provider = (offer or {}).get("association_name") or (association or {}).get("name")
    if offer and not may_write(offer):
        abort(403)
    return page(
        "offer_edit.html",
        status,
        form=form,
        offer=offer,
        association=association,
        provider=provider,
        is_municipal=not provider,
        rows=times.rows(form),
        day_options=[*times.day_options(), (times.DAILY, _("Hver dag"))],
        often_options=times.often_options(),
        language_options=[(code, formats.language_name(code)) for code in labels.LANGUAGES],
    )


def _department(form: Form) -> str | None:
    return form.choice("department", [key for key, _name in municipality().words("departments")])


def _description(form: Form) -> Resource:
    """Read what is written of an offer; empty fields are sent as nothing."""
    words = municipality()
    today = formats.local(clock.now()).date().isoformat()
    price = form.choice("price", PRICES)
    wheelchair = form.choice("wheelchair", ("yes", "no", "unknown"))
    addresses.part(form, "place", "postcode")
    return {
        "title": form.line("title", longest=120),
        "description": form.text("description", longest=4000),
        "target_groups": form.choices(
            "target_groups", [key for key, _name in words.words("target_groups")]
        ),
        "topics": form.choices("topics", [key for key, _name in words.words("topics")]),
        "area": form.choice("area", [key for key, _name in words.words("areas")]),
        "place": form.line("place", required=False),
        "postcode": form.line("postcode", required=False, longest=4),
        "latitude": _coordinate(form, "latitude"),
        "longitude": _coordinate(form, "longitude"),
        "times": times.read(form, today),
        "contact_title": form.line("contact_title", required=False, longest=120),
        "contact_email": form.email("contact_email", required=False),
        "contact_phone": form.line("contact_phone", required=False, longest=30),
        "languages": form.choices("languages", labels.LANGUAGES),
        "price_ore": form.amount("price_ore") if price == "amount" else _FIXED.get(price or ""),
        "price_text": form.line("price_text") if price == "text" else None,
        "wheelchair": {"yes": True, "no": False}.get(wheelchair or ""),
        "takes_new_users": form.flag("takes_new_users"),
        "needs_volunteers": form.flag("needs_volunteers"),
    }


def _coordinate(form: Form, name: str) -> float | None:
    """Keep coordinates that came from elsewhere: the form does not ask for them."""
    try:
        return float(form.value(name)) if form.value(name) else None
    except ValueError:
        return None


def _values(offer: Resource) -> dict[str, Any]:
    price = offer["price_ore"]
    values: dict[str, Any] = {
        **{name: offer.get(name) for name in _LABELS},
        **{f"{name}[]": offer[name] for name in ("target_groups", "topics", "languages")},
        "latitude": offer["latitude"] if offer["latitude"] is not None else "",
        "longitude": offer["longitude"] if offer["longitude"] is not None else "",
        "price": "text" if price is None else "amount" if price else "free",
        "price_ore": formats.typed_amount(price) if price else "",
        "wheelchair": {True: "yes", False: "no"}.get(offer["wheelchair"], "unknown"),
        "takes_new_users": "1" if offer["takes_new_users"] else "",
        "needs_volunteers": "1" if offer["needs_volunteers"] else "",
        "version": offer["version"],
    }
    times.fill(values, offer["times"])
    return values


def _provider(offer: Resource) -> Resource:
    if offer["department"]:
        name = municipality().word("departments", offer["department"])
        return {
            "@type": "GovernmentOrganization",
            "name": name,
            "parentOrganization": {"@type": "GovernmentOrganization", "name": municipality().name},
        }
    return {
        "@type": "NGO",
        "@id": public_address("association.show", association_id=offer["association_id"]),
        "name": offer["association_name"],
    }
