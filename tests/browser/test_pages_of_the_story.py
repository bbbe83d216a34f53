"""Every page of the story of 2024, stopped after so many of its chapters."""

import pytest

from embedded.story import Story
from tests.browser.conftest import Site, start_instance
from tests.browser.inspection import html_faults
from tests.browser.town import PREPARE, PROFILE
from tests.browser.visits import AFTER, look
from tests.journeys.conftest import STARTS_AT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


def test_the_pages_of_the_story(routes, browser, tmp_path_factory, tmp_path, subtests):
    folder = tmp_path_factory.mktemp("visited") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        site = Site(instance.url, browser)
        story = Story(instance.url, PROFILE)
        for played, (_, chapter) in enumerate(story.chapters[: max(AFTER)], start=1):
            chapter()
            if played in PREPARE:
                PREPARE[played](story)
            for email, visits in AFTER.get(played, {}).items():
                with subtests.test(after=played, email=email):
                    known = [visit.in_(story) for visit in visits]
                    assert look(site, routes, email, known, tmp_path) == []
        assert story.discrepancies == []
    assert html_faults(tmp_path) == []
