"""Every page the portal can show, to the people it is for and in the states that change it.

``VISITS`` is checked against the portal's own routes: a page that nobody visits here fails the run.
The municipality of today shows what is open; the story of 2024 is stopped on its way, for what
exists only while the council assesses, while the committee decides, or when all is done.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import pytest
from playwright.sync_api import Page
from werkzeug.routing import MapAdapter

from chassis import clock
from embedded.actors import Actor, Town, eventually, stable_id
from embedded.story import Story
from tests.browser.conftest import Site, start_instance
from tests.browser.inspection import faults, faults_in_english, html_faults
from tests.journeys.conftest import ROOT, STARTS_AT
from tests.support.importing import HEADER, csv_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PROFILE: Final = ROOT / "profiles" / "vesthimmerland.toml"
NOT_PAGES: Final = {
    "static": "files",
    "live": "for machines",
    "ready": "for machines",
    "public.robots": "for machines",
    "association.search": "goes on to the one search",
    "search.embedded": "a part of other sites' pages: tests/browser/test_embedded.py",
    "search.sitemap": "for machines",
    "search.suggest": "for the script of the search field",
    "addresses.suggest": "for the script of the field",
    "public.choose_language": "goes back to where one was",
    "public.was": "goes on to the statement on accessibility",
    "meetings.calendar": "a file for the calendar",
    "applications.attachment": "a file",
    "funding.calendar": "a file for the calendar",
    "rooms.picture": "a picture",
    "documents.file": "a file",
    "documents.edition": "a file",
    "documents.feed": "for readers of feeds",
    "news.feed": "for readers of feeds",
    "news.feed_of": "for readers of feeds",
    "imports.download": "a file",
    "papers.download": "a file",
    "matching.card_as_pdf": "a file",
    "matching.find": "the answer to a form: tests/browser/test_matching.py",
    "take_away.download": "a file",
    "take_away.own": "a file",
    "personal.take_own": "a file",
    "personal.take_of_person": "a file",
    "sign_in.go_to_mitid": "goes on to the identity provider",
    "sign_in.come_back": "signs in, or is the page of signing in with what went wrong",
}

ANYBODY: Final = ""
COORDINATOR: Final = "karen.kontakt@vesthimmerland.example.org"
CASEWORKER: Final = "sanne.sagsbehandler@vesthimmerland.example.org"
COUNCIL: Final = "ruth.raadsformand@example.org"
COMMITTEE: Final = "ulla.udvalgsformand@vesthimmerland.example.org"
CENTRE: Final = "frida.frivilligcenter@example.org"
CONTACT: Final = "visiting-friends@example.org"
LATE: Final = "chess@example.org"

ASSOCIATION: Final = stable_id("association", "visiting-friends")
LATE_ASSOCIATION: Final = stable_id("association", "chess")
OFFER: Final = stable_id("offer", "Fællesspisning den første onsdag")
MUNICIPAL_OFFER: Final = stable_id("offer", "Åben og anonym rådgivning")
DRAFT_OFFER: Final = stable_id("offer", "draft")
ROUND: Final = stable_id("round", "2024")
CENTRE: Final = "frida.frivilligcenter@example.org"
READ: Final = stable_id("import", "read")
CHECKED: Final = stable_id("import", "checked")
DONE: Final = stable_id("import", "done")
UNREADABLE: Final = stable_id("import", "unreadable")
DOCUMENT: Final = stable_id("document", "{policy}")
DRAFT_DOCUMENT: Final = stable_id("document", "draft")
NEWS: Final = stable_id("news", "Frivillig fredag samler foreningerne på torvet")
LATER_NEWS: Final = stable_id("news", "Gratis kursus for nye kasserere")
FUNDING: Final = stable_id("funding", "Nordfondens små midler")
DRAFT_FUNDING: Final = stable_id("funding", "draft")
ROOM: Final = stable_id("room", "Mødelokalet")
HOUSE: Final = stable_id("room", "Frivillighuset")
DRAFT_ROUND: Final = stable_id("round", "draft")
APPLICATION: Final = stable_id("application", "visiting-friends")
REJECTED: Final = stable_id("application", "sobriety")
DRAFT: Final = stable_id("application", "chess")
MEETING: Final = stable_id("meeting", "yearly")
CALLED: Final = stable_id("meeting", "present")
DRAFT_MEETING: Final = stable_id("meeting", "draft")
HEARING: Final = stable_id("hearing", "principle")
OPEN_HEARING: Final = stable_id("hearing", "present")
DRAFT_HEARING: Final = stable_id("hearing", "draft")
TALK: Final = stable_id("competence", "present")
LENT: Final = {
    "association_id": ASSOCIATION,
    "kind": "speaker",
    "title": "En ven på besøg",
    "description": "Om at være besøgsven.",
    "topics": ["company"],
    "is_public": True,
}
PAIR: Final = stable_id("contact-pair", "present")
PAIRED: Final = {
    "association_id": ASSOCIATION,
    "department": "social",
    "team": "Hjemmeplejen, team Aars",
    "person": {"name": "Hanne Hjemmepleje", "email": "hanne.hjemmepleje@example.org"},
    "starts_on": "2024-01-01",
}
OFFICE: Final = str(uuid5(NAMESPACE_URL, "samspil:office:coordinator"))
UNANSWERED: Final = stable_id("hearing", "unanswered")
INVITED: Final = {
    "association_id": ASSOCIATION,
    "person": {"name": "Inge Inviteret", "email": "inge.inviteret@example.org"},
    "role": "editor",
}


@dataclass(frozen=True)
class Visit:
    """A page, and what its address is filled in with."""

    endpoint: str
    values: tuple[tuple[str, Any], ...]

    def in_(self, story: Story) -> "Visit":
        """Fill in what only the story knows."""
        known = ((name, each(story) if callable(each) else each) for name, each in self.values)
        return Visit(self.endpoint, tuple(known))


def at(endpoint: str, **values: Any) -> Visit:
    """Name a page as the portal's views do."""
    return Visit(endpoint, tuple(values.items()))


Visits = dict[str, list[Visit]]


def torn_application(story: Story) -> str:
    """The case of the association that a council member leads."""
    return story.torn.application_id


def who_is_out(story: Story) -> str:
    """The council member in question."""
    case = story.coordinator.get(f"/api/v1/applications/{torn_application(story)}")
    return str(case["disqualified"][0]["person_id"])


def somebody(story: Story) -> str:
    """Whoever looks at their own data."""
    found = story.coordinator.get("/api/v1/people?q=" + CONTACT)
    return str(found["items"][0]["id"])


@functools.cache
def erased(story: Story) -> dict[str, str]:
    """Somebody who held an office for a day and was then forgotten: their id and the receipt."""
    place = f"/api/v1/offices/{stable_id('office', 'forgotten')}"
    person = {"name": "Glemt Glemsom", "email": "glemt@example.org"}
    office = {"person": person, "body": "council", "title": "Medlem", "starts_on": "2024-01-01"}
    story.coordinator.put(place, {**office, "ends_on": "2024-01-02"})
    found = story.coordinator.get("/api/v1/people?q=glemt@example.org")
    answer = story.coordinator.call("DELETE", f"/api/v1/people/{found['items'][0]['id']}")
    return {"person_id": str(answer["person_id"]), "receipt": str(answer["receipt"])}


def own_role(story: Story) -> str:
    """The contact's role in their association."""
    contact = story.contact(story.applicants[0])
    (role,) = contact.get(f"/api/v1/memberships?association_id={ASSOCIATION}")["items"]
    return str(role["id"])


def secret_of_invitation(story: Story) -> str:
    """The secret in the mail of an invitation."""
    invite(story.contact(story.applicants[0]))
    site, email = Site(story.town.url, None), INVITED["person"]["email"]
    return str(
        eventually(
            lambda: [
                found[1]
                for mail in site.mails(email)
                if (found := re.search(r"/invitation\?noegle=(\S+)", mail["text"]))
            ],
            what="the invitation is mailed",
        )[-1]
    )


def invite(actor: Actor) -> None:
    """Ask somebody to take a role in the association."""
    actor.put(f"/api/v1/invitations/{stable_id('invitation', 'present')}", INVITED)


# The municipality as it is today: a round, a meeting and a hearing are open.
PRESENT: Final[Visits] = {
    ANYBODY: [
        at("public.front"),
        at("public.duties"),
        at("public.who_is_who"),
        at("competences.find"),
        at("public.accessibility"),
        at("public.about"),
        at("public.unsubscription", token="a-token"),
        at("take_away.show"),
        at("search.find"),
        at("search.find", q="lektihjælp"),
        at("search.find", q="findes slet ikke"),
        at("search.find", dag="tu", tid="evening", gratis=1, omraade="aars"),
        at("search.find", naer="9600", orden="distance", slags="offer"),
        at("documents.all_documents"),
        at("documents.all_documents", q="teleslynge"),
        at("documents.all_documents", q="findes slet ikke", slags="form"),
        at("documents.show", document_id=DOCUMENT),
        at("funding.all_opportunities"),
        at("funding.all_opportunities", q="findes slet ikke", som="company"),
        at("funding.show", opportunity_id=FUNDING),
        at("funding.show", opportunity_id=FUNDING, **{"svar-0": "ja", "svar-1": "nej"}),
        at("funding.show", opportunity_id=FUNDING, **{"svar-0": "nej", "svar-1": "ja"}),
        at("rooms.all_rooms"),
        at("rooms.all_rooms", personer=15, adgang="hearing-loop"),
        at("rooms.all_rooms", personer=5000),
        at("rooms.show", room_id=ROOM),
        at("rooms.show", room_id=HOUSE),
        at("rooms.missing", personer=15),
        at("news.all_news"),
        at("news.all_news", emne="other"),
        at("news.show", news_item_id=NEWS),
        at("subscriptions.ask", om="document:minutes"),
        at("subscriptions.confirmation", noegle="x"),
        at("offers.show", offer_id=OFFER),
        at("offers.show", offer_id=MUNICIPAL_OFFER),
        at("association.show", association_id=ASSOCIATION),
        at("association.register"),
        at("association.registered"),
        at("rounds.all_rounds"),
        at("rounds.show", round_id=stable_id("round", "present")),
        at("rounds.awards"),
        at("meetings.all_meetings"),
        at("meetings.show", meeting_id=CALLED),
        at("hearings.all_hearings"),
        at("hearings.show", hearing_id=OPEN_HEARING),
        at("sign_in.ask"),
        at("sign_in.code"),
        at("sign_in.confirm", link="x", token="y"),
    ],
    CONTACT: [
        at("applications.mine"),
        at("applications.new"),
        at("association.edit", association_id=ASSOCIATION),
        at("people.members", association_id=ASSOCIATION),
        at("people.pass_on", association_id=ASSOCIATION),
        at("competences.create", association_id=ASSOCIATION),
        at("competences.change", competence_id=TALK),
        at("offers.new", association_id=ASSOCIATION),
        at("offers.edit", offer_id=OFFER),
        at("offers.show", offer_id=DRAFT_OFFER),
        at("association.show", association_id=ASSOCIATION),
        at("upkeep.history", association_id=ASSOCIATION),
        at("upkeep.delegation", association_id=ASSOCIATION),
        at("papers.show", association_id=ASSOCIATION),
        at("papers.file", association_id=ASSOCIATION, slug="vedtaegter"),
        at("papers.file", association_id=ASSOCIATION, slug="boerneattester"),
        at("meetings.show", meeting_id=CALLED),
        at("hearings.show", hearing_id=OPEN_HEARING),
    ],
    COORDINATOR: [
        at("coordinator.worklist"),
        at("coordinator.registration", association_id=LATE_ASSOCIATION),
        at("coordinator.close", association_id=ASSOCIATION),
        at("people.members", association_id=ASSOCIATION),
        at("people.hand_over", association_id=ASSOCIATION),
        at("contact_pairs.create", association_id=ASSOCIATION),
        at("contact_pairs.change", association_id=ASSOCIATION, pair_id=PAIR),
        at("contact_pairs.answer", association_id=ASSOCIATION, pair_id=PAIR),
        at("offices.all_offices"),
        at("offices.appoint"),
        at("offices.change", office_id=OFFICE),
        at("documents.all_documents"),
        at("funding.all_opportunities"),
        at("funding.new"),
        at("funding.edit", opportunity_id=FUNDING),
        at("rooms.all_rooms"),
        at("rooms.new"),
        at("rooms.show", room_id=ROOM),
        at("rooms.edit", room_id=ROOM),
        at("rooms.pictures", room_id=ROOM),
        at("rooms.figures"),
        at("documents.new"),
        at("documents.show", document_id=DRAFT_DOCUMENT),
        at("documents.edit", document_id=DOCUMENT),
        at("documents.new_edition", document_id=DOCUMENT),
        at("news.all_news"),
        at("news.new"),
        at("news.show", news_item_id=LATER_NEWS),
        at("news.edit", news_item_id=NEWS),
        at("offers.municipal"),
        at("offers.new_municipal"),
        at("offers.edit", offer_id=MUNICIPAL_OFFER),
        at("offers.note", association_id=ASSOCIATION),
        at("association.show", association_id=ASSOCIATION),
        at("upkeep.history", association_id=ASSOCIATION),
        at("upkeep.merge", association_id=ASSOCIATION),
        at("upkeep.call_list"),
        at("upkeep.figures"),
        at("upkeep.agreement"),
        at("papers.overview"),
        at("papers.overview", status="missing", slags="statutes"),
        at("papers.show", association_id=ASSOCIATION),
        at("coordinator.deliveries"),
        at("coordinator.deliveries", status="failed"),
        at("imports.all_imports"),
        at("imports.show", import_id=READ),
        at("imports.show", import_id=CHECKED),
        at("imports.show", import_id=DONE),
        at("imports.show", import_id=UNREADABLE),
        at("imports.report", import_id=CHECKED),
        at("imports.questions", import_id=DONE),
        at("imports.introduce", import_id=DONE),
        at("imports.drop", import_id=READ),
        at("rounds.new"),
        at("rounds.show", round_id=DRAFT_ROUND),
        at("rounds.edit", round_id=DRAFT_ROUND),
        at("meetings.new"),
        at("meetings.show", meeting_id=DRAFT_MEETING),
        at("meetings.edit", meeting_id=DRAFT_MEETING),
        at("meetings.edit", meeting_id=CALLED),
        at("meetings.cancel", meeting_id=CALLED),
        at("hearings.new"),
        at("hearings.show", hearing_id=DRAFT_HEARING),
        at("hearings.edit", hearing_id=DRAFT_HEARING),
        at("hearings.answers", hearing_id=OPEN_HEARING),
    ],
    CASEWORKER: [
        at("coordinator.worklist"),
        at("committee.desk"),
        at("upkeep.figures"),
        at("matching.ask"),
        at("matching.card", tilbud=OFFER),
        at("matching.count"),
        at("matching.figures"),
    ],
    CENTRE: [
        at("imports.all_imports"),
        at("imports.show", import_id=READ),
        at("upkeep.call_list"),
        at("association.show", association_id=ASSOCIATION),
    ],
    COUNCIL: [at("council.desk"), at("hearings.show", hearing_id=OPEN_HEARING)],
    COMMITTEE: [at("committee.desk")],
}

# The story of 2024, stopped after so many of its chapters.
AFTER: Final[dict[int, Visits]] = {
    5: {  # the associations have applied
        ANYBODY: [at("people.invitation", noegle=secret_of_invitation)],
        CONTACT: [
            at("people.change_role", association_id=ASSOCIATION, membership_id=own_role),
            at("applications.mine"),
            at("applications.show", application_id=APPLICATION),
            at("applications.receipt", application_id=APPLICATION),
            at("applications.withdraw", application_id=APPLICATION),
        ],
        LATE: [
            at("applications.edit", application_id=DRAFT),
            at("applications.edit", application_id=DRAFT, trin="budget"),
            at("applications.edit", application_id=DRAFT, trin="bilag"),
            at("applications.review", application_id=DRAFT),
        ],
    },
    6: {  # the deadline has passed
        COUNCIL: [
            at("council.desk"),
            at("council.application", application_id=APPLICATION),
            at("council.declare_conflict", application_id=APPLICATION),
            at("council.workbench", round_id=ROUND),
        ],
        COORDINATOR: [
            at("coordinator.worklist"),
            at("coordinator.rule", application_id=torn_application, person_id=who_is_out),
        ],
    },
    7: {  # the council has assessed, and begins to recommend
        COUNCIL: [
            at("council.application", application_id=APPLICATION),
            at("council.workbench", round_id=ROUND),
            at("council.forward", round_id=ROUND),
        ],
    },
    8: {  # the council has recommended
        COUNCIL: [at("council.desk"), at("council.workbench", round_id=ROUND)],
        COMMITTEE: [
            at("committee.desk"),
            at("committee.decide", round_id=ROUND),
            at("committee.decision", round_id=ROUND, application_id=APPLICATION),
            at("committee.confirm", round_id=ROUND),
            at("council.workbench", round_id=ROUND),
            at("council.declare_conflict", application_id=APPLICATION),
        ],
        CASEWORKER: [
            at("coordinator.worklist"),
            at("committee.decide", round_id=ROUND),
            at("committee.decision", round_id=ROUND, application_id=APPLICATION),
            at("applications.show", application_id=APPLICATION),
        ],
    },
    12: {  # all is decided, held and concluded
        ANYBODY: [
            at("public.front"),
            at("public.duties"),
            at("public.duties", aar=2023),
            at("association.show", association_id=ASSOCIATION),
            at("rounds.all_rounds"),
            at("rounds.show", round_id=ROUND),
            at("rounds.awards"),
            at("rounds.awards_of", round_id=ROUND),
            at("meetings.all_meetings"),
            at("meetings.show", meeting_id=MEETING),
            at("hearings.all_hearings"),
            at("hearings.show", hearing_id=HEARING),
            at("personal.receipt", kvittering=lambda story: erased(story)["receipt"]),
        ],
        CONTACT: [
            at("applications.mine"),
            at("applications.show", application_id=APPLICATION),
            at("meetings.show", meeting_id=MEETING),
            at("personal.own"),
            at("sign_in.again"),
            at("personal.erase_own"),
        ],
        "sobriety@example.org": [at("applications.show", application_id=REJECTED)],
        COUNCIL: [at("council.desk"), at("council.workbench", round_id=ROUND)],
        COMMITTEE: [
            at("committee.desk"),
            at("committee.decide", round_id=ROUND),
            at("committee.decision", round_id=ROUND, application_id=APPLICATION),
        ],
        COORDINATOR: [
            at("coordinator.worklist"),
            at("coordinator.deliveries"),
            at("meetings.show", meeting_id=MEETING),
            at("meetings.minutes", meeting_id=MEETING),
            at("hearings.answers", hearing_id=HEARING),
            at("hearings.answers", hearing_id=UNANSWERED),
            at("personal.people", q="glem"),
            at("personal.of_person", person_id=somebody),
            at("personal.erase_person", person_id=somebody),
            at("personal.erasure", person_id=lambda story: erased(story)["person_id"]),
        ],
    },
}


def secret_in_mail(story: Story) -> str:
    """The secret behind the buttons of the last mail that asked whether a record is right."""
    mails = Site(story.town.url, None).mails(CONTACT)
    found = [re.search(r"/bekraeft\?noegle=(\S+)", mail["text"]) for mail in mails]
    return [each[1] for each in found if each][-1]


# A year and a day after all registered: they are asked whether their records are still right.
ASKED: Final[Visits] = {
    ANYBODY: [
        at("upkeep.question", noegle=secret_in_mail),
        at("upkeep.correct", noegle=secret_in_mail),
        at("search.find"),
    ],
    CONTACT: [at("association.show", association_id=ASSOCIATION)],
}
# Nobody answered, nor the reminder: somebody must phone.
CALLED_FOR: Final[Visits] = {
    ANYBODY: [
        at("search.find"),
        at("association.show", association_id=ASSOCIATION),
    ],
    CENTRE: [
        at("upkeep.call_list"),
        at("upkeep.call", association_id=ASSOCIATION),
        at("upkeep.figures"),
        at("association.show", association_id=ASSOCIATION),
    ],
    COORDINATOR: [
        at("coordinator.worklist"),
        at("upkeep.call_list"),
        at("upkeep.call", association_id=ASSOCIATION),
        at("upkeep.history", association_id=ASSOCIATION),
    ],
}
VISITS: Final = (PRESENT, *AFTER.values(), ASKED, CALLED_FOR)


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


def wait_to_be_asked(site: Site, times: int) -> None:
    """Wait until the contact has been asked so often whether the record is right."""
    eventually(
        lambda: sum("/bekraeft?noegle=" in mail["text"] for mail in site.mails(CONTACT)) == times,
        what=f"the contact is asked {times} times",
    )


def wait_to_be_called_for(story: Story) -> None:
    """Wait until somebody must phone."""
    eventually(
        lambda: story.coordinator.get("/api/v1/call-list")["items"], what="somebody must phone"
    )


@pytest.mark.parametrize("path", ["/en-side-der-ikke-findes", "/arbejdsliste"])
def test_a_page_that_says_no(site, path, tmp_path):
    with site.visitor() as context:
        page = context.new_page()
        site.sign_in(page, CONTACT)

        found = faults(page, path, tmp_path)

    status = "404" if "findes" in path else "403"
    assert [each.partition(": ")[2] for each in found] == [f"answered {status}"]
    assert html_faults(tmp_path) == []


def look(site, routes, email, visits: Iterable[Visit], sources) -> list[str]:
    """What is wrong with these pages for this person; each must be the page it is held to be."""
    with site.visitor() as context:
        page = context.new_page()
        if email:
            site.sign_in(page, email)
        found = []
        paths = {routes.build(each.endpoint, dict(each.values)): each for each in visits}
        for path, visit in paths.items():
            found += faults(page, path, sources)
            if shown(page, routes) != visit.endpoint:
                found.append(f"{page.url} is not {visit}")
        page.goto("/sprog/en")
        for path in paths:
            found += faults_in_english(page, path, sources)
    return found


def shown(page: Page, routes: MapAdapter) -> str:
    """The name of the page one has come to."""
    path = "/" + page.url.split("/", 3)[3].partition("?")[0].partition("#")[0]
    endpoint, _ = routes.match(path, method="GET")
    return str(endpoint)


# --- what the municipality and the story do not have by themselves


@pytest.fixture(scope="module")
def drafts(site) -> Site:
    """Add what the municipality of today does not have by itself."""
    town = Town(site.url)
    write_drafts(Actor(town, COORDINATOR), Actor(town, CONTACT))
    return site


def write_drafts(coordinator: Actor, contact: Actor) -> None:
    """Write a draft of everything a coordinator announces, calls or opens, and the like."""
    present = coordinator.get(f"/api/v1/rounds/{stable_id('round', 'present')}")
    copied = ("programme_id", "frame_ore", "opens_at", "closes_at", "council_on", "committee_on")
    round_ = {"title": "Ekstra runde", **{key: present[key] for key in copied}}
    coordinator.put(f"/api/v1/rounds/{DRAFT_ROUND}", round_)
    coordinator.put(f"/api/v1/meetings/{DRAFT_MEETING}", meeting(present["closes_at"]))
    coordinator.put(f"/api/v1/hearings/{DRAFT_HEARING}", hearing(present["closes_at"]))
    bring_in_lists(coordinator)
    invite(coordinator)
    coordinator.put(f"/api/v1/contact-pairs/{PAIR}", PAIRED)
    coordinator.put(f"/api/v1/competences/{TALK}", LENT)
    upload_a_draft(coordinator)
    coordinator.put(f"/api/v1/offers/{DRAFT_OFFER}", offer())
    note = {"text": "Foreningen har en aftale med kommunens hjemmepleje."}
    coordinator.put(f"/api/v1/associations/{ASSOCIATION}/municipal-note", note)
    file_papers(contact)


def file_papers(contact: Actor) -> None:
    """An association files its statutes twice, and declares what it does about children."""
    papers = f"/api/v1/associations/{ASSOCIATION}/papers"
    for day in ("2019-03-03", "2023-03-03"):
        contact.call(
            "PUT",
            f"{papers}/{stable_id('paper', day)}/document?kind=statutes&dated_on={day}",
            raw=b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
            headers={"Content-Type": "application/pdf", "X-File-Name": "Statutes.pdf"},
        )
    declared = {
        "kind": "child-protection",
        "dated_on": clock.now().date().isoformat(),
        "statement": "certificates-obtained",
    }
    contact.put(f"{papers}/{stable_id('paper', 'children')}", declared)


def upload_a_draft(coordinator: Actor) -> None:
    """A document that nobody but staff has seen."""
    path = f"/api/v1/documents/{DRAFT_DOCUMENT}"
    described = {"kind": "report", "title": "Udkast", "summary": "Et udkast.", "owner": "Rådet"}
    coordinator.put(path, described)
    coordinator.call(
        "PUT",
        f"{path}/editions/{stable_id('edition', 'draft')}?dated_on=2026-01-01",
        raw="Et udkast til årsberetningen.".encode(),
        headers={"X-File-Name": "Udkast.txt"},
    )


def bring_in_lists(coordinator: Actor) -> None:
    """An import at each of its steps: one as read, one checked, one done with a row to settle."""
    choir = ("Sangkoret Svalen", "", "Sang", "Ældre", "Aars", "", "9600", "Aars", "Sanne Svale")
    rows = (
        (*choir, "svalen@example.org"),
        ("Sangkoret Svaler", *choir[1:], "svaler@example.org"),
        ("Haveholdet", "1", "Have", "Alle", "Et andet sted", "", "", "", "", "have@example.org"),
    )
    lists = {READ: csv_of(HEADER, *rows), CHECKED: csv_of(HEADER, *rows)}
    lists |= {DONE: csv_of(HEADER, *rows), UNREADABLE: b"\n"}
    for id_, content in lists.items():
        path, headers = f"/api/v1/imports/{id_}", {"X-File-Name": "Foreninger.csv"}
        coordinator.call("PUT", path, raw=content, headers=headers)
        wait_for(coordinator, path, "unreadable" if id_ == UNREADABLE else "read")
        if id_ in {CHECKED, DONE}:
            columns = coordinator.get(path)["columns"]
            coordinator.put(f"{path}/mapping", {"columns": columns, "publish": True})
            wait_for(coordinator, path, "checked")
        if id_ == DONE:
            coordinator.post(f"{path}/start")
            wait_for(coordinator, path, "done")


def wait_for(coordinator: Actor, path: str, status: str) -> None:
    """Wait until the worker has done its part."""
    eventually(lambda: coordinator.get(path)["status"] == status, what=f"{path} is {status}")


def begin_to_recommend(story: Story) -> None:
    """The council begins; the story's own chapter goes on from there."""
    story.council[0].put(
        f"/api/v1/recommendations/{stable_id('recommendation', ROUND)}",
        {"round_id": ROUND, "comment": ""},
    )


def leave_a_response_unanswered(story: Story) -> None:
    """A hearing closes with a response to it that the municipality has not answered."""
    closes_at = story.town.now() + timedelta(days=30)
    story.coordinator.put(f"/api/v1/hearings/{UNANSWERED}", hearing(closes_at.isoformat()))
    story.coordinator.post(f"/api/v1/hearings/{UNANSWERED}/opening")
    story.contact(story.applicants[0]).put(
        f"/api/v1/responses/{stable_id('response', 'unanswered')}",
        {
            "hearing_id": UNANSWERED,
            "association_id": ASSOCIATION,
            "on_behalf_of": "association",
            "text": "Vi savner et sted at være om vinteren.",
        },
    )
    story.town.move_clock(closes_at + timedelta(minutes=1))
    path = f"/api/v1/hearings/{UNANSWERED}"
    eventually(
        lambda: story.town.call("GET", path)["status"] == "closed", what="the hearing closes"
    )


PREPARE: Final = {7: begin_to_recommend, 12: leave_a_response_unanswered}


def meeting(starts_at: str) -> dict[str, Any]:
    """A meeting without anything that a meeting need not have."""
    ends_at = datetime.fromisoformat(starts_at) + timedelta(hours=2)
    return {
        "kind": "theme",
        "title": "Temadag om unge frivillige",
        "description": "",
        "starts_at": starts_at,
        "ends_at": ends_at.isoformat(),
        "place": "Biblioteket",
        "audience": "all",
    }


def offer() -> dict[str, Any]:
    """An offer without anything that an offer need not have."""
    return {
        "association_id": ASSOCIATION,
        "title": "Ture med rickshaw",
        "description": "Vi er ved at finde cykler og chauffører.",
        "target_groups": ["older"],
        "topics": ["nature"],
        "area": "aars",
    }


def hearing(closes_at: str) -> dict[str, Any]:
    """A hearing of everybody."""
    return {
        "title": "Ny plan for mødesteder",
        "question": "Hvad skal planen tage højde for?",
        "background": "",
        "closes_at": closes_at,
        "to_council": True,
        "audience": {"all": True, "association_ids": [], "target_groups": []},
    }
