"""Who and what is in the municipality whose pages are looked at, and what it has not by itself."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from chassis import clock
from embedded.actors import Actor, eventually, stable_id
from embedded.story import Story
from tests.browser.conftest import Site
from tests.journeys.conftest import ROOT
from tests.support.importing import HEADER, csv_of

PROFILE: Final = ROOT / "profiles" / "vesthimmerland.toml"
ANYBODY: Final = ""
COORDINATOR: Final = "karen.kontakt@vesthimmerland.example.org"
CASEWORKER: Final = "sanne.sagsbehandler@vesthimmerland.example.org"
COUNCIL: Final = "ruth.raadsformand@example.org"
COMMITTEE: Final = "ulla.udvalgsformand@vesthimmerland.example.org"
CENTRE: Final = "frida.frivilligcenter@example.org"
# Nobody may ask for a link more than six times in a quarter of an hour, and CONTACT does so often:
# where any association's contact will do, take another.
CONTACT: Final = "visiting-friends@example.org"
LATE: Final = "chess@example.org"
ASSOCIATION: Final = stable_id("association", "visiting-friends")
LATE_ASSOCIATION: Final = stable_id("association", "chess")
OFFER: Final = stable_id("offer", "Fællesspisning den første onsdag")
MUNICIPAL_OFFER: Final = stable_id("offer", "Åben og anonym rådgivning")
DRAFT_OFFER: Final = stable_id("offer", "draft")
ROUND: Final = stable_id("round", "2024")
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


def invite(actor: Actor) -> None:
    """Ask somebody to take a role in the association."""
    actor.put(f"/api/v1/invitations/{stable_id('invitation', 'present')}", INVITED)


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
