"""One's own data: read, taken along and erased; and the same by the coordinator for somebody."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.component.portal.conftest import read_cookie
from tests.component.portal.town import key
from tests.component.portal.town_personal import ANNA

OWN = "/mine-oplysninger"
ERASE = f"{OWN}/slet"
OF_ANNA = f"/personer/{key('anna')}"


def test_everything_is_told_in_words(browse):
    page = browse("applicant").get(OWN).text

    for words in ("Hvem du er", "Anna &lt;b&gt;Andersen", "Administrator", "1. februar 2024"):
        assert words in page, words
    assert "Dine vurderinger i rådet" in page
    assert ANNA not in page, "numbers are for the file"
    assert "Det, du har gjort i systemet" in page
    assert "directory.a.b.v1" not in page
    assert "Nyheder på mail til din adresse" in page
    assert "Nyheder om tilskud; Referater" in page
    assert "news:grants" not in page


def test_the_file_holds_all_of_it(browse):
    answer = browse("applicant").get(f"{OWN}/hent")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="oplysninger.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        whole = json.loads(packed.read("oplysninger.json"))
        page = packed.read("oplysninger.html").decode()
    assert set(whole) == {"directory", "grants", "meetings", "notifier"}
    assert whole["directory"]["parts"][0]["rows"][0]["email"] == "anna@example.org"
    assert whole["directory"]["parts"][2]["rows"][0]["type"] == "directory.a.b.v1"
    assert "<b>" not in page
    assert "anna@example.org" in page


def test_what_is_away_is_named_and_no_half_file_is_given(browse, gateway):
    gateway.refuse("GET", "^/personal-data/grants/", 503, "unavailable")
    client = browse("applicant")

    page = client.get(OWN)

    assert page.status_code == 200
    assert "Vi kan ikke hente det hele: Puljer og ansøgninger." in page.text
    assert f"{OWN}/hent" not in page.text
    assert "anna@example.org" in page.text
    assert client.get(f"{OWN}/hent").status_code == 503


@pytest.mark.parametrize("path", [OWN, f"{OWN}/hent"])
def test_who_signed_in_long_ago_does_it_again_and_comes_back(browse, send, gateway, path):
    gateway.refuse("GET", "^/personal-data/", 401, "sign-in-too-old")
    client = browse("applicant")

    assert client.get(path).location == "/log-ind/igen"
    asked = client.get("/log-ind/igen").text
    assert "inden for det sidste kvarter" in asked
    assert read_cookie(client).is_signed_in
    mailed = send(client, "/log-ind/igen")

    assert mailed.location == f"/log-ind/kode?link={key('link')}"
    (link,) = gateway.sent_to("POST", "sign-in-links")
    # To the address we know, never to one that is typed.
    assert link["body"]["email"] == "anna@example.org"
    assert 'href="/log-ind/igen"' in client.get(mailed.location).text
    entered = send(client, "/log-ind/kode", link=key("link"), code="123456")
    # A file alone would leave them on the page with the code.
    assert entered.location == OWN
    assert gateway.sent_to("DELETE", f"^/sessions/{key('session')}$"), "one session, not two"


def test_the_coordinator_comes_back_to_whom_they_looked_at(browse, send, gateway):
    gateway.refuse("GET", "^/personal-data/", 401, "sign-in-too-old")
    client = browse("coordinator")

    assert client.get(f"{OF_ANNA}/hent").location == "/log-ind/igen"

    assert read_cookie(client).after_sign_in == OF_ANNA


def test_too_many_mails_are_refused_in_words(browse, send, gateway):
    gateway.refuse("POST", "sign-in-links", 429, "too-many-requests")

    answer = send(browse("applicant"), "/log-ind/igen")

    assert answer.status_code == 422
    assert "Vent et øjeblik, og prøv igen." in answer.text


def test_nobody_is_asked_to_sign_in_again_who_has_not(browse, send):
    assert browse().get("/log-ind/igen").location == "/log-ind"
    assert send(browse(), "/log-ind/igen").location == "/log-ind"


def test_nothing_is_erased_without_the_tick(browse, send, gateway):
    answer = send(browse("applicant"), ERASE)

    assert answer.status_code == 422
    assert "Sæt kryds, hvis oplysningerne skal slettes." in answer.text
    assert 'href="#sikker"' in answer.text
    assert gateway.sent_to("DELETE", "/people/") == []


def test_whoever_is_erased_is_signed_out_and_sees_what_came_of_it(browse, send, gateway):
    client = browse("applicant")

    answer = send(client, ERASE, sikker="1")

    assert answer.status_code == 303
    assert answer.location == "/sletning?kvittering=good"
    assert read_cookie(client).access_token == ""
    (sent,) = gateway.sent_to("DELETE", "/people/")
    assert sent["path"] == f"/people/{key('anna')}"
    page = client.get(answer.location).text
    assert "Oplysningerne er slettet" in page
    assert "Regnskabsbilag gemmes i fem år (bogføringsloven § 12)" in page
    assert "31. december 2029" in page
    assert "sagen overtages af arkivet" in page


def test_the_last_administrator_is_told_what_to_do_first(browse, send, gateway):
    gateway.refuse("DELETE", "/people/", 409, "last-administrator")

    answer = send(browse("applicant"), ERASE, sikker="1")

    assert answer.status_code == 422
    assert "Giv først rollen til en anden" in answer.text
    assert "checked" in answer.text


@pytest.mark.parametrize("address", ["/sletning", "/sletning?kvittering=made-up"])
def test_a_receipt_that_is_none_says_so(browse, address):
    answer = browse().get(address)

    assert answer.status_code == 404
    assert "Kvitteringen findes ikke" in answer.text


@pytest.mark.parametrize("path", [OWN, f"{OWN}/hent", ERASE])
def test_nobody_in_particular_is_asked_to_sign_in(browse, path):
    answer = browse().get(path)

    assert (answer.status_code, answer.location) == (303, "/log-ind")


@pytest.mark.parametrize("person", ["applicant", "council", "committee", "centre"])
@pytest.mark.parametrize(
    "path",
    ["/personer", OF_ANNA, f"{OF_ANNA}/hent", f"{OF_ANNA}/slet", f"/sletninger/{key('erased')}"],
)
def test_others_data_are_the_coordinators_only(browse, gateway, person, path):
    assert browse(person).get(path).status_code == 403
    assert gateway.sent_to("GET", "^/(people|personal-data|erasures)") == []


def test_the_coordinator_does_it_on_request(browse, send, gateway):
    client = browse("coordinator")
    found = client.get("/personer?q=anna").text
    assert OF_ANNA in found
    assert "venter på svar" in found

    assert "Giv det kun til personen selv" in client.get(OF_ANNA).text
    assert client.get(f"{OF_ANNA}/hent").status_code == 200
    answer = send(client, f"{OF_ANNA}/slet", sikker="1")

    assert answer.location == f"/sletninger/{key('anna')}"
    assert read_cookie(client).access_token
    assert len(gateway.sent_to("DELETE", f"/people/{key('anna')}")) == 1


def test_an_erasure_on_its_way_says_who_has_not_answered(browse):
    page = browse("coordinator").get(f"/sletninger/{key('being-erased')}").text

    assert "Har ikke svaret endnu." in page
    assert "kommunen på personens vegne" in page
