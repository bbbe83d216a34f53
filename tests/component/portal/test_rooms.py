"""Rooms in the portal: found by what is needed, kept by staff, missed without a name."""

from __future__ import annotations

import io

import pytest

from tests.component.portal.town import key

ROOM = f"/lokaler/{key('room-meeting')}"


def test_what_is_needed_reaches_the_api_and_what_is_no_choice_does_not(browse, gateway):
    browse().get("/lokaler?personer=15&omraade=aars&udstyr=kitchen&udstyr=wifi&adgang=lift&q=park")
    browse().get("/lokaler?personer=mange&omraade=atlantis&udstyr=jacuzzi")
    browse().get("/lokaler?personer=99999999999")

    first, second, third = (each["query"] for each in gateway.sent_to("GET", "^/rooms$"))
    assert first == "q=park&area=aars&persons=15&equipment=kitchen%2Cwifi&access=lift&limit=20"
    assert second == third == "limit=20"


def test_the_list_offers_to_say_what_was_missing_with_what_was_asked(browse, gateway):
    gateway.town["rooms"] = []

    page = browse().get("/lokaler?personer=15&omraade=aars").text

    assert "Intet lokale passer" in page
    assert 'href="/lokaler/mangler?omraade=aars&amp;personer=15"' in page
    form = browse().get("/lokaler/mangler?omraade=aars&personer=15").text
    assert 'value="15"' in form
    assert '<option value="aars" selected>' in form


def test_what_was_missing_is_sent_without_anything_else(browse, send, gateway):
    answer = send(browse(), "/lokaler/mangler", data={"area": "aars", "persons": "15"})

    assert answer.headers["Location"] == "/lokaler"
    (sent,) = gateway.sent_to("POST", "^/unmet-room-needs$")
    assert sent["body"] == {"area": "aars", "persons": 15}
    assert "authorization" not in sent["headers"]


def test_too_many_are_told_plainly(browse, send, gateway):
    gateway.refuse("POST", "^/unmet-room-needs$", 429, "too-many-requests")

    answer = send(browse(), "/lokaler/mangler", data={"area": "aars", "persons": "15"})

    assert answer.status_code == 422
    assert "for mange forsøg" in answer.text


def test_a_picture_is_shown_with_words_and_as_nothing_else(browse):
    page = browse().get(ROOM).text
    answer = browse().get(f"{ROOM}/billeder/{key('picture')}")

    assert f'src="{ROOM}/billeder/{key("picture")}" alt="Rummet set fra døren"' in page
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("person", ["", "applicant", "council", "committee"])
def test_the_figures_are_for_staff(browse, person):
    status = browse(person).get("/lokaler/mangler/tal").status_code

    assert status == (403 if person else 303)
    page = browse("centre").get("/lokaler/mangler/tal").text
    assert "februar 2024" in page
    assert "11 til 25" in page


def described(**changes):
    return {
        "name": "Mødelokalet",
        "description": "",
        "area": "aars",
        "place": "Himmerlandsgade 59",
        "persons": "20",
        "square_metres": "",
        "equipment[]": ["wifi"],
        "access[]": ["lift"],
        "opening": "",
        "price": "amount",
        "price_ore": "250",
        "contact_title": "Kontoret",
        **changes,
    }


def test_what_is_written_reaches_the_api(browse, send, gateway):
    answer = send(browse("centre"), "/lokaler/nyt", data={"id": key("a-room"), **described()})

    assert answer.headers["Location"] == f"/lokaler/{key('a-room')}"
    (sent,) = gateway.sent_to("PUT", "^/rooms/")
    assert sent["body"] == {
        "name": "Mødelokalet",
        "description": "",
        "area": "aars",
        "place": "Himmerlandsgade 59",
        "postcode": None,
        "persons": 20,
        "square_metres": None,
        "equipment": ["wifi"],
        "access": ["lift"],
        "opening": "",
        "contact_title": "Kontoret",
        "contact_email": None,
        "contact_phone": None,
        "price_ore": 25_000,
        "price_text": None,
        "is_house": False,
    }


@pytest.mark.parametrize(
    ("price", "ore", "words"), [("free", 0, None), ("text", None, "Efter aftale")]
)
def test_a_price_is_an_amount_or_words(browse, send, gateway, price, ore, words):
    send(
        browse("coordinator"),
        "/lokaler/nyt",
        data=described(price=price, price_text="Efter aftale"),
    )

    (sent,) = gateway.sent_to("PUT", "^/rooms/")
    assert (sent["body"]["price_ore"], sent["body"]["price_text"]) == (ore, words)


def test_a_picture_goes_up_with_its_words(browse, send, gateway):
    answer = send(
        browse("coordinator"),
        f"{ROOM}/billeder",
        data={
            "id": key("new"),
            "alt": "Scenen",
            "file": (io.BytesIO(b"\xff\xd8\xff"), "scene.JPG"),
        },
    )

    assert answer.status_code == 303
    (sent,) = gateway.sent_to("PUT", "/pictures/")
    assert (sent["query"], sent["headers"]["content-type"]) == ("alt=Scenen", "image/jpeg")


@pytest.mark.parametrize("name", ["", "a.pdf"])
def test_what_is_no_picture_is_said_at_its_field(browse, send, gateway, name):
    answer = send(
        browse("coordinator"),
        f"{ROOM}/billeder",
        data={"alt": "Scenen", "file": (io.BytesIO(b"x"), name)},
    )

    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert "Scenen" in answer.text
    assert gateway.sent_to("PUT", "/pictures/") == []


def test_a_picture_the_api_refuses_is_said_at_its_field(browse, send, gateway):
    gateway.refuse("PUT", "/pictures/", 409, "too-many-pictures")

    answer = send(
        browse("coordinator"),
        f"{ROOM}/billeder",
        data={"alt": "Scenen", "file": (io.BytesIO(b"x"), "a.png")},
    )

    assert answer.status_code == 422
    assert "Slet et først" in answer.text


def test_a_picture_is_taken_away(browse, send, gateway):
    answer = send(browse("coordinator"), f"{ROOM}/billeder/{key('picture')}/slet")

    assert (answer.status_code, answer.location) == (303, f"{ROOM}/billeder")
    assert len(gateway.sent_to("DELETE", "/pictures/")) == 1
