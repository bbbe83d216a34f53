"""The story from the round that is announced to the hearing that is concluded, in the portal alone.

By people with the right role, whose browsers run no JavaScript. How an association registers and
how it applies is in test_stories.py; here that is done beforehand.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from embedded.actors import Actor, Town, stable_id
from embedded.story import COPENHAGEN, Story
from tests.browser.conftest import Site, start_instance
from tests.browser.people import Person, person
from tests.journeys.conftest import ROOT, STARTS_AT
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

COORDINATOR = "karen.kontakt@vesthimmerland.example.org"
CHAIR = "ruth.raadsformand@example.org"
COUNCIL = (CHAIR, "aase.aarsdatter@example.org", "lars.loegstoer@example.org")
CONFLICTED = "viggo.vestergaard@example.org"
COMMITTEE = "ulla.udvalgsformand@vesthimmerland.example.org"
FRIENDS = "visiting-friends@example.org"
WALKERS = "night-walkers@example.org"
ROUND = "Vinterrunden"


@pytest.fixture(scope="module")
def begun(tmp_path_factory, browser) -> Iterator[tuple[Site, Story]]:
    """Give a portal whose associations have registered and been approved."""
    folder = tmp_path_factory.mktemp("begun") / "instance"
    for instance in start_instance(folder, demo_clock=STARTS_AT):
        story = Story(instance.url, ROOT / "profiles" / "vesthimmerland.toml")
        story.register()
        story.approve()
        yield Site(instance.url, browser), story


def test_a_round_from_announcement_to_awards(begun):
    site, story = begun
    opens_at = soon(story.town)
    closes_at = opens_at + timedelta(days=20)
    applicants = {each.key: each for each in story.applicants}

    with person(site, COORDINATOR) as coordinator:
        announce_round(coordinator, opens_at, closes_at)
    with person(site) as anybody:
        anybody.opens("/puljer")
        anybody.follows(ROUND)
        anybody.reads("30.000 kr.")
        anybody.reads("Det lægger vi vægt på")
    eventually(lambda: every_association_has_one_mail(site, story, ROUND), within=20)

    story.town.move_clock(opens_at + timedelta(minutes=1))
    cases = {
        key: apply_for(story, applicants[key], ore)
        for key, ore in (
            ("visiting-friends", 20_000_00),
            ("night-walkers", 15_000_00),
            ("relatives", 10_000_00),
        )
    }
    story.town.move_clock(closes_at + timedelta(minutes=1))

    with person(site, CHAIR) as member:
        member.opens("/raad")
        member.waits_to_read("Lukket – til vurdering")
        for case in cases.values():
            assess(member, case)
    with person(site, CONFLICTED) as member:
        is_kept_out_of(member, cases["relatives"], title=applicants["relatives"].row["title"])
    with person(site, COORDINATOR) as coordinator:
        coordinator.opens(f"/ansoegninger/{cases['relatives']}")
        coordinator.reads("Inhabilitet i sagen")
        coordinator.reads("Viggo Vestergård")
    recommend(site, cases)

    with person(site, COMMITTEE) as committee:
        decide_under_the_frame(committee, cases)
        send_letters_with_reasons(committee, cases)
    with person(site) as anybody:
        anybody.opens("/tildelinger")
        anybody.follows(ROUND)
        for text in ("30.000 kr.", applicants["night-walkers"].name, "20.000 kr."):
            anybody.reads(text)
        anybody.does_not_read(applicants["relatives"].name)
    for email in (FRIENDS, WALKERS, CONFLICTED):
        eventually(lambda email=email: has_letter(site, email), within=20)
    with person(site, WALKERS) as contact:
        contact.opens(f"/ansoegninger/{cases['night-walkers']}")
        contact.reads("Delvist bevilget")
        contact.reads("Rammen rækker ikke til alt.")


def test_a_dialogue_meeting_from_invitation_to_a_kept_duty(begun):
    site, story = begun
    starts_at = soon(story.town) + timedelta(days=20)

    with person(site, COORDINATOR) as coordinator:
        path = call_meeting(coordinator, starts_at)
    eventually(lambda: has_invitation(site, FRIENDS), within=20)
    with person(site, FRIENDS) as first:
        sign_up(first, path)
        first.reads("I er tilmeldt.")
        with person(site, WALKERS) as second:
            sign_up(second, path)
            second.reads("Nummer 1 på ventelisten")
            first.presses("Afmeld")
            first.reads("Tilmeldingen er afmeldt.")
            second.waits_to_read("Tilmeldt\n")
            second.does_not_read("På venteliste")

    story.town.move_clock(starts_at + timedelta(hours=4))
    with person(site, COORDINATOR) as coordinator:
        coordinator.opens(path)
        coordinator.presses("Mødet er afholdt")
        coordinator.follows("Skriv referat")
        coordinator.writes({"text": "Vi talte om lokaler om aftenen.", "attendance_count": "1"})
        coordinator.presses("Offentliggør referatet")
        coordinator.reads("Referatet er offentligt.")
    with person(site) as anybody:
        anybody.opens(path)
        anybody.reads("Vi talte om lokaler om aftenen.")
        anybody.opens("/loefter")
        anybody.waits_to_read("Bevis: Dialogmøde om vinteren")


def test_a_hearing_from_the_question_to_the_conclusion(begun):
    site, story = begun
    closes_at = soon(story.town) + timedelta(days=30)

    with person(site, COORDINATOR) as coordinator:
        path = open_hearing(coordinator, closes_at)
    with person(site, FRIENDS) as contact:
        contact.opens(path)
        contact.writes({"text": "Vi savner et sted at være om vinteren."})
        contact.presses("Send svaret")
        contact.reads("Svaret er modtaget")

    story.town.move_clock(closes_at + timedelta(minutes=1))
    with person(site, COORDINATOR) as coordinator:
        coordinator.opens(path)
        coordinator.waits_to_read("Lukket")
        coordinator.follows("Besvar svarene")
        coordinator.writes({"conclusion": "Planen får et vintersted."})
        coordinator.presses("Afslut høringen")
        coordinator.is_told("Høringen kan ikke afsluttes endnu: 1 svar er ikke besvaret.")
        assert coordinator.finds_written("conclusion") == "Planen får et vintersted."
        answer_the_response(coordinator)
        coordinator.writes({"conclusion": "Planen får et vintersted."})
        coordinator.presses("Afslut høringen")
        coordinator.reads("Høringen er afsluttet")
    with person(site) as anybody:
        anybody.opens(path)
        for text in ("I sagde – vi gjorde", "Det kommer med.", "Planen får et vintersted."):
            anybody.reads(text)
    eventually(lambda: is_mailed(site, FRIENDS, "Det kommer med."), within=20)


# --- what the coordinator does


def announce_round(coordinator: Person, opens_at: datetime, closes_at: datetime) -> None:
    coordinator.opens("/puljer")
    coordinator.follows("Opret en runde")
    days = {"council_on": closes_at + timedelta(days=9), "committee_on": closes_at + timedelta(14)}
    coordinator.writes(
        {
            "title": ROUND,
            "frame_ore": "30.000",
            "maximum_ore": "30.000",
            **moment("opens_at", opens_at),
            **moment("closes_at", closes_at),
            **{name: day.date().isoformat() for name, day in days.items()},
        }
    )
    coordinator.presses("Gem kladde")
    coordinator.reads("Kladden er gemt.")
    coordinator.presses("Offentliggør runden")
    coordinator.reads("Runden er offentlig")


def call_meeting(coordinator: Person, starts_at: datetime) -> str:
    coordinator.opens("/moeder")
    coordinator.follows("Opret et møde")
    coordinator.chooses("kind", "dialogue")
    coordinator.chooses("audience", "associations")
    coordinator.writes(
        {
            "title": "Dialogmøde om vinteren",
            "place": "Rådhuset",
            "capacity": "1",
            **moment("starts_at", starts_at),
            **moment("ends_at", starts_at + timedelta(hours=2)),
        }
    )
    coordinator.presses("Gem kladde")
    coordinator.presses("Send invitationerne")
    coordinator.reads("Mødet er indkaldt")
    return coordinator.page.url


def open_hearing(coordinator: Person, closes_at: datetime) -> str:
    coordinator.opens("/hoeringer")
    coordinator.follows("Opret en høring")
    coordinator.writes(
        {
            "title": "Ny plan for mødesteder",
            "question": "Hvad skal planen tage højde for?",
            **moment("closes_at", closes_at),
        }
    )
    coordinator.presses("Gem kladde")
    coordinator.presses("Åbn høringen")
    coordinator.reads("Høringen er åben")
    return coordinator.page.url


def answer_the_response(coordinator: Person) -> None:
    coordinator.page.select_option("main select[name^='outcome-']", "accepted")
    coordinator.page.fill("main textarea[name^='text-']", "Det kommer med.")
    coordinator.presses("Gem svaret")
    coordinator.reads("Svaret er gemt.")


# --- what associations do


def apply_for(story: Story, applicant: Any, amount_ore: int) -> str:
    """Apply through the API, and return the id of the case."""
    contact = Actor(story.town, applicant.email)
    round_ = next(each for each in story.town.pages("/api/v1/rounds") if each["title"] == ROUND)
    eventually(lambda: is_open(story.town, round_["id"]), within=20)
    case = stable_id("case", applicant.key)
    body = applicant.application(round_)
    budget = [{"kind": "cost", "text": "Udgifter", "amount_ore": amount_ore}]
    contact.put(
        f"/api/v1/applications/{case}", {**body, "amount_ore": amount_ore, "budget": budget}
    )
    contact.post(f"/api/v1/applications/{case}/submission")
    return case


def is_open(town: Town, round_id: str) -> None:
    assert town.call("GET", f"/api/v1/rounds/{round_id}")["status"] == "open"


def sign_up(contact: Person, path: str) -> None:
    contact.opens(path)
    contact.page.select_option("main select[name=association_id]", index=1)
    contact.presses("Tilmeld")


# --- what the council does


def assess(member: Person, case: str) -> None:
    member.opens(f"/raad/ansoegninger/{case}")
    member.reads("Søgt beløb")
    for field in member.page.locator("main select[name^='scores-']").all():
        field.select_option("4")
    member.chooses("recommend", "yes")
    member.writes({"comment": "En god indsats."})
    member.presses("Afgiv vurdering")
    member.reads("Din vurdering er afgivet.")


def is_kept_out_of(member: Person, case: str, *, title: str) -> None:
    """Forvaltningsloven § 3: who leads an association takes no part in its case."""
    member.opens("/raad")
    member.does_not_read(title)
    member.opens(f"/raad/ansoegninger/{case}")
    member.reads("Du er inhabil i denne sag")
    for text in ("En god indsats.", "Afgiv vurdering", "Din vurdering"):
        member.does_not_read(text)


def recommend(site: Site, cases: dict[str, str]) -> None:
    amounts = {"visiting-friends": "20.000", "night-walkers": "10.000", "relatives": "0"}
    with person(site, CHAIR) as chair:
        chair.opens("/raad")
        chair.follows("Gå til indstillingen")
        chair.presses("Begynd på indstillingen")
        workbench = chair.page.url
        chair.writes({f"amount-{cases[key]}": amount for key, amount in amounts.items()})
        chair.writes(
            {
                f"reason-{cases['night-walkers']}": "Rammen rækker ikke til alt.",
                f"reason-{cases['relatives']}": "Andre opfylder kriterierne bedre.",
            }
        )
        chair.presses("Gem indstillingen")
        chair.reads("Indstillingen er gemt.")
    for email in COUNCIL:
        with person(site, email) as member:
            member.opens(workbench)
            for case in cases.values():
                member.page.click(f"form[action$='/stem/{case}'] button:has-text('For')")
                member.reads("Din stemme er registreret.")
    with person(site, CHAIR) as chair:
        chair.opens(workbench)
        chair.follows("Send til udvalget")
        chair.writes({"comment": "Enigt råd."})
        chair.presses("Send til udvalget")
        chair.reads("Indstillingen er sendt til udvalget.")


# --- what the committee does


def decide_under_the_frame(committee: Person, cases: dict[str, str]) -> None:
    grant(committee, cases["visiting-friends"], "20.000")
    committee.reads("Afgørelsen er gemt som udkast.")
    grant(committee, cases["night-walkers"], "10.001", facts="Der er søgt om mere, end der er.")
    committee.is_told("Der er 10.000 kr. tilbage at fordele.", at="granted_ore")
    assert committee.finds_written("granted_ore") == "10.001"
    assert committee.finds_written("reasons-facts") == "Der er søgt om mere, end der er."
    grant(committee, cases["night-walkers"], "10.000")
    grant(committee, cases["relatives"], "0")
    committee.reads("Mangler begrundelse")


def grant(committee: Person, case: str, amount: str, *, facts: str = "") -> None:
    """Decide an amount, and leave the reasons for later."""
    committee.opens("/udvalg")
    committee.follows(ROUND)
    committee.page.click(f"main a[href$='/{case}']")
    committee.reads("Søgt beløb")
    committee.writes({"granted_ore": amount, "reasons-considerations": "", "reasons-facts": facts})
    committee.presses("Gem afgørelsen")


def send_letters_with_reasons(committee: Person, cases: dict[str, str]) -> None:
    committee.follows("Afslut runden")
    committee.presses("Afslut runden og send brevene")
    committee.reads("forvaltningsloven § 22")
    assert committee.page.locator("text=Skal rettes").count() == 2
    for key, reason in (
        ("night-walkers", "Rammen rækker ikke til alt."),
        ("relatives", "Andre opfylder kriterierne bedre."),
    ):
        committee.page.click(f"main a[href$='/{cases[key]}']")
        committee.writes({"reasons-considerations": reason})
        committee.presses("Gem afgørelsen")
    committee.follows("Afslut runden")
    committee.presses("Afslut runden og send brevene")
    committee.reads("Runden er afgjort, og brevene er på vej.")


# --- mails and moments


def every_association_has_one_mail(site: Site, story: Story, word: str) -> None:
    for applicant in story.applicants:
        found = [mail for mail in site.mails(applicant.email) if word in mail["text"]]
        assert len(found) == 1, applicant.name


def has_letter(site: Site, email: str) -> None:
    texts = [" ".join(mail["text"].split()) for mail in site.mails(email)]
    letters = [text for text in texts if "Lov om social service § 18" in text]
    assert len(letters) == 1


def has_invitation(site: Site, email: str) -> None:
    mail = next(mail for mail in site.mails(email) if "Dialogmøde om vinteren" in mail["text"])
    assert any("calendar" in part["type"] for part in mail["attachments"])


def is_mailed(site: Site, email: str, text: str) -> None:
    assert any(text in mail["text"] for mail in site.mails(email))


def soon(town: Town) -> datetime:
    """The day after tomorrow at five, where the demo clock stands."""
    day = town.now().astimezone(COPENHAGEN) + timedelta(days=2)
    return day.replace(hour=17, minute=0, second=0, microsecond=0)


def moment(name: str, at: datetime) -> dict[str, str]:
    """A date and a time, in the two fields of a form."""
    return {name: at.date().isoformat(), f"{name}-clock": f"{at:%H:%M}"}
