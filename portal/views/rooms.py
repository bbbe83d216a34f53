"""Rooms: found by what one needs, kept by staff; what was missing is counted (V25)."""

import uuid
from typing import Any, Final

from flask import Blueprint, Response, request

from portal import addresses, charts, formats, labels, published, uploads
from portal.client import GatewayProblem, Resource
from portal.forms import Form
from portal.i18n import N_
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

views = Blueprint("rooms", __name__)

STAFF: Final = ("coordinator", "caseworker", "centre")
LONGEST: Final = 200
MOST_PERSONS: Final = 5000
PICTURE_SECONDS: Final = 3600
PRICES: Final = ("free", "amount", "text")
PICTURES: Final = {ending: MEDIA_TYPES[ending] for ending in ("jpg", "jpeg", "png")}
_LABELS: Final = {
    "name": N_("Navn"),
    "description": N_("Beskrivelse"),
    "place": N_("Adresse"),
    "persons": N_("Plads til"),
    "opening": N_("Åbent"),
    "contact_title": N_("Hvem kan man spørge?"),
}


@views.get("/lokaler")
def all_rooms() -> Answer:
    """Search rooms by what one needs."""
    given = request.args
    areas = dict(municipality().words("areas"))
    persons = given.get("personer", "").strip()
    is_number = persons.isascii() and persons.isdigit() and 0 < int(persons[:6]) <= MOST_PERSONS
    asked: dict[str, Any] = {
        "q": given.get("q", "").strip()[:LONGEST],
        "area": given.get("omraade") if given.get("omraade") in areas else None,
        "persons": int(persons) if is_number else None,
        "equipment": [key for key in given.getlist("udstyr") if key in labels.EQUIPMENT],
        "access": [key for key in given.getlist("adgang") if key in labels.ACCESS],
    }
    drafts = client().rooms.hidden() if viewer().has(*STAFF) else []
    several = {name: ",".join(asked[name]) for name in ("equipment", "access")}
    return page(
        "rooms.html",
        found=published.found(client().rooms, **{**asked, **several}),
        asked=asked,
        drafts=drafts,
        is_asked=any(asked.values()),
    )


@views.get("/lokaler/<uuid:room_id>")
def show(room_id: uuid.UUID) -> Answer:
    """One room, with its pictures."""
    found = client().rooms.one(str(room_id))
    return page(
        "room.html",
        room=found,
        may_write=viewer().has(*STAFF),
        address=public_address("rooms.show", room_id=room_id),
    )


@views.get("/lokaler/<uuid:room_id>/billeder/<uuid:picture_id>")
def picture(room_id: uuid.UUID, picture_id: uuid.UUID) -> Answer:
    """Show a picture in a page of ours: it was drawn anew, so it is nothing else."""
    found = client().rooms.picture(str(room_id), str(picture_id))
    answer = Response(found.content, content_type="image/jpeg")
    answer.headers["Cache-Control"] = f"private, max-age={PICTURE_SECONDS}"
    return answer


@views.get("/lokaler/mangler")
def missing() -> Answer:
    """Ask what was missing: where, and for how many; nobody is asked who they are."""
    given = request.args
    form = Form({"area": given.get("omraade", ""), "persons": given.get("personer", "")})
    return page("room_missing.html", form=form)


@views.post("/lokaler/mangler")
def miss() -> Answer:
    """Count it."""
    form = Form.sent()
    area = form.choice("area", list(dict(municipality().words("areas"))))
    persons = form.count("persons", least=1, most=MOST_PERSONS)
    if form.is_valid:
        try:
            client().rooms.miss(str(area), int(persons or 0))
        except GatewayProblem as problem:
            form.take(problem)
        else:
            notify("success", _("Tak. Det er talt med, og ingen kan se, at det var dig."))
            return see_other("rooms.all_rooms")
    return page("room_missing.html", 422, form=form)


# --- staff ---------------------------------------------------------------------------------------


@views.get("/lokaler/mangler/tal")
@for_offices(*STAFF)
def figures() -> Answer:
    """What was looked for in vain: a chart by area, and the same as a table."""
    found = client().rooms.missed()
    by_area: dict[str, int] = {}
    for row in found["items"]:
        by_area[row["area"]] = by_area.get(row["area"], 0) + row["count"]
    most = max(by_area.values(), default=0)
    bars = [(area, count, charts.length(count, most)) for area, count in sorted(by_area.items())]
    return page("room_figures.html", found=found, bars=bars)


@views.get("/lokaler/nyt")
@for_offices(*STAFF)
def new() -> Answer:
    """The form for another room."""
    return page("room_edit.html", form=Form.new(price="free"), room=None)


@views.post("/lokaler/nyt")
@for_offices(*STAFF)
def create() -> Answer:
    """Describe a room: a draft, until it is published on its own page."""
    form = Form.sent()
    return _save(form, form.identifier(), None)


@views.get("/lokaler/<uuid:room_id>/rediger")
@for_offices(*STAFF)
def edit(room_id: uuid.UUID) -> Answer:
    """The form for a room that is there."""
    found = client().rooms.one(str(room_id))
    return page("room_edit.html", form=Form(_values(found)), room=found)


@views.post("/lokaler/<uuid:room_id>/rediger")
@for_offices(*STAFF)
def save(room_id: uuid.UUID) -> Answer:
    """Save it; a change by somebody else meanwhile is shown, not overwritten."""
    return _save(Form.sent(), str(room_id), client().rooms.one(str(room_id)))


@views.get("/lokaler/<uuid:room_id>/billeder")
@for_offices(*STAFF)
def pictures(room_id: uuid.UUID) -> Answer:
    """The pictures of a room, and the form for another."""
    found = client().rooms.one(str(room_id))
    return page("room_pictures.html", form=Form.new(), room=found)


@views.post("/lokaler/<uuid:room_id>/billeder")
@for_offices(*STAFF)
def add_picture(room_id: uuid.UUID) -> Answer:
    """Add a picture."""
    form = Form.sent()
    sent = uploads.read(form, types=PICTURES, otherwise=_("Vælg et billede: JPG eller PNG."))
    alt = form.line("alt", longest=250)
    if sent and form.is_valid:
        try:
            client().rooms.add_picture(
                str(room_id),
                form.identifier(),
                alt=str(alt),
                name=sent.name,
                media_type=sent.media_type,
                content=sent.content,
            )
        except GatewayProblem as problem:
            uploads.refuse(form, problem)
        else:
            notify("success", _("Billedet er lagt op."))
            return see_other("rooms.pictures", room_id=room_id)
    return page("room_pictures.html", 422, form=form, room=client().rooms.one(str(room_id)))


@views.post("/lokaler/<uuid:room_id>/billeder/<uuid:picture_id>/slet")
@for_offices(*STAFF)
def delete_picture(room_id: uuid.UUID, picture_id: uuid.UUID) -> Answer:
    """Take a picture away."""
    client().rooms.delete_picture(str(room_id), str(picture_id))
    notify("success", _("Billedet er slettet."))
    return see_other("rooms.pictures", room_id=room_id)


@views.post("/lokaler/<uuid:room_id>/<any('offentliggoer','traek-tilbage','slet'):step>")
@for_offices(*STAFF)
def move_on(room_id: uuid.UUID, step: str) -> Answer:
    """Publish a room, take it off the list, or delete a draft."""
    gone = published.move_on(
        client().rooms,
        str(room_id),
        step,
        published=_("Lokalet kan nu findes af alle."),
        withdrawn=_("Lokalet er taget af listen."),
    )
    return see_other("rooms.all_rooms") if gone else see_other("rooms.show", room_id=room_id)


def _values(found: Resource) -> dict[str, Any]:
    price = found["price_ore"]
    return {
        **{name: found[name] for name in _LABELS},
        **{f"{name}[]": found[name] for name in ("equipment", "access")},
        **{
            name: found[name] if found[name] is not None else ""
            for name in ("area", "postcode", "square_metres", "contact_email", "contact_phone")
        },
        "price": "text" if price is None else "amount" if price else "free",
        "price_ore": formats.typed_amount(price) if price else "",
        "price_text": found["price_text"] or "",
        "is_house": "1" if found["is_house"] else "",
        "version": found["version"],
    }


def _body(form: Form) -> Resource:
    price = form.choice("price", PRICES)
    addresses.part(form, "place", "postcode")
    return {
        "name": form.line("name", longest=120),
        "description": form.text("description", required=False, longest=4000) or "",
        "area": form.choice("area", list(dict(municipality().words("areas")))),
        "place": form.line("place"),
        "postcode": form.line("postcode", required=False, longest=4),
        "persons": form.count("persons", least=1, most=MOST_PERSONS),
        "square_metres": form.count("square_metres", required=False, least=1, most=20_000),
        "equipment": form.choices("equipment", list(labels.EQUIPMENT), required=False),
        "access": form.choices("access", list(labels.ACCESS), required=False),
        "opening": form.text("opening", required=False, longest=500) or "",
        "contact_title": form.line("contact_title", longest=120),
        "contact_email": form.email("contact_email", required=False),
        "contact_phone": form.line("contact_phone", required=False, longest=30),
        "price_ore": form.amount("price_ore")
        if price == "amount"
        else 0
        if price == "free"
        else None,
        "price_text": form.line("price_text") if price == "text" else None,
        "is_house": form.flag("is_house"),
    }


def _save(form: Form, room_id: str, before: Resource | None) -> Answer:
    if published.save(form, client().rooms, room_id, _body(form), before=before, labels=_LABELS):
        notify("success", _("Lokalet er gemt."))
        return see_other("rooms.show", room_id=room_id)
    return page("room_edit.html", 422, form=form, room=before)
