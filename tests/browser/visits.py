"""Every page the portal can show, to the people it is for and in the states that change it.

The municipality of today shows what is open; the story of 2024 is stopped on its way, for what
exists only while the council assesses, while the committee decides, or when all is done; and a year
later the associations are asked whether all is still right.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page
from werkzeug.routing import MapAdapter

from embedded.actors import eventually, stable_id
from embedded.story import Story
from tests.browser.conftest import Site
from tests.browser.inspection import bring_axe, faults, faults_in_english
from tests.browser.town import (
    ANYBODY,
    APPLICATION,
    ASSOCIATION,
    CALLED,
    CASEWORKER,
    CENTRE,
    CHECKED,
    COMMITTEE,
    CONTACT,
    COORDINATOR,
    COUNCIL,
    DOCUMENT,
    DONE,
    DRAFT,
    DRAFT_DOCUMENT,
    DRAFT_HEARING,
    DRAFT_MEETING,
    DRAFT_OFFER,
    DRAFT_ROUND,
    FUNDING,
    HEARING,
    HOUSE,
    INVITED,
    LATE,
    LATE_ASSOCIATION,
    LATER_NEWS,
    MEETING,
    MUNICIPAL_OFFER,
    NEWS,
    OFFER,
    OFFICE,
    OPEN_HEARING,
    PAIR,
    READ,
    REJECTED,
    ROOM,
    ROUND,
    TALK,
    UNANSWERED,
    UNREADABLE,
    invite,
)

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


def secret_in_mail(story: Story) -> str:
    """The secret behind the buttons of the last mail that asked whether a record is right."""
    mails = Site(story.town.url, None).mails(CONTACT)
    found = [re.search(r"/bekraeft\?noegle=(\S+)", mail["text"]) for mail in mails]
    return [each[1] for each in found if each][-1]


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


def look(site, routes, email, visits: Iterable[Visit], sources) -> list[str]:
    """What is wrong with these pages for this person; each must be the page it is held to be."""
    with site.visitor() as context:
        bring_axe(context)
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
