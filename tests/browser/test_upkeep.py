"""A year goes by: is it still right? Played without JavaScript, with the mails as they came."""

import re
from datetime import timedelta

import pytest

from embedded.story import Story
from portal.formats import day
from tests.browser.conftest import Site, start_instance
from tests.browser.people import person
from tests.browser.town import CENTRE, COORDINATOR, PROFILE, wait_to_be_asked, wait_to_be_called_for
from tests.journeys.conftest import STARTS_AT
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def later(tmp_path_factory, browser):
    """Give a municipality whose associations all registered a year and a day ago."""
    folder = tmp_path_factory.mktemp("upkeep") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        story = Story(instance.url, PROFILE, patience=60)
        story.register()
        story.approve()
        site = Site(instance.url, browser)
        story.town.move_clock(story.town.now() + timedelta(days=366))
        wait_to_be_asked(site, 1)
        yield site, story


def link_to(site, email, path):
    found = [
        re.search(rf"https?://\S+{re.escape(path)}\?noegle=\S+", mail["text"])
        for mail in site.mails(email)
    ]
    return [each.group() for each in found if each][-1]


def mail_with(site, email, word):
    def look():
        assert any(word in mail["subject"] for mail in site.mails(email))

    eventually(look, within=20)


def test_still_right_takes_one_press_and_no_sign_in(later):
    site, story = later
    one = story.applicants[0]

    with person(site) as anybody:
        anybody.opens(link_to(site, one.email, "/bekraeft"))
        anybody.reads(one.name)
        anybody.presses("Ja, det er stadig rigtigt")
        anybody.reads("Tak for hjælpen")
        anybody.opens(f"/foreninger/{one.id}")
        # Another test may have moved the clock on by now: the tests come in any order.
        anybody.reads(f"{day(story.town.now())} af foreningen selv")
        anybody.opens(link_to(site, one.email, "/bekraeft"))
        anybody.reads("Der er allerede svaret")


def test_a_correction_loses_nothing_is_public_at_once_and_told_the_contact(later):
    site, story = later
    one = story.applicants[1]

    with person(site) as anybody:
        anybody.opens(link_to(site, one.email, "/bekraeft/ret"))
        anybody.writes({"phone": "99 66 70 00", "public_email": "ikke en adresse"})
        anybody.presses("Gem og bekræft")
        anybody.is_told("E-mail", at="public_email")
        assert anybody.finds_written("phone") == "99 66 70 00"
        anybody.writes({"public_email": "kontakt@example.org"})
        anybody.presses("Gem og bekræft")
        anybody.reads("Tak for hjælpen")
        anybody.opens(f"/foreninger/{one.id}")
        anybody.reads("99 66 70 00")
    mail_with(site, one.email, "er rettet")
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}/aendringer")
        contact.reads("med knappen i den årlige mail")
        contact.reads("kontakt@example.org")


def test_an_association_that_keeps_its_record_itself_is_not_the_centres(later):
    site, story = later
    one = story.applicants[2]
    keep_it_to_itself(site, one)

    with person(site, CENTRE) as centre:
        centre.opens(f"/foreninger/{one.id}")
        centre.does_not_read("Bekræft, at alt er rigtigt")


def keep_it_to_itself(site, association):
    with person(site, association.email) as contact:
        contact.opens(f"/foreninger/{association.id}")
        contact.follows("Må frivilligcentret rette for jer?")
        contact.chooses("choice", "no")
        contact.presses("Gem valg")
        contact.reads("Valget er gemt")


def test_whoever_does_not_answer_is_phoned_and_the_call_confirms(later):
    site, story = later
    one, gone, own = story.applicants[4], story.applicants[5], story.applicants[3]
    keep_it_to_itself(site, own)
    for days in (22, 22):
        story.town.move_clock(story.town.now() + timedelta(days=days))
        wait_to_be_reminded(site, one.email)
    wait_to_be_called_for(story)

    with person(site, CENTRE) as centre:
        centre.opens("/ringeliste")
        centre.waits_to_read(gone.name)
        centre.does_not_read(own.name)
        centre.follows(one.name)
        centre.presses("Gem opkaldet")
        centre.is_told("Udfald", at="outcome")
        centre.chooses("outcome", "confirmed")
        centre.presses("Gem opkaldet")
        centre.reads("Opkaldet er noteret")
        centre.follows(gone.name)
        centre.chooses("outcome", "closed")
        centre.presses("Gem opkaldet")

    mail_with(site, one.email, "bekræftet for jer")
    with person(site) as anybody:
        anybody.opens(f"/foreninger/{one.id}")
        anybody.reads("af Frivilligcentret på foreningens vegne")
        anybody.opens(f"/foreninger/{gone.id}")
        anybody.reads("Oplysningerne er ikke bekræftet")
    with person(site, COORDINATOR) as coordinator:
        coordinator.opens("/arbejdsliste")
        coordinator.reads("Skal måske lukkes")
        coordinator.follows(gone.name)
        coordinator.writes({"reason": "Nedlagt, siger kassereren"})
        coordinator.presses("Luk foreningen")
        coordinator.presses("Genåbn foreningen")
        coordinator.reads("i vejviseren igen")
    story.town.move_clock(story.town.now() + timedelta(days=1))
    mail_with(site, CENTRE, "på ringelisten")


def wait_to_be_reminded(site, email):
    def look():
        assert any(mail["subject"].startswith("Husk at svare") for mail in site.mails(email))

    eventually(look, within=30)


def test_a_merged_association_leads_to_the_other_and_keeps_its_own(later):
    site, story = later
    one, other = story.applicants[6], story.applicants[7]

    with person(site, COORDINATOR) as coordinator:
        coordinator.opens(f"/foreninger/{one.id}/laeg-sammen")
        coordinator.writes({"into_address": f"{site.url}/foreninger/{other.id}"})
        coordinator.presses("Læg dem sammen")
        coordinator.is_told("Begrundelse", at="reason")
        coordinator.writes({"reason": "De to er blevet én"})
        coordinator.presses("Læg dem sammen")
        coordinator.reads("De er lagt sammen")

    for email in (one.email, other.email):
        mail_with(site, email, "er lagt sammen med")
    with person(site) as anybody:
        anybody.opens(f"/foreninger/{one.id}")
        assert anybody.page.url.endswith(other.id)
        anybody.reads(other.name)
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}")
        contact.reads("Lagt sammen med en anden")
