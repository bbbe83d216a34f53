"""Every page that shows that a year has gone by, and that nobody answered."""

from datetime import timedelta

import pytest

from embedded.story import Story
from tests.browser.conftest import Site, start_instance
from tests.browser.inspection import html_faults
from tests.browser.town import PROFILE, wait_to_be_asked, wait_to_be_called_for
from tests.browser.visits import ASKED, CALLED_FOR, look
from tests.journeys.conftest import STARTS_AT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


def test_the_pages_of_a_year_later(routes, browser, tmp_path_factory, tmp_path, subtests):
    folder = tmp_path_factory.mktemp("later") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        site = Site(instance.url, browser)
        story = Story(instance.url, PROFILE, patience=60)
        story.register()
        story.approve()
        begin = story.town.now()

        story.town.move_clock(begin + timedelta(days=366))
        wait_to_be_asked(site, 1)
        for email, visits in ASKED.items():
            with subtests.test(email=email, when="asked"):
                known = [visit.in_(story) for visit in visits]
                assert look(site, routes, email, known, tmp_path) == []
        story.town.move_clock(begin + timedelta(days=388))
        wait_to_be_asked(site, 2)
        story.town.move_clock(begin + timedelta(days=410))
        wait_to_be_called_for(story)
        for email, visits in CALLED_FOR.items():
            with subtests.test(email=email, when="called for"):
                assert look(site, routes, email, visits, tmp_path) == []
    assert html_faults(tmp_path) == []
