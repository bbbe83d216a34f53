"""Who speaks for an association: invited, taken over from, handed over. Without JavaScript."""

import re

import pytest

from embedded.story import Story
from tests.browser.conftest import Site, start_instance
from tests.browser.people import person
from tests.browser.town import COORDINATOR, PROFILE
from tests.journeys.conftest import STARTS_AT
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def town(tmp_path_factory, browser):
    """Give a municipality whose associations are in the vejviser."""
    folder = tmp_path_factory.mktemp("roles") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        story = Story(instance.url, PROFILE, patience=60)
        story.register()
        story.approve()
        yield Site(instance.url, browser), story


def link_to(site, email):
    """The link of the last invitation somebody was mailed."""
    found = []

    def look():
        links = [re.search(r"https?://\S+/invitation\S+", m["text"]) for m in site.mails(email)]
        found[:] = [link.group() for link in links if link]
        assert found

    eventually(look, within=20)
    return found[-1]


def mailed(site, email, word):
    def look():
        assert any(word in mail["subject"] for mail in site.mails(email))

    eventually(look, within=20)


def test_an_editor_is_invited_says_yes_and_edits(town):
    site, story = town
    one, email = story.applicants[0], "erna.editor@example.org"
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}")
        contact.follows("Personer og roller")
        contact.writes({"person-name": "Erna Editor", "person-email": "ikke en adresse"})
        contact.presses("Send invitationen")
        contact.is_told("E-mailadresse", at="person-email")
        assert contact.finds_written("person-name") == "Erna Editor"
        contact.writes({"person-email": email})
        contact.presses("Send invitationen")
        contact.reads("Venter på svar")

    with person(site) as anybody:
        anybody.opens(link_to(site, email))
        anybody.reads(f"Vil du være med i {one.name}?")
        anybody.presses("Ja, jeg vil gerne")
        anybody.reads(f"Du er med i {one.name}")
    mailed(site, one.email, "er taget imod")
    with person(site, email) as editor:
        editor.opens(f"/foreninger/{one.id}/rediger")
        editor.writes({"phone": "99 66 70 11"})
        editor.presses("Gem")
        editor.reads("99 66 70 11")


def test_who_says_no_is_not_in_and_the_inviter_is_told(town):
    site, story = town
    one, email = story.applicants[1], "nina.nej@example.org"
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}/medlemmer")
        contact.writes({"person-name": "Nina Nej", "person-email": email})
        contact.presses("Send invitationen")

    with person(site) as anybody:
        anybody.opens(link_to(site, email))
        anybody.presses("Nej tak")
        anybody.reads("Du har sagt nej")
    mailed(site, one.email, "blev ikke taget imod")
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}/medlemmer")
        contact.reads("Sagt nej")


def test_the_treasurer_passes_it_on_and_is_out_when_the_successor_is_in(town):
    site, story = town
    one, email = story.applicants[2], "ny.kasserer@example.org"
    with person(site, one.email) as treasurer:
        treasurer.opens(f"/foreninger/{one.id}/medlemmer")
        treasurer.presses("Afslut")
        treasurer.reads("mindst én administrator")
        treasurer.follows("Giv stafetten videre")
        treasurer.writes({"person-name": "Nye Kasserer", "person-email": email})
        treasurer.presses("Send invitationen")
        treasurer.reads("overtager efter den, der inviterede")

    with person(site) as anybody:
        anybody.opens(link_to(site, email))
        anybody.reads("går ud, når du siger ja")
        anybody.presses("Ja, jeg vil gerne")
    mailed(site, one.email, "er taget imod")
    with person(site, email) as successor:
        successor.opens(f"/foreninger/{one.id}/medlemmer")
        successor.reads("Nye Kasserer")
        successor.reads("Kontaktperson")
        successor.does_not_read(one.email)
    with person(site, one.email) as former:
        former.opens(f"/foreninger/{one.id}")
        former.does_not_read("Ret oplysningerne")


def test_an_association_without_people_is_handed_over_on_proof(town):
    site, story = town
    one, email = story.applicants[3], "ny.formand@example.org"
    with person(site, one.email) as former, person(site, COORDINATOR) as coordinator:
        coordinator.opens(f"/foreninger/{one.id}/medlemmer")
        coordinator.follows("Overdrag foreningen")
        coordinator.writes({"person-name": "Nye Formand", "person-email": email})
        coordinator.chooses("proof", "minutes")
        coordinator.writes({"proof_text": "Valgt på generalforsamlingen, punkt 6."})
        coordinator.presses("Overdrag foreningen")
        coordinator.is_told("Dateret", at="proof_on")
        assert coordinator.finds_written("proof_text").endswith("punkt 6.")
        coordinator.writes({"proof_on": "2024-01-15"})
        coordinator.presses("Overdrag foreningen")
        coordinator.reads("Nye Formand")
        coordinator.opens(f"/foreninger/{one.id}/aendringer")
        coordinator.reads("Overdraget til nye folk")
        coordinator.reads("Referat af generalforsamlingen")
        coordinator.reads("punkt 6.")

        # Whoever was signed in is out, not in ten minutes but now.
        former.opens(f"/foreninger/{one.id}/rediger")
        assert former.page.url.endswith("/log-ind")
    mailed(site, one.email, "ikke længere en rolle")
    mailed(site, email, "Du er administrator for")


def test_what_an_association_can_lend_is_found_by_topic(town):
    site, story = town
    one = story.applicants[4]
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}")
        contact.follows("Tilføj et oplæg eller en viden")
        contact.chooses("kind", "speaker")
        contact.writes({"title": "Livet som pårørende", "description": "Om demens i familien."})
        contact.presses("Gem")
        contact.is_told("Emner", at="topics")
        assert contact.finds_written("title") == "Livet som pårørende"
        contact.page.check("main [name='topics[]'] >> nth=0")
        contact.presses("Gem")
        contact.reads("vises kun for foreninger og kommune")

    with person(site) as anybody:
        anybody.opens("/oplaeg?q=familie")
        anybody.does_not_read("Livet som pårørende")
    with person(site, COORDINATOR) as staff:
        staff.opens("/oplaeg")
        staff.writes({"q": "familie"})
        staff.presses("Søg")
        staff.reads("Livet som pårørende")
        staff.reads(one.name)
    with person(site, one.email) as contact:
        contact.opens(f"/foreninger/{one.id}")
        contact.page.locator("main a", has_text="Livet som pårørende").first.click()
        contact.chooses("is_public", "1")
        contact.presses("Gem")
    with person(site) as anybody:
        anybody.opens("/oplaeg")
        anybody.waits_to_read("Livet som pårørende")
