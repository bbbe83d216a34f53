"""Stored payloads in every field that takes free text: nothing of them ever becomes more than text.

One instance plays the whole story, today's municipality and the year after it, with people who
write payloads wherever they can (:mod:`tests.support.hostile`). Every page is then looked at in a
browser that would run whatever got through, as our policy on scripts is not in force there; and
once more in one where it is, and which must have nothing to object to. Mails, calendars, feeds,
tables, booklets and what else is handed out are read as their formats say.
"""

import base64
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import unquote

import pytest
from playwright.sync_api import BrowserContext
from werkzeug.routing import MapAdapter

from chassis import clock
from embedded.actors import Actor, eventually, stable_id
from embedded.story import Story
from embedded.town import TownLoader
from tests.browser.conftest import Site, start_instance
from tests.browser.town import (
    ANYBODY,
    APPLICATION,
    ASSOCIATION,
    CALLED,
    CONTACT,
    COORDINATOR,
    DOCUMENT,
    DONE,
    MEETING,
    MUNICIPAL_OFFER,
    OFFER,
    PREPARE,
    PROFILE,
    ROOM,
    wait_for,
    wait_to_be_asked,
    wait_to_be_called_for,
    write_drafts,
)
from tests.browser.visits import (
    AFTER,
    ASKED,
    CALLED_FOR,
    NOT_PAGES,
    PRESENT,
    Visit,
    Visits,
    at,
    shown,
    somebody,
    who_is_out,
)
from tests.journeys.conftest import STARTS_AT
from tests.support import handed_out, hostile
from tests.support.handed_out import Seen
from tests.support.hostile import PIECES, SHORT, HostileTown
from tests.support.importing import HEADER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

SOUGHT: Final = "skjaldehoved"
"""A word in the file with payloads, by which the search shows what stands around it."""
WRITTEN: Final = stable_id("document", "hostile")
LISTED: Final = stable_id("import", "hostile")
PICTURE: Final = stable_id("picture", "Mødelokalet")
WAITING: Final = stable_id("association", "hostile")
STATUTES: Final = stable_id("paper", "2023-03-03")


@dataclass(frozen=True)
class Download:
    """Something that is handed out as a file or to a machine, and how it is read."""

    visit: Visit
    read: Any
    email: str = ANYBODY


def download(read: Any, endpoint: str, email: str = ANYBODY, **values: Any) -> Download:
    """Name a download as the portal's views do."""
    return Download(at(endpoint, **values), read, email)


DOWNLOADS: Final = [
    download(handed_out.read_calendar, "meetings.calendar", meeting_id=MEETING),
    download(handed_out.read_calendar, "meetings.calendar", meeting_id=CALLED),
    download(handed_out.read_calendar, "funding.calendar"),
    download(handed_out.read_atom, "documents.feed"),
    download(handed_out.read_atom, "news.feed"),
    download(handed_out.read_atom, "news.feed_of", topic="volunteering"),
    download(handed_out.read_json, "search.suggest", q="zq"),
    download(handed_out.read_json, "addresses.suggest", q="<script xss>"),
    download(handed_out.read_csv, "take_away.download", slags="foreninger"),
    download(handed_out.read_csv, "take_away.download", slags="tilbud"),
    download(handed_out.read_xlsx, "take_away.download", slags="xlsx"),
    download(handed_out.read_pdf, "take_away.download", slags="pdf"),
    download(handed_out.read_pdf, "take_away.download", slags="stor"),
    download(
        handed_out.read_json, "take_away.own", CONTACT, association_id=ASSOCIATION, kind="json"
    ),
    download(handed_out.read_csv, "take_away.own", CONTACT, association_id=ASSOCIATION, kind="csv"),
    download(handed_out.read_csv, "imports.download", COORDINATOR, import_id=LISTED),
    download(handed_out.read_csv, "imports.download", COORDINATOR, import_id=DONE),
    download(handed_out.read_pdf, "matching.card_as_pdf", COORDINATOR, tilbud=OFFER),
    download(handed_out.read_pdf, "matching.card_as_pdf", COORDINATOR, tilbud=MUNICIPAL_OFFER),
    download(handed_out.read_archive, "personal.take_own", CONTACT),
    download(handed_out.read_archive, "personal.take_of_person", COORDINATOR, person_id=somebody),
    download(handed_out.read_nothing, "rooms.picture", room_id=ROOM, picture_id=PICTURE),
    download(handed_out.read_nothing, "documents.file", document_id=DOCUMENT),
    download(handed_out.read_nothing, "documents.edition", document_id=DOCUMENT, number=1),
    download(
        handed_out.read_nothing,
        "papers.download",
        CONTACT,
        association_id=ASSOCIATION,
        paper_id=STATUTES,
    ),
    download(
        handed_out.read_nothing,
        "applications.attachment",
        CONTACT,
        application_id=APPLICATION,
        attachment_id=stable_id("attachment", "visiting-friends"),
    ),
]
# Addresses that are no pages and say nothing that anybody wrote.
SILENT: Final = {
    "static": "our own files",
    "live": "one word",
    "ready": "one word",
    "public.robots": "our own words",
    "public.choose_language": "goes back to where one was",
    "public.was": "goes on",
    "association.search": "goes on",
    "search.sitemap": "addresses of ids",
    "sign_in.go_to_mitid": "goes on",
    "sign_in.come_back": "goes on",
    "matching.find": "the same list as its page, of offers that other pages show",
    "search.embedded": "visited as a page here",
}
FAILED: Final = "an operator's word on a message that failed, shown on no page"
NOT_WRITTEN: Final = {
    f"POST /api/v1/ops/{service}/dead-letters/{{event_id}}/disposal /reason": FAILED
    for service in ("directory", "grants", "meetings", "notifier")
}
NOT_SHOWN: Final = {
    "POST /api/v1/matches /q": "what a citizen needs, of which nothing is kept",
    "PUT /api/v1/imports/{import_id}/mapping /defaults/purpose": (
        "stands where a row says nothing, and each row here says something"
    ),
    "PUT /api/v1/rooms/{room_id}/pictures/{picture_id} X-File-Name": (
        "a picture is drawn anew and shown by its words, not by what its file was called"
    ),
}

# What shows a payload that was asked for, stored or not.
REFLECTING: Final[Visits] = {
    ANYBODY: [
        at("search.embedded"),
        at("documents.all_documents", q=SOUGHT),
        at("documents.show", document_id=WRITTEN),
        *(at("search.find", q=piece) for piece in PIECES),
        *(at("search.find", naer=piece, omraade=piece, dag=piece) for piece in PIECES[:4]),
        *(at("documents.all_documents", q=piece, slags=piece) for piece in PIECES[:4]),
        *(at("funding.all_opportunities", q=piece, fra=piece) for piece in PIECES[:4]),
        *(at("competences.find", q=piece, emne=piece) for piece in PIECES[:4]),
        *(at("rooms.missing", omraade=piece, personer=piece) for piece in PIECES[:4]),
        *(at("subscriptions.ask", om=piece) for piece in PIECES[:4]),
        *(at("sign_in.confirm", link=piece, token=piece) for piece in PIECES[:4]),
        *(at("public.unsubscription", token=piece.replace("/", "")) for piece in PIECES[:4]),
    ],
    COORDINATOR: [
        at("imports.show", import_id=LISTED),
        at("imports.report", import_id=LISTED),
        at("imports.questions", import_id=LISTED),
        at("coordinator.registration", association_id=WAITING),
        at("rounds.show", round_id=stable_id("round", "hostile")),
        at("rounds.edit", round_id=stable_id("round", "hostile")),
        at("offices.all_offices"),
        at("offices.change", office_id=stable_id("office", "hostile")),
        at("people.members", association_id=ASSOCIATION),
        at("meetings.show", meeting_id=CALLED),
        *(at("personal.people", q=piece) for piece in PIECES[:4]),
    ],
}


# The one that waits for review in today's municipality was approved in the story.
TODAY: Final[Visits] = {
    email: [each for each in visits if each.endpoint != "coordinator.registration"]
    for email, visits in PRESENT.items()
}


@dataclass
class World:
    """What was written, and what came of it."""

    town: HostileTown
    pages: Seen = field(default_factory=Seen)
    mails: Seen = field(default_factory=Seen)
    files: Seen = field(default_factory=Seen)
    objections: list[str] = field(default_factory=list)
    discrepancies: list[str] = field(default_factory=list)

    def unseen(self) -> set[str]:
        """The fields whose texts nobody has seen whole."""
        return {
            str(of)
            for of, texts in self.town.written.items()
            if not any(seen.shows(texts) for seen in (self.pages, self.mails, self.files))
        }


class Loader(TownLoader):
    """Today's municipality, by people who write payloads."""

    def __init__(self, instance: Any, town: HostileTown) -> None:
        super().__init__(instance)
        self._hostile = town

    def _town(self) -> HostileTown:
        return self._hostile


@pytest.fixture(scope="module")
def world(browser, routes, tmp_path_factory) -> Iterator[World]:
    """Play it all, and look at everything on the way."""
    folder = tmp_path_factory.mktemp("hostile")
    for instance in start_instance(folder / "instance", demo_clock=STARTS_AT):
        try:
            yield play(Site(instance.url, browser), routes, folder)
        finally:
            instance.stop()


def play(site: Site, routes: MapAdapter, folder: Path) -> World:
    """Play the story, live today and a year on; look at all of it."""
    made = World(HostileTown(site.url, patience=60))
    story = Story(site.url, PROFILE, patience=60)
    story.town = made.town
    for actor in story.actors.values():
        actor.town = made.town
    look = Look(site, routes, made, story)
    for played, (_, chapter) in enumerate(story.chapters[: max(AFTER)], start=1):
        chapter()
        PREPARE.get(played, _do_nothing)(story)
        MORE.get(played, _do_nothing)(story)
        look.at_all(AFTER.get(played, {}), MORE_VISITS.get(played, {}))
    made.discrepancies += story.discrepancies
    live_today(story, SimpleNamespace(url=site.url, folder=folder, profile=PROFILE))
    look.at_all(TODAY, REFLECTING)
    look.at_files()
    end_things(story)
    ended = [each.id for each in story.applicants[3:7]]
    pages = [at("upkeep.history", association_id=each) for each in ended]
    pages += [at("association.show", association_id=each) for each in ended]
    look.at_all({COORDINATOR: [at("meetings.show", meeting_id=CALLED), *pages]})
    live_a_year_on(story, site, look)
    look.at_mails()
    return made


def _do_nothing(_: Story) -> None:
    """Nothing happens at this point."""


class Look:
    """Looks at pages, files and mails, and keeps what is to be seen there."""

    def __init__(self, site: Site, routes: MapAdapter, world: World, story: Story) -> None:
        self._site, self._routes, self._world, self._story = site, routes, world, story

    def at_all(self, *visits: Visits) -> None:
        """Look at pages, each as the person it is for, who signs in once."""
        for email in dict.fromkeys(email for each in visits for email in each):
            self._at_pages(email, [visit for each in visits for visit in each.get(email, ())])

    def _at_pages(self, email: str, visits: list[Visit]) -> None:
        known = [visit.in_(self._story) for visit in visits]
        paths = {self._routes.build(each.endpoint, dict(each.values)): each for each in known}
        seen = self._world.pages
        with self._site.visitor() as context:
            page = context.new_page()
            if email:
                self._site.sign_in(page, email)
            for path, visit in paths.items():
                answer = page.goto(path)
                found = page.evaluate(handed_out.LOOK)
                if answer.status >= 400 or shown(page, self._routes) != visit.endpoint:
                    found["faults"].append(f"{answer.status} for {email}: {page.url}")
                seen.take(path, found["texts"], found["faults"])
            # What the policy objects to is in a page's own markup: one page of each kind shows it.
            of_each = {visit.endpoint: path for path, visit in paths.items()}
            self._with_the_policy(context, list(of_each.values()))

    def _with_the_policy(self, context: BrowserContext, paths: list[str]) -> None:
        """Look once more where our policy on scripts is in force."""
        state, objections = context.storage_state(), self._world.objections
        with self._site.browser.new_context(base_url=self._site.url, storage_state=state) as strict:
            page = strict.new_page()
            page.on(
                "console",
                lambda said: (
                    "Content Security Policy" in said.text
                    and objections.append(f"{page.url}: {said.text}")
                ),
            )
            for path in paths:
                page.goto(path)

    def at_files(self) -> None:
        """Read what is handed out."""
        for email in dict.fromkeys(each.email for each in DOWNLOADS):
            with self._site.visitor() as context:
                if email:
                    self._site.sign_in(context.new_page(), email)
                for each in DOWNLOADS:
                    if each.email == email:
                        self._at_file(context, each)

    def _at_file(self, context: BrowserContext, each: Download) -> None:
        visit = each.visit.in_(self._story)
        path = self._routes.build(visit.endpoint, dict(visit.values))
        answer = context.request.get(path)
        texts, faults = each.read(answer.body()) if answer.ok else ([], [])
        if not answer.ok or answer.headers.get("x-content-type-options") != "nosniff":
            faults = [*faults, f"{answer.status} {answer.headers}"]
        name = answer.headers.get("content-disposition", "")
        self._world.files.take(path, [*texts, unquote(name)], faults)

    def at_mails(self) -> None:
        """Read every mail as plain text, as a page, and in the calendar it carries."""
        with self._site.visitor() as context:
            page = context.new_page()
            for mail in self._world.town.mails():
                page.set_content(mail["html"])
                found = page.evaluate(handed_out.LOOK)
                texts, faults = [mail["subject"], mail["text"]], list(found["faults"])
                if len(mail["to"]) != 1 or "\n" in mail["subject"] or "xss@" in str(mail["to"]):
                    faults.append("a header came in")
                for part in mail["attachments"]:
                    told, wrong = handed_out.read_calendar(base64.b64decode(part["content"]))
                    texts, faults = [*texts, *told], [*faults, *wrong]
                self._world.mails.take(f"mail {mail['id']}", [*texts, *found["texts"]], faults)
        mailbox = [f"/mailbox/{self._world.town.mails()[-1]['id']}", "/mailbox"]
        with self._site.visitor() as context:
            page = context.new_page()
            for path in mailbox:
                page.goto(path)
                found = page.evaluate(handed_out.LOOK)["faults"]
                # The mailbox shows a mail's own page in a frame that runs nothing.
                faults = [each for each in found if not each.startswith('<iframe src="/mailbox/')]
                self._world.mails.take(path, [], faults)


# --- what the story and today's municipality do not write by themselves


def declare_and_rule(story: Story) -> None:
    """Somebody of the committee steps back; the coordinator rules on it, and on another."""
    member = story.committee[1]
    path = f"/api/v1/applications/{APPLICATION}/conflicts"
    member.post(path, {"ground": "Min søster er kasserer."})
    out = who_is_out(story)
    torn = f"/api/v1/applications/{story.torn.application_id}/conflicts/{out}/ruling"
    story.coordinator.post(torn, {"ruling": "upheld", "reason": "Medlem af bestyrelsen."})
    decision = f"/api/v1/decisions/{stable_id('decision', 'visiting-friends')}"
    granted = {"application_id": APPLICATION, "granted_ore": 100_00}
    reasons = {"rules": "Kriterierne", "considerations": "Der er meget søgt.", "facts": "Ingen."}
    story.committee[0].put(decision, {**granted, "reasons": reasons})
    story.caseworker.call("PATCH", decision, {"reasons": reasons, "conditions": ["Regnskab."]})


def live_today(story: Story, instance: Any) -> None:
    """Load today's municipality on top of the story, and what it does not have."""
    clock.enable_demo_clock(story.town.now())
    try:
        for _, step in Loader(instance, story.town).steps()[2:-1]:
            step()
        coordinator, contact = story.coordinator, story.contact(story.applicants[0])
        write_drafts(coordinator, contact)
        write_more(story, coordinator, contact)
    finally:
        clock.disable_demo_clock()


def write_more(story: Story, coordinator: Actor, contact: Actor) -> None:
    """Write into what is left."""
    contact.call("PATCH", f"/api/v1/associations/{ASSOCIATION}", {"purpose": "Besøg"})
    contact.call("PATCH", f"/api/v1/people/{somebody(story)}", {"name": "Bente Besøgsven"})
    coordinator.call("PATCH", f"/api/v1/meetings/{CALLED}", {"description": "Kom alle."})
    person = {"name": "Bo Brobygger", "email": "bo.brobygger@example.org"}
    office = {"person": person, "body": "bridge-builder", "title": "Brobygger"}
    office |= {"department": "social", "questions": "Børn og unge", "starts_on": "2024-01-01"}
    coordinator.put(f"/api/v1/offices/{stable_id('office', 'hostile')}", office)
    member = {"association_id": ASSOCIATION, "person": {**person, "email": "ny@example.org"}}
    path = f"/api/v1/memberships/{stable_id('membership', 'hostile')}"
    coordinator.put(path, {**member, "role": "editor"})
    present = coordinator.get(f"/api/v1/rounds/{stable_id('round', 'present')}")
    copied = ("programme_id", "frame_ore", "opens_at", "closes_at", "council_on", "committee_on")
    round_ = {"title": "Runden", **{key: present[key] for key in copied}}
    round_ |= {"criteria": [{"key": "a", "title": "Et", "text": "Mere"}], "focus_areas": ["Unge"]}
    coordinator.put(f"/api/v1/rounds/{stable_id('round', 'hostile')}", round_)
    story.caseworker.post("/api/v1/matches", {"q": "skak"})
    story.town.call("PUT", f"/api/v1/associations/{WAITING}", registration("Klubben"))
    described = {"kind": "report", "title": "Beretning", "summary": "Året.", "owner": "Rådet"}
    coordinator.put(f"/api/v1/documents/{WRITTEN}", described)
    coordinator.call(
        "PUT",
        f"/api/v1/documents/{WRITTEN}/editions/{stable_id('edition', 'hostile')}"
        "?dated_on=2024-01-01",
        raw=f"{SOUGHT} {' '.join(PIECES)} {SOUGHT}".encode(),
        headers={"X-File-Name": "Beretning.txt"},
    )
    coordinator.post(f"/api/v1/documents/{WRITTEN}/publication")
    eventually(
        lambda: story.town.call("GET", f"/api/v1/documents?q={SOUGHT}")["items"],
        what="the file is read",
    )
    bring_in_payloads(coordinator)


def bring_in_payloads(coordinator: Actor) -> None:
    """A list in which each cell that may be is a payload."""
    path, table = f"/api/v1/imports/{LISTED}", io.StringIO()
    rows = csv.writer(table, delimiter=";")
    rows.writerow([f"{name} <b xss>" if name == HEADER[0] else name for name in HEADER])
    for piece in PIECES:
        place = [piece, "", piece, "Alle", piece, piece[:100], "9600", piece[:50], piece]
        rows.writerow([*place, "payload@example.org"])
        rows.writerow([f"Klub {piece}", "", piece, "Alle", "Aars", *place[5:9], piece])
        rows.writerow([f"Kor {piece}", "", piece, piece, "Aars", *place[5:9], "kor@example.org"])
    headers = {"X-File-Name": "Foreninger.csv"}
    coordinator.call("PUT", path, raw=table.getvalue().encode(), headers=headers)
    wait_for(coordinator, path, "read")
    columns = coordinator.get(path)["columns"]
    columns[0] = "name"
    mapped = {"columns": columns, "publish": True, "defaults": {"purpose": "Sang"}}
    coordinator.put(f"{path}/mapping", mapped)
    wait_for(coordinator, path, "checked")
    coordinator.post(f"{path}/start")
    wait_for(coordinator, path, "done")


def end_things(story: Story) -> None:
    """A meeting is called off; associations are passed on, put together, closed, refused."""
    coordinator, path = story.coordinator, "/api/v1/associations"
    coordinator.post(f"/api/v1/meetings/{CALLED}/cancellation", {"reason": "Sne"})
    passed_on, merged, kept, closed = (each.id for each in story.applicants[3:7])
    person = {"name": "Nanna Ny", "email": "nanna.ny@example.org"}
    proof = {"proof": "minutes", "proof_on": "2024-01-01", "proof_text": "Referatet"}
    coordinator.post(f"{path}/{passed_on}/handover", {"person": person, **proof})
    coordinator.post(f"{path}/{merged}/merger", {"into_id": kept, "reason": "Den samme"})
    coordinator.post(f"{path}/{closed}/closure", {"reason": "Ingen medlemmer"})
    coordinator.post(f"{path}/{WAITING}/rejection", {"reason": "Ukendt"})


def live_a_year_on(story: Story, site: Site, look: Look) -> None:
    """The records are asked about; one is put right by the mail, for another somebody phones."""
    story.town.move_clock(story.town.now() + timedelta(days=366))
    wait_to_be_asked(site, 1)
    look.at_all(ASKED)
    applicant = story.applicants[1]
    found = [
        each[1]
        for mail in site.mails(applicant.email)
        if (each := re.search(r"/bekraeft\?noegle=(\S+)", mail["text"]))
    ]
    described = {"purpose": "Rettet", "target_groups": ["older"], "area": applicant.area}
    body = {**described, "token": found[-1]}
    story.town.call("POST", "/api/v1/confirmation-links/description", body)
    look.at_all(
        {
            COORDINATOR: [
                at("association.show", association_id=applicant.id),
                at("upkeep.history", association_id=applicant.id),
            ]
        }
    )
    story.town.move_clock(story.town.now() + timedelta(days=22))
    wait_to_be_asked(site, 2)
    story.town.move_clock(story.town.now() + timedelta(days=22))
    wait_to_be_called_for(story)
    call = {"association_id": ASSOCIATION, "outcome": "no-answer", "note": "Prøv igen"}
    story.coordinator.put(f"/api/v1/calls/{stable_id('call', 'hostile')}", call)
    look.at_all(CALLED_FOR)


def registration(name: str) -> dict[str, Any]:
    """What a new association writes."""
    return {
        "name": name,
        "cvr": None,
        "purpose": "Alt",
        "target_groups": ["older"],
        "area": "aars",
        "contact": {"name": name, "email": "klubben@example.org"},
    }


MORE: Final = {8: declare_and_rule}
MORE_VISITS: Final[dict[int, Visits]] = {
    8: {
        COORDINATOR: [
            at(
                "coordinator.rule",
                application_id=lambda story: story.torn.application_id,
                person_id=who_is_out,
            ),
        ],
    }
}


# --- what must hold of it


@pytest.mark.parametrize(
    ("page_around", "pieces"),
    [
        ("<p>{}</p>", [*PIECES[:3], *PIECES[7:9], PIECES[10], PIECES[14], PIECES[16]]),
        ('<input value="{}">', [PIECES[3], SHORT[2]]),
        ("<input value='{}'>", [PIECES[4], SHORT[1]]),
        ("<style>{}</style>", [PIECES[7]]),
        ('<script type="text/plain">{}</script>', [PIECES[5]]),
        ("<textarea>{}</textarea>", [PIECES[6]]),
        ('<a href="{}">x</a>', PIECES[11:13]),
    ],
)
def test_what_got_through_would_be_seen(browser, page_around, pieces):
    with browser.new_context() as context:
        page = context.new_page()
        for piece in pieces:
            page.set_content(page_around.format(piece))
            assert page.evaluate(handed_out.LOOK)["faults"], piece


def test_the_story_adds_up_all_the_same(world):
    assert world.discrepancies == []


def test_every_field_for_text_was_written_into(world):
    known, written = set(map(str, hostile.fields())), set(map(str, world.town.written))

    assert len(known) > 120
    assert known - written == set(NOT_WRITTEN)


def test_what_turns_writing_and_what_is_no_letter_is_refused_at_its_field(world):
    assert sorted(map(str, world.town.tried - world.town.refused)) == []


def test_every_text_is_shown_somewhere_letter_by_letter(world):
    assert sorted(world.unseen()) == sorted(NOT_SHOWN)


def test_nothing_of_it_is_more_than_text_on_any_page(world):
    assert world.pages.faults == []


def test_our_policy_on_scripts_has_nothing_to_object_to(world):
    assert world.objections == []


def test_nothing_of_it_is_more_than_text_in_any_mail(world):
    assert world.mails.faults == []


def test_nothing_of_it_is_more_than_text_in_any_file(world):
    assert world.files.faults == []


def test_every_address_is_looked_at():
    read = {each.visit.endpoint for each in DOWNLOADS}

    assert read | set(SILENT) == set(NOT_PAGES)
