"""Finding what is offered, and writing it: addresses, forms, what is said to machines."""

from __future__ import annotations

import json
import re
import uuid
from xml.etree import ElementTree as ET

import pytest

from portal.settings import sources
from tests.component.portal.test_forms import errors_linked
from tests.component.portal.town import key

OFFER = {
    "title": "Fællessang",
    "description": "Vi synger.",
    "target_groups[]": ["older"],
    "topics[]": ["culture"],
    "area": "aars",
    "price": "free",
    "wheelchair": "yes",
    "languages[]": ["da"],
    "takes_new_users": "1",
    "times-0-rrule": "tu",
    "times-0-often": "weekly",
    "times-0-starts": "19:00",
    "times-0-ends": "21:00",
    "times-0-starts_on": "2024-01-02",
}
NEW = f"/foreninger/{key('nattergalen')}/tilbud/nyt"
SONGS = f"/tilbud/{key('songs')}"


@pytest.fixture
def offer():
    return {**OFFER, "id": str(uuid.uuid4())}


def asked(gateway):
    """What the last search asked for."""
    return gateway.sent_to("GET", "^/search$")[-1]


def linked_data(page):
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    return json.loads(found[1]) if found else None


def test_every_choice_of_the_address_is_kept_and_can_be_shared(browse, gateway):
    address = (
        "/find?q=sang&maalgruppe=older&emne=culture&omraade=aars&slags=offer&dag=tu&tid=evening"
    )

    page = browse().get(f"{address}&gratis=1&koerestol=1&naer=9600&orden=distance")

    for chosen in ("older", "culture", "aars", "offer", "tu", "evening", "distance"):
        assert f'<option value="{chosen}" selected>' in page.text
    for ticked in ("gratis", "koerestol"):
        assert f'name="{ticked}" value="1" checked' in page.text
    following = re.search(r'href="([^"]*side=bmV4dA[^"]*)"', page.text)[1]
    for part in ("q=sang", "emne=culture", "dag=tu", "gratis=1", "naer=9600", "orden=distance"):
        assert part in following
    assert 'value="sang"' in page.text
    assert "4,2 km" in page.text or "4,3 km" in page.text


def test_a_choice_tells_how_much_it_would_leave(browse):
    page = browse().get("/find").text

    assert re.search(r'<option value="older">[^<]*\(3\)</option>', page)
    assert re.search(r'<option value="children">[^<]*\(0\)</option>', page)
    assert "er gratis (2)" in page
    assert 'aria-label="Aars 2 resultater"' in page
    assert "Hertil kommer 1, der gælder hele kommunen." in page


def test_what_is_no_choice_is_left_out(browse, gateway):
    page = browse().get("/find?maalgruppe=martians&dag=someday&orden=best&side=")

    assert page.status_code == 200
    assert "martians" not in page.text


@pytest.mark.parametrize("pointer", ["/near", "/cursor"])
def test_a_place_or_page_that_is_not_there_leaves_the_rest(browse, gateway, pointer):
    gateway.refuse_once("GET", "^/search$", 422, "invalid", errors=[{"pointer": pointer}])

    page = browse().get("/find?q=sang&naer=Atlantis&orden=distance&side=x")

    assert page.status_code == 200
    assert "Fællessang" in page.text
    assert ('id="naer-error"' in page.text) is (pointer == "/near")
    if pointer == "/near":
        assert errors_linked(page.text) == ["naer"]
        assert 'value="Atlantis"' in page.text


def test_a_distance_from_nowhere_is_asked_for(browse, gateway):
    page = browse().get("/find?orden=distance")

    assert errors_linked(page.text) == ["naer"]


def test_the_old_address_leads_on(browse):
    answer = browse().get("/foreninger?q=sang&omraade=aars")

    assert answer.status_code == 301
    assert answer.location == "/find?slags=association&q=sang&omraade=aars"


def test_suggestions_are_plain_texts(browse):
    answer = browse().get("/find/forslag?q=fælles")

    assert answer.json == ["fællessang"]
    assert "max-age" in answer.headers["Cache-Control"]


def test_one_page_alone_may_be_shown_in_a_frame(browse):
    small = browse().get("/indlejr")

    assert "frame-ancestors *" in small.headers["Content-Security-Policy"]
    assert "script-src 'self'" in small.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in small.headers
    assert small.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for path in ("/", "/find", "/log-ind", "/find/forslag?q=x", "/findes-ikke"):
        other = browse().get(path)
        assert "frame-ancestors 'none'" in other.headers["Content-Security-Policy"]
        assert other.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("*", True),
        ("https://www.example.org https://*.example.dk", True),
        ("'none'", True),
        ("", False),
        ("*; script-src *", False),
        ("https://a.dk, https://b.dk", False),
    ],
)
def test_who_may_show_it_cannot_change_the_rest_of_the_policy(text, is_right):
    if is_right:
        sources(text)
    else:
        with pytest.raises(ValueError, match="sites"):
            sources(text)


def test_search_engines_are_told_every_page(browse, gateway):
    gateway.town["search"] = {**gateway.town["search"], "next": None}
    robots = browse().get("/robots.txt").text
    answer = browse().get("/sitemap.xml")

    addresses = [each.text for each in ET.fromstring(answer.text).iter() if each.text]
    base = "http://127.0.0.1:8080"
    assert f"Sitemap: {base}/sitemap.xml" in robots
    assert f"{base}{SONGS}" in addresses
    assert f"{base}/foreninger/{key('nattergalen')}" in addresses
    assert f"{base}/find" in addresses
    assert answer.mimetype == "application/xml"


def test_an_offer_says_of_itself_what_it_shows(browse):
    page = browse().get(SONGS)
    told = linked_data(page)

    assert told["@type"] == "Service"
    assert told["name"] == "Fællessang"
    assert told["provider"]["name"] == "Nattergalen"
    assert told["offers"]["price"] == "0.00"
    assert told["hoursAvailable"][0]["dayOfWeek"] == ["Tuesday"]
    assert len(told["hoursAvailable"]) == 1, "a rule that is not weekly has no plain form"
    assert 'property="og:title" content="Fællessang"' in page.text
    assert f'rel="canonical" href="http://127.0.0.1:8080{SONGS}"' in page.text
    assert "Hver tirsdag kl. 19.00-21.00" in page.text
    assert "FREQ=MONTHLY;BYMONTHDAY=1" in page.text
    assert linked_data(browse().get(f"/tilbud/{key('advice')}"))["@type"] == "GovernmentService"


def test_an_association_says_only_what_is_public(browse):
    page = browse("applicant").get(f"/foreninger/{key('nattergalen')}")
    told = linked_data(page)

    assert told["@type"] == "NGO"
    assert "anna@example.org" not in json.dumps(told)
    assert "anna@example.org" in page.text
    assert "Har aftale med jobcentret." in page.text
    assert linked_data(browse("applicant").get(f"/tilbud/{key('songs-draft')}")) is None


def test_no_text_ends_what_is_said_to_machines(browse, gateway):
    gateway.town["offers"][0]["title"] = "</script><script>alert(1)</script>"

    page = browse().get(SONGS)

    assert "<script>alert" not in page.text
    assert linked_data(page)["name"] == "</script><script>alert(1)</script>"


def test_drafts_are_offered_to_those_who_keep_them(browse):
    path = f"/foreninger/{key('nattergalen')}"

    for person in ("applicant", "editor", "coordinator"):
        page = browse(person).get(path).text
        assert f"/tilbud/{key('songs-draft')}" in page
        assert NEW in page
    member = browse("member").get(path).text
    assert f"/tilbud/{key('songs-draft')}" in member
    assert NEW not in member
    assert f"/tilbud/{key('songs-draft')}" not in browse().get(path).text
    assert browse("member").get(f"{SONGS}/rediger").status_code == 403


def test_an_offer_reaches_the_directory_once_however_often_it_is_sent(browse, send, gateway, offer):
    editor = browse("editor")

    for _ in range(2):
        answer = send(editor, NEW, data=offer)
        assert (answer.status_code, answer.location) == (303, f"/tilbud/{offer['id']}")

    sent = gateway.sent_to("PUT", "^/offers/")
    assert [each["path"] for each in sent] == [f"/offers/{offer['id']}"] * 2
    body = sent[0]["body"]
    assert body["association_id"] == key("nattergalen")
    assert body["times"] == [
        {
            "rrule": "FREQ=WEEKLY;BYDAY=TU",
            "starts_on": "2024-01-02",
            "starts": "19:00",
            "ends": "21:00",
        }
    ]
    assert (body["price_ore"], body["price_text"], body["wheelchair"]) == (0, None, True)


@pytest.mark.parametrize(
    ("day", "often", "rule"),
    [
        ("mo", "second", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"),
        ("we", "1", "FREQ=MONTHLY;BYDAY=1WE"),
        ("fr", "-1", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("daily", "weekly", "FREQ=DAILY"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "weekly", "FREQ=MONTHLY;BYMONTHDAY=1"),
    ],
)
def test_a_day_and_how_often_become_a_rule_and_come_back(
    browse, send, gateway, offer, day, often, rule
):
    editor = browse("editor")

    send(editor, NEW, data={**offer, "times-0-rrule": day, "times-0-often": often})

    (time,) = gateway.sent_to("PUT", "^/offers/")[0]["body"]["times"]
    assert time["rrule"] == rule
    gateway.town["offers"][0]["times"] = [time]
    form = editor.get(f"{SONGS}/rediger").text
    assert f'<option value="{day}" selected>' in form
    if day not in {"daily", rule}:
        assert f'<option value="{often}" selected>' in form


def test_rows_close_up_and_a_refusal_finds_its_row(browse, send, gateway, offer):
    gateway.refuse(
        "PUT",
        "^/offers/",
        422,
        "invalid",
        errors=[{"pointer": "/times/0/rrule", "detail": "This rule never comes true."}],
    )
    moved = {key.replace("times-0", "times-3"): value for key, value in offer.items()}

    answer = send(browse("editor"), NEW, data={**moved, "times-0-rrule": ""})

    assert answer.status_code == 422
    assert errors_linked(answer.text) == ["times-0-rrule"]
    assert "times-0-starts" in answer.text
    assert 'value="19:00"' in answer.text


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"price": "amount", "price_ore": "25,50"}, (2550, None)),
        ({"price": "text", "price_text": "Efter aftale", "price_ore": "3"}, (None, "Efter aftale")),
        ({"price": "free", "price_text": "Efter aftale"}, (0, None)),
    ],
)
def test_one_of_three_prices_is_told(browse, send, gateway, offer, changes, sent):
    send(browse("editor"), NEW, data={**offer, **changes})

    body = gateway.sent_to("PUT", "^/offers/")[0]["body"]
    assert (body["price_ore"], body["price_text"]) == sent


def test_a_change_by_somebody_else_meanwhile_is_shown(browse, send, gateway, offer):
    gateway.refuse("PUT", "^/offers/", 412, "stale")

    answer = send(
        browse("editor"), f"{SONGS}/rediger", data={**offer, "title": "Kor", "version": "1"}
    )

    assert answer.status_code == 422
    assert 'id="forskelle"' in answer.text
    assert 'name="version" value="2"' in answer.text
    assert 'value="Kor"' in answer.text


@pytest.mark.parametrize("step", ["offentliggoer", "traek-tilbage"])
@pytest.mark.parametrize(
    ("person", "name", "path"),
    [("editor", "songs", "offers"), ("coordinator", "advice", "municipal-offers")],
)
def test_a_press_publishes_and_withdraws(browse, send, gateway, step, person, name, path):
    answer = send(browse(person), f"/tilbud/{key(name)}/{step}")

    assert answer.location == f"/tilbud/{key(name)}"
    made = "publication" if step == "offentliggoer" else "withdrawal"
    assert gateway.sent_to("POST", f"^/{path}/{key(name)}/{made}$")


@pytest.mark.parametrize(
    ("person", "name", "path"),
    [("editor", "songs", "offers"), ("coordinator", "advice", "municipal-offers")],
)
@pytest.mark.parametrize(("pressed", "takes"), [({"takes_new_users": "1"}, True), ({}, False)])
def test_a_press_says_whether_there_is_room(
    browse, send, gateway, person, name, path, pressed, takes
):
    answer = send(browse(person), f"/tilbud/{key(name)}/plads", data=pressed)

    assert answer.location == f"/tilbud/{key(name)}"
    (sent,) = gateway.sent_to("POST", f"^/{path}/{key(name)}/capacity$")
    assert sent["body"] == {"takes_new_users": takes}


def test_room_for_newcomers_is_shown_as_of_when_it_was_said(browse, gateway):
    assert "Ja (sagt 20. februar 2024)" in browse().get(SONGS).text
    assert "Der er plads nu" not in browse().get(SONGS).text
    assert "Der er plads nu" in browse("editor").get(SONGS).text
    card = browse("caseworker").get(f"/find-til-borger/kort?tilbud={key('songs')}").text
    assert "Ja (sagt 20. februar 2024)" in card


def test_what_cannot_be_published_says_why(browse, send, gateway):
    gateway.refuse("POST", "publication", 409, "association-not-published")
    editor = browse("editor")

    send(editor, f"/tilbud/{key('songs-draft')}/offentliggoer")

    assert "ikke godkendt endnu" in editor.get(SONGS).text


def test_a_draft_is_deleted(browse, send, gateway):
    answer = send(browse("editor"), f"/tilbud/{key('songs-draft')}/slet")

    assert answer.location == f"/foreninger/{key('nattergalen')}"
    assert gateway.sent_to("DELETE", f"^/offers/{key('songs-draft')}$")


def test_the_municipality_writes_in_the_name_of_a_department(browse, send, gateway, offer):
    send(browse("coordinator"), "/kommunens-tilbud/nyt", data={**offer, "department": "culture"})

    (sent,) = gateway.sent_to("PUT", "^/municipal-offers/")
    assert sent["body"]["department"] == "culture"
    assert "association_id" not in sent["body"]


def test_a_note_is_written_over_the_version_that_was_read(browse, send, gateway):
    path = f"/foreninger/{key('nattergalen')}/kommunens-bemaerkning"

    answer = send(browse("caseworker"), path, text="Ny aftale.", version="4")

    assert answer.location == f"/foreninger/{key('nattergalen')}"
    (sent,) = gateway.sent_to("PUT", "municipal-note")
    assert (sent["body"], sent["headers"]["if-match"]) == ({"text": "Ny aftale."}, '"4"')
    gateway.refuse("PUT", "municipal-note", 412, "stale")
    stale = send(browse("caseworker"), path, text="Min.", version="3")
    assert 'id="forskelle"' in stale.text
    assert browse("editor").get(path).status_code == 403
