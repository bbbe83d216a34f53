"""An offer for a citizen: found, printed, handed over; and counted where there was none."""

import pytest

from embedded.actors import Actor, Town
from embedded.story import Story
from tests.browser.conftest import Site, start_instance
from tests.browser.inspection import PHONE, axe_violations, html_faults
from tests.browser.people import person
from tests.browser.town import CASEWORKER, COORDINATOR, PROFILE
from tests.journeys.conftest import STARTS_AT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CPR = "Jens, 010190-1234, vil gerne ud at gå"


def test_three_offers_are_found_and_handed_over_on_a_card(site):
    with person(site, CASEWORKER) as caseworker:
        caseworker.opens("/find-til-borger")
        caseworker.presses("Find tre tilbud")
        caseworker.is_told("Skriv, hvad der er brug for", at="q")
        caseworker.writes({"q": CPR})
        caseworker.presses("Find tre tilbud")
        caseworker.is_told("Skriv aldrig CPR-numre her", at="q")
        assert caseworker.finds_written("q") == CPR
        caseworker.writes({"q": "selskab og kaffe og ture"})
        caseworker.presses("Find tre tilbud")
        caseworker.reads("Har plads")
        caseworker.reads("Blandt resten trækkes lod")
        assert caseworker.page.url.endswith("/find-til-borger")
        titles = caseworker.page.locator("main h3").all_inner_texts()
        assert len(titles) == 3
        caseworker.presses("Vis andre")
        others = caseworker.page.locator("main h3").all_inner_texts()
        assert others
        assert not set(titles) & set(others)

        caseworker.follows("Kort med dem alle")
        for title in others:
            caseworker.reads(title)
        caseworker.does_not_read("selskab og kaffe")
        with caseworker.page.expect_download() as download:
            caseworker.follows("Hent som PDF")
        assert download.value.path().read_bytes().startswith(b"%PDF-")
        caseworker.page.emulate_media(media="print")
        assert not caseworker.page.locator(".samspil-desk").is_visible()
        assert not caseworker.page.locator("footer").is_visible()
        assert caseworker.page.locator(".samspil-handed").first.is_visible()


def test_it_is_not_for_associations(site):
    with person(site, "repair@example.org") as contact:
        contact.opens("/find-til-borger")
        contact.does_not_read("Hvad er der brug for?")


def test_the_answer_is_accessible_at_a_desk_and_on_a_phone(site, tmp_path):
    with site.visitor() as context:
        page = context.new_page()
        site.sign_in(page, CASEWORKER)
        for name, text in (("found", "ture"), ("refused", CPR), ("nothing", "xyzzyx")):
            page.goto("/find-til-borger")
            page.fill("#q", text)
            with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
                page.click("main form.samspil-form button[type=submit]")
            (tmp_path / f"{name}.html").write_text(
                f"{answer.value.text()}<!-- {name} -->", encoding="utf-8"
            )
            assert axe_violations(page) == []
            page.set_viewport_size(PHONE)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    assert html_faults(tmp_path) == []


@pytest.fixture(scope="module")
def year(tmp_path_factory, browser):
    """Give a municipality of February 2024 whose clock can be moved on."""
    folder = tmp_path_factory.mktemp("matching") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        yield Site(instance.url, browser), Story(instance.url, PROFILE, patience=60)


def test_what_could_not_be_met_is_a_number_when_the_month_is_over(year):
    site, story = year
    with person(site, CASEWORKER) as caseworker:
        for _ in range(4):
            caseworker.opens("/find-til-borger")
            caseworker.chooses("topic", "visiting")
            caseworker.chooses("area", "farso")
            caseworker.presses("Find tre tilbud")
            caseworker.reads("Der er ikke et tilbud")
            caseworker.presses("Tæl det med")
            caseworker.reads("Der er ikke gemt andet end et tal")
        caseworker.follows("Se, hvad der ikke kunne dækkes")
        caseworker.reads("Der er ikke nok at vise")

    now = story.town.now()
    story.town.move_clock(now.replace(month=now.month + 1, day=2))
    with person(site, COORDINATOR) as coordinator:
        coordinator.opens("/arbejdsliste")
        coordinator.follows("Behov, der ikke kunne dækkes")
        coordinator.reads("Farsø")
        months = coordinator.page.locator("[aria-labelledby=maaneder] tbody tr")
        assert months.last.locator("td").inner_text() == "4"
        rows = coordinator.page.locator("[aria-labelledby=behov] tbody tr")
        assert rows.count() == 1
        assert rows.first.locator("td").last.inner_text() == "4"
    figures = Actor(Town(site.url), COORDINATOR).get(f"/api/v1/unmet-need-figures?year={now.year}")
    assert figures["total"] == 4
