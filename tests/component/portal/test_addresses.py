"""Addresses in forms: suggested while typing, parted when taken whole, and never in the way."""

from __future__ import annotations

import uuid

import pytest

from tests.component.portal.test_finding import OFFER
from tests.component.portal.test_rooms import described
from tests.component.portal.town import key

EDIT = f"/foreninger/{key('nattergalen')}/rediger"
NEW = f"/foreninger/{key('nattergalen')}/tilbud/nyt"
ASSOCIATION = {
    "name": "Nattergalen",
    "purpose": "Sang",
    "target_groups[]": ["older"],
    "area": "aars",
    "version": "3",
}


def test_the_script_is_given_texts(browse):
    answer = browse().get("/adresser/forslag?q=himmer")

    assert answer.json == ["Himmerlandsgade 59, 9600 Aars"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_nothing_is_suggested_while_nobody_answers(browse, gateway, status):
    gateway.refuse("GET", "^/address-suggestions$", status, "unavailable")

    answer = browse().get("/adresser/forslag?q=himmer")

    assert (answer.status_code, answer.json) == (200, [])


def test_too_little_asks_nobody(browse, gateway):
    assert browse().get("/adresser/forslag?q=h").json == []
    assert gateway.sent_to("GET", "address") == []


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("applicant", EDIT),
        ("applicant", "/foreninger/opret"),
        ("applicant", NEW),
        ("centre", "/lokaler/nyt"),
        ("centre", f"/lokaler/{key('room-meeting')}/rediger"),
    ],
)
def test_the_field_says_where_its_suggestions_are(browse, person, path):
    page = browse(person).get(path).text

    assert 'data-suggestions="/adresser/forslag"' in page
    assert "<datalist" in page
    assert "address.js" in page


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("Himmerlandsgade 59, 9600 Aars", "", ""), ("Himmerlandsgade 59", "9600", "Aars")),
        (("Byvej 1, Ullits, 9640 Farsø", "", ""), ("Byvej 1, Ullits", "9640", "Farsø")),
        (("Byvej 1, 9600 Aars", "9600", ""), ("Byvej 1", "9600", "Aars")),
        # Something else is there already: nobody knows which is meant.
        (("Byvej 1, 9600 Aars", "9640", ""), ("Byvej 1, 9600 Aars", "9640", None)),
        (("Byvej 1, 9600 Aars", "", "Farsø"), ("Byvej 1, 9600 Aars", None, "Farsø")),
        # No register knows it; it is saved all the same.
        (("Bag kirken", "", ""), ("Bag kirken", None, None)),
    ],
)
def test_an_address_taken_whole_is_parted_without_any_script(browse, gateway, send, typed, kept):
    street, postcode, city = typed
    form = {**ASSOCIATION, "street": street, "postcode": postcode, "city": city}

    answer = send(browse("applicant"), EDIT, **form)

    assert answer.status_code == 303, answer.text
    (sent,) = gateway.sent_to("PATCH", "/associations/")
    assert tuple(sent["body"][name] for name in ("street", "postcode", "city")) == kept


def test_an_offers_place_is_parted_too(browse, gateway, send):
    form = {**OFFER, "id": str(uuid.uuid4()), "place": "Torvet 1, 9600 Aars"}

    assert send(browse("applicant"), NEW, **form).status_code == 303
    (sent,) = gateway.sent_to("PUT", "/offers/")
    assert (sent["body"]["place"], sent["body"]["postcode"]) == ("Torvet 1", "9600")


@pytest.mark.parametrize(
    ("typed", "postcode", "kept"),
    [
        ("Torvet 1, 9600 Aars", "", ("Torvet 1", "9600")),
        ("Torvet 1, 9600 Aars", "9640", ("Torvet 1, 9600 Aars", "9640")),
        ("Bag kirken", "", ("Bag kirken", None)),
    ],
)
def test_a_rooms_address_is_parted_too(browse, gateway, send, typed, postcode, kept):
    data = described(id=str(uuid.uuid4()), place=typed, postcode=postcode)

    assert send(browse("centre"), "/lokaler/nyt", data=data).status_code == 303
    (sent,) = gateway.sent_to("PUT", "^/rooms/")
    assert (sent["body"]["place"], sent["body"]["postcode"]) == kept


def test_a_room_still_needs_an_address(browse, gateway, send):
    page = browse("centre").get("/lokaler/nyt").text
    answer = send(browse("centre"), "/lokaler/nyt", data=described(place=" "))

    assert ' required list="place-forslag"' in page
    assert answer.status_code == 422
    assert 'href="#place"' in answer.text
    assert gateway.sent_to("PUT", "^/rooms/") == []
