"""Who is who: somebody leaves and nobody follows; a team and an association find each other."""

from datetime import timedelta

import pytest

from embedded.story import Story
from tests.browser.conftest import Site, start_instance
from tests.browser.people import person
from tests.browser.town import CASEWORKER, COORDINATOR, OFFICE, PROFILE
from tests.journeys.conftest import STARTS_AT
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

HEAD = "helle.holmgaard@vesthimmerland.example.org"
DEPUTY = "steen.stedfortraeder@vesthimmerland.example.org"


@pytest.fixture
def town(tmp_path_factory, browser):
    """Give a municipality whose associations are in the vejviser."""
    folder = tmp_path_factory.mktemp("who") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        story = Story(instance.url, PROFILE, patience=60)
        story.register()
        story.approve()
        yield Site(instance.url, browser), story


def mailed(site, email, word):
    def look():
        assert any(word in mail["subject"] for mail in site.mails(email))

    eventually(look, within=20)


def test_nobody_is_the_contact_person_until_somebody_is_appointed(town):
    site, story = town
    last_day = (story.town.now() + timedelta(days=10)).date()
    with person(site, COORDINATOR) as leaving:
        leaving.opens(f"/arbejdsliste/hverv/{OFFICE}")
        leaving.writes({"ends_on": last_day.isoformat()})
        leaving.presses("Gem hvervet")
        leaving.reads("Hvervet er gemt")
    mailed(site, HEAD, "Snart er der ingen kontaktperson")

    story.town.move_clock(story.town.now() + timedelta(days=11))
    mailed(site, HEAD, "Der er ingen kontaktperson")
    mailed(site, DEPUTY, "Der er ingen kontaktperson")
    with person(site, DEPUTY) as deputy:
        deputy.opens("/arbejdsliste")
        deputy.reads("Der er ingen kontaktperson lige nu")
        deputy.follows("Se og ret, hvem der har hvilket hverv")
        deputy.follows("Udpeg en person")
        deputy.writes({"person-name": "Nanna Ny", "person-email": "nanna.ny@example.org"})
        deputy.presses("Gem hvervet")
        deputy.is_told("Titel", at="title")
        assert deputy.finds_written("person-name") == "Nanna Ny"
        deputy.writes({"title": "Frivilligkonsulent"})
        deputy.presses("Gem hvervet")
        deputy.reads("Nanna Ny")
    found = story.town.call("GET", "/api/v1/contact-office")
    assert (found["holder"]["person_name"], found["is_vacant"]) == ("Nanna Ny", False)


def test_a_team_and_an_association_find_each_other_and_show_it_when_both_agree(town):
    site, story = town
    one = story.applicants[0]
    with person(site, CASEWORKER) as caseworker:
        caseworker.opens(f"/foreninger/{one.id}")
        caseworker.follows("Tilføj en fast kontakt")
        caseworker.chooses("department", "social")
        caseworker.writes({"team": "Hjemmeplejen, team Aars", "person-name": "Hanne Hjemmepleje"})
        caseworker.writes({"person-email": "hanne.hjemmepleje@example.org"})
        caseworker.chooses("is_shown", "1")
        caseworker.presses("Gem kontakten")
        caseworker.reads("Hanne Hjemmepleje")
    mailed(site, "hanne.hjemmepleje@example.org", "Kontakt mellem")
    with person(site) as anybody:
        anybody.opens(f"/foreninger/{one.id}")
        anybody.does_not_read("Hanne Hjemmepleje")

    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}")
        contact.reads("Hanne Hjemmepleje")
        contact.follows("Ret foreningens del")
        contact.page.select_option("main [name='person_id']", index=1)
        contact.chooses("is_shown", "1")
        contact.presses("Gem jeres del")
        contact.reads("alle kan se det")
    mailed(site, one.email, "Kontakt mellem")
    with person(site) as anybody:
        anybody.opens(f"/foreninger/{one.id}")
        anybody.waits_to_read("Hanne Hjemmepleje")

    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}")
        contact.presses("Afslut kontakten")
        contact.reads("Kontakten slutter i dag")
    mailed(site, "hanne.hjemmepleje@example.org", "slutter")
