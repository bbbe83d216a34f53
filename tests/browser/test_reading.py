"""Reading: searched, subscribed to, mailed once, stopped with one press; without JavaScript."""

import re
from pathlib import Path

import pytest

from embedded.reading import drawing
from tests.browser.inspection import PHONE
from tests.browser.people import person
from tests.browser.town import CASEWORKER, CENTRE
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def reader(request):
    """Give an address of its own to each test: the town is everybody's."""
    return f"{request.node.name.replace('_', '-')[:40]}@example.org"


def newest_link(site, email, path):
    """Wait for the newest mail with a link to a path; return the link."""
    found = []

    def look():
        found[:] = [
            link.group()
            for mail in site.mails(email)
            if (link := re.search(rf"https?://\S+{re.escape(path)}\S+", mail["text"]))
        ]
        assert found

    eventually(look, within=20)
    return found[-1]


def subjects(site, email):
    return [mail["subject"] for mail in site.mails(email)]


def subscribe(site, email, subject):
    with person(site) as citizen:
        citizen.opens("/nyheder")
        citizen.follows("Få nyheder på mail")
        citizen.writes({"email": "ikke en adresse"})
        citizen.presses("Tilmeld")
        citizen.is_told("navn@eksempel.dk", at="email")
        citizen.page.check(f"main [value='{subject}']")
        citizen.writes({"email": email})
        citizen.presses("Tilmeld")
        citizen.reads("Se i din mail")
        citizen.opens(newest_link(site, email, "/abonnement/bekraeft"))
        citizen.presses("Ja, send mig nyheder")
        citizen.reads("Fra nu af får du besked")


def test_a_word_in_a_document_leads_to_it_on_a_phone(site):
    with site.visitor(width=PHONE["width"], scripts=False) as context:
        page = context.new_page()
        page.goto("/dokumenter")
        page.fill("main #q", "teleslynge")
        page.click("main form [type=submit]")

        assert page.inner_text("main mark") == "teleslynge"
        page.click("main h3 a")
        assert "Referat fra" in page.inner_text("h1")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        with page.expect_download() as download:
            page.click("text=Hent dokumentet")
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def test_older_editions_can_still_be_read(site):
    with person(site) as citizen:
        citizen.opens("/dokumenter?slags=policy")
        citizen.follows("Frivilligpolitik i Vesthimmerlands Kommune")
        citizen.reads("Tidligere udgaver")
        with citizen.page.expect_download() as download:
            citizen.follows("Udgave 1")
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def test_a_new_edition_is_mailed_once_to_who_asked_and_one_press_stops_it(site, reader):
    subscribe(site, reader, "document:guidance")
    with person(site, CASEWORKER) as sanne:
        sanne.opens("/dokumenter/nyt")
        sanne.chooses("kind", "guidance")
        sanne.writes({"title": "Vejledning om frivilligcentret", "owner": "Social"})
        sanne.presses("Gem, og vælg filen")
        sanne.is_told("Udfyld feltet", at="summary")
        assert sanne.finds_written("title") == "Vejledning om frivilligcentret"
        sanne.writes({"summary": "Hvem kan hjælpe med hvad."})
        sanne.chooses("language", "da")
        sanne.presses("Gem, og vælg filen")
        sanne.page.set_input_files(
            "#file",
            files=[{"name": "Vejledning.txt", "mimeType": "text/plain", "buffer": b"Ring til os."}],
        )
        sanne.writes({"dated_on": "2026-02-01"})
        sanne.presses("Læg op")
        sanne.reads("En udgave, som kun I kan se")
        sanne.presses("Offentliggør")
        sanne.reads("Dokumentet er offentligt")

    stop = newest_link(site, reader, "/afmeld/")
    assert subjects(site, reader)[1:] == ["Nyt dokument: Vejledning om frivilligcentret"]
    with person(site) as citizen:
        citizen.opens(newest_link(site, reader, "/dokumenter/"))
        citizen.reads("Hvem kan hjælpe med hvad.")
        citizen.opens(stop)
        citizen.presses("Stop nyheder")
        citizen.reads("Du får ikke flere nyheder på mail")


def test_news_are_written_published_and_taken_back(site, reader):
    subscribe(site, reader, "news:other")
    with person(site, CASEWORKER) as sanne, person(site) as citizen:
        sanne.opens("/nyheder/ny")
        sanne.chooses("topic", "other")
        sanne.writes({"title": "Ny telefontid", "summary": "Ring mellem 9 og 12."})
        sanne.presses("Gem kladde")
        sanne.presses("Offentliggør")
        sanne.reads("Nyheden er offentlig")
        eventually(lambda: _has(site, reader, "Nyhed: Ny telefontid"), within=20)
        citizen.opens("/")
        citizen.reads("Ny telefontid")
        sanne.presses("Træk tilbage")
        sanne.reads("Nyheden er trukket tilbage")
        citizen.opens("/nyheder")
        citizen.does_not_read("Ny telefontid")


def _has(site, email, subject):
    assert subject in subjects(site, email)


def test_what_happens_becomes_news_by_itself(site):
    with person(site) as citizen:
        citizen.opens("/nyheder?emne=grants")
        citizen.waits_to_read("I kan snart søge")
        citizen.follows("I kan snart søge")
        citizen.follows("Læs mere")
        citizen.reads("Ansøgningsfrist")


def test_whether_one_can_apply_is_told_at_once_and_kept_nowhere(site):
    with person(site) as citizen:
        citizen.opens("/puljer")
        citizen.follows("Se også penge fra staten")
        citizen.waits_to_read("§ 18")
        citizen.follows("Nordfondens små midler")
        citizen.page.check("#svar-0-ja")
        citizen.page.check("#svar-1-ja")
        citizen.presses("Se, om I kan søge")
        citizen.reads("Fonden støtter ikke løn.")
        citizen.page.check("#svar-1-nej")
        citizen.presses("Se, om I kan søge")
        citizen.reads("Det ser ud til, at I kan søge")
        assert citizen.page.context.cookies() == []


def test_a_room_that_is_missing_is_told_in_two_presses_and_counted(site):
    with person(site) as citizen:
        citizen.opens("/lokaler")
        citizen.writes({"personer": "15"})
        citizen.page.check("#adgang-hearing-loop")
        citizen.presses("Find et lokale")
        citizen.reads("Mødelokalet")
        citizen.does_not_read("Forsamlingssalen")
        citizen.opens("/lokaler?personer=4000&omraade=aars")
        citizen.reads("Intet lokale passer")
        citizen.follows("Vi fandt ikke et lokale, der passer")
        citizen.presses("Tæl det med")
        citizen.reads("ingen kan se, at det var dig")
    with person(site, CENTRE) as frida:
        frida.opens("/lokaler/mangler/tal")
        frida.reads("Over 50")


def test_a_room_is_described_pictured_and_published(site):
    with person(site, CENTRE) as frida:
        frida.opens("/lokaler/nyt")
        frida.writes({"name": "Værkstedet", "place": "Havnen 3", "persons": "mange"})
        frida.presses("Gem kladde")
        frida.is_told("Skriv et helt tal", at="persons")
        frida.writes({"persons": "8", "contact_title": "Havnekontoret"})
        frida.chooses("area", "aars")
        frida.chooses("price", "free")
        frida.presses("Gem kladde")
        frida.follows("Billeder")
        frida.page.set_input_files(
            "#file",
            files=[{"name": "rum.png", "mimeType": "image/png", "buffer": drawing(8)}],
        )
        frida.presses("Læg op")
        frida.is_told("Udfyld feltet", at="alt")
        frida.page.set_input_files(
            "#file",
            files=[{"name": "rum.png", "mimeType": "image/png", "buffer": drawing(8)}],
        )
        frida.writes({"alt": "Værkstedet med høvlbænke"})
        frida.presses("Læg op")
        frida.reads("Billedet er lagt op")
        frida.follows("Tilbage til lokalet")
        frida.presses("Offentliggør")
        frida.reads("Lokalet kan nu findes af alle")
        address = frida.page.url
    with site.visitor(width=PHONE["width"], scripts=False) as context:
        page = context.new_page()
        page.goto(address)
        picture = page.locator("main img")
        assert picture.get_attribute("alt") == "Værkstedet med høvlbænke"
        assert picture.evaluate("picture => picture.naturalWidth") == 800
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
