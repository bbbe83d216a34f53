"""The pictures of the README are made by the code.

They are taken in every run; with SAMSPIL_PICTURES=1 they replace those in docs/images.
"""

import os
import shutil

import pytest

from embedded.story import Story
from tests.browser.conftest import Site, start_instance
from tests.journeys.conftest import ROOT, STARTS_AT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

IMAGES = ROOT / "docs" / "images"
CHAIR = "ulla.udvalgsformand@vesthimmerland.example.org"
APPLICANT = "visiting-friends@example.org"
# Fewer bytes than this are an empty page.
SHOWS_SOMETHING = 30_000


@pytest.fixture
def take(tmp_path):
    """Photograph the upper part of a page."""

    def photograph(page, path, name, *, height=900):
        target = tmp_path / name
        page.set_viewport_size({"width": 1280, "height": height})
        page.goto(path)
        page.screenshot(path=target)
        if os.environ.get("SAMSPIL_PICTURES"):
            shutil.copy(target, IMAGES / name)
        assert (IMAGES / name).exists()
        return target.stat().st_size

    return photograph


@pytest.fixture
def recommended(tmp_path):
    """Give the story up to the recommendation; the committee decides in it."""
    for instance in start_instance(tmp_path / "instance", demo_clock=STARTS_AT):
        story = Story(instance.url, ROOT / "profiles" / "vesthimmerland.toml")
        for _, chapter in story.chapters[:8]:
            chapter()
        yield story


def test_the_pictures_for_everybody(site, take):
    with site.visitor() as context:
        page = context.new_page()

        assert take(page, "/", "front.png", height=1100) > SHOWS_SOMETHING
        assert take(page, "/find?q=natur", "vejviser.png") > SHOWS_SOMETHING


def test_the_pictures_of_a_decision(recommended, browser, take):
    site = Site(recommended.town.url, browser)
    with site.visitor() as context:
        page = context.new_page()
        site.sign_in(page, CHAIR)
        page.goto("/udvalg")
        round_path = page.get_attribute("main a[href^='/udvalg/']", "href")
        assert take(page, round_path, "udvalg.png", height=1900) > SHOWS_SOMETHING

        recommended.decide()
        recommended.letters()
        letter = next(
            mail for mail in site.mails(APPLICANT) if mail["subject"].startswith("Afgørelse")
        )
        assert take(page, f"/mailbox/{letter['id']}", "letter.png", height=1200) > SHOWS_SOMETHING
