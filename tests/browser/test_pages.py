"""Every page of the municipality as it is today; and that no page is left out."""

import pytest

from embedded.actors import Actor, Town
from tests.browser.conftest import Site
from tests.browser.inspection import faults, html_faults
from tests.browser.town import CONTACT, COORDINATOR, write_drafts
from tests.browser.visits import AFTER, ASKED, CALLED_FOR, NOT_PAGES, PRESENT, look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


ANOTHER = "sobriety@example.org"
VISITS = (PRESENT, *AFTER.values(), ASKED, CALLED_FOR)


@pytest.fixture(scope="module")
def drafts(site) -> Site:
    """Add what the municipality of today does not have by itself."""
    town = Town(site.url)
    write_drafts(Actor(town, COORDINATOR), Actor(town, CONTACT))
    return site


def test_every_page_is_visited(routes):
    pages = {rule.endpoint for rule in routes.map.iter_rules() if "GET" in rule.methods}

    visited = {
        visit.endpoint for by_role in VISITS for visits in by_role.values() for visit in visits
    }

    assert pages - set(NOT_PAGES) == visited


def test_the_pages_of_today(drafts, routes, tmp_path, subtests):
    for email, visits in PRESENT.items():
        with subtests.test(email=email):
            assert look(drafts, routes, email, visits, tmp_path) == []
    assert html_faults(tmp_path) == []


@pytest.mark.parametrize("path", ["/en-side-der-ikke-findes", "/arbejdsliste"])
def test_a_page_that_says_no(site, path, tmp_path):
    with site.visitor() as context:
        page = context.new_page()
        site.sign_in(page, ANOTHER)

        found = faults(page, path, tmp_path)

    status = "404" if "findes" in path else "403"
    assert [each.partition(": ")[2] for each in found] == [f"answered {status}"]
    assert html_faults(tmp_path) == []
