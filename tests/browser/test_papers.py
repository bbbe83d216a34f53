"""Asked once: what an association files is known where it applies. Played without JavaScript."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from embedded.actors import stable_id
from embedded.story import Story
from portal.formats import day
from tests.browser.conftest import Site, start_instance
from tests.browser.people import person
from tests.browser.town import CASEWORKER, PROFILE
from tests.journeys.conftest import STARTS_AT
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
WALKERS = "night-walkers@example.org"
PAPERS = f"/foreninger/{stable_id('association', 'night-walkers')}/papirer"


def statutes(name="Vedtægter.pdf", content=PDF):
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def test_what_was_filed_once_is_known_in_the_application(site):
    with person(site, WALKERS) as contact:
        contact.opens(f"{PAPERS}/vedtaegter")
        contact.writes({"dated_on": "2099-01-01"})
        contact.page.set_input_files("#file", statutes())
        contact.presses("Læg ind")
        contact.is_told("Datoen kan ikke ligge i fremtiden", at="dated_on")
        assert contact.finds_written("dated_on") == "2099-01-01"
        contact.writes({"dated_on": "2023-03-03"})
        contact.page.set_input_files("#file", statutes("vedtægter.exe"))
        contact.presses("Læg ind")
        contact.is_told("Filen kan ikke modtages", at="file")
        contact.page.set_input_files("#file", statutes())
        contact.presses("Læg ind")
        contact.reads("I bliver ikke spurgt igen")
        contact.reads("Vedtægter.pdf")
        contact.opens(f"{PAPERS}/boerneattester")
        contact.chooses("statement", "certificates-obtained")
        contact.writes({"dated_on": datetime.now(UTC).date().isoformat()})
        contact.presses("Afgiv erklæringen")
        contact.is_told("Sæt kryds", at="truth")
        contact.chooses("truth", "1")
        contact.presses("Afgiv erklæringen")
        contact.reads("Der er indhentet børneattest")

        contact.opens("/ansoegninger/ny")
        contact.writes({"title": "Natteravne i Aars"})
        contact.page.click("main form.samspil-form button[type=submit]")
        contact.opens(re.sub(r"\?.*", "", contact.page.url) + "?trin=bilag")
        contact.waits_to_read("Vi har jeres vedtægter fra 3. marts 2023")
        contact.waits_to_read("Der er indhentet børneattest")
        contact.reads("Læg det ved her")

    with person(site, CASEWORKER) as caseworker:
        caseworker.opens("/arbejdsliste/papirer?status=missing&slags=accounts")
        caseworker.reads("Natugle-vandrerne")
        caseworker.opens(PAPERS)
        with caseworker.page.expect_download() as download:
            caseworker.follows("Vedtægter.pdf")
        assert download.value.suggested_filename == "Vedtægter.pdf"
        caseworker.does_not_read("Læg nyere ind")


def test_another_association_does_not_find_them(site):
    with person(site, "choir@example.org") as other:
        other.opens(PAPERS)
        assert other.page.locator("h1").inner_text() != "Foreningens papirer"
        other.does_not_read("Vedtægter")


@pytest.fixture(scope="module")
def year(tmp_path_factory, browser):
    """Give a municipality of February 2024 whose clock can be moved on."""
    folder = tmp_path_factory.mktemp("papers") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        story = Story(instance.url, PROFILE, patience=60)
        story.register()
        story.approve()
        yield Site(instance.url, browser), story


def test_the_contact_is_mailed_before_it_runs_out_and_when_it_has(year):
    site, story = year
    one, now = story.applicants[0], story.town.now()
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}/papirer/boerneattester")
        contact.chooses("statement", "no-children-under-15")
        contact.writes({"dated_on": now.date().isoformat()})
        contact.chooses("truth", "1")
        contact.presses("Afgiv erklæringen")
        contact.reads(day(f"{now.year}-12-31"))

    story.town.move_clock(datetime(now.year, 12, 2, 9, tzinfo=UTC))
    has_mails(site, one.email, 1)
    story.town.move_clock(datetime(now.year + 1, 1, 1, 9, tzinfo=UTC) + timedelta(days=1))
    has_mails(site, one.email, 2)

    first, second = mails(site, one.email)
    assert "gælder til" in first["subject"]
    assert "gælder ikke mere" in second["subject"]
    assert f"/foreninger/{one.id}/papirer" in second["text"]


def mails(site, email):
    found = [mail for mail in site.mails(email) if "børneattester" in mail["subject"]]
    return sorted(found, key=lambda mail: "ikke mere" in mail["subject"])


def has_mails(site, email, count):
    def look():
        assert len(mails(site, email)) == count

    eventually(look, within=30)
