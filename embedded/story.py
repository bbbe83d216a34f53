"""The main job, from the first registration to the last answer.

Played through the public API and the mailbox.

The story is the demo's and the journeys' alike. Every chapter checks what it promised; what does
not add up is collected in ``discrepancies`` and told at the end. Times are the profile's: the demo
clock is moved from date to date, so that openings, reminders and closings fire as they would.
"""

import contextlib
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from embedded.actors import Actor, Json, Refused, Town, eventually, stable_id

T = TypeVar("T")
COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
ASSOCIATIONS: Final = Path(__file__).with_name("town.toml")
PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
WEIGHTS: Final = (2, 7, 6, 5, 4, 3, 2)


def made_up_cvr(number: int) -> str:
    """Make a CVR number with a right check digit in a range that is not issued."""
    while True:
        digits = f"{9100000 + number:07d}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11
        if rest != 1:
            return digits + str((11 - rest) % 11)
        number += 500


def read_associations(profile: Mapping[str, Any]) -> "list[Applicant]":
    """Read the made-up associations, with the places and offices of a municipality."""
    rows = tomllib.loads(ASSOCIATIONS.read_text(encoding="utf-8"))["associations"]
    areas = [area for area in profile["areas"] if area["key"] != "whole"]
    offices = {office["key"]: office for office in profile["offices"]}
    applicants = []
    for number, row in enumerate(rows):
        area = (
            areas[row["area"]]
            if row["area"] < len(areas)
            else {"key": "whole", "da": profile["municipality"]["short"]}
        )
        contact, email = row["contact"], f"{row['key']}@example.org"
        if contact.startswith("office:"):
            office = offices[contact.removeprefix("office:")]
            contact, email = office["name"], office["email"]
        applicants.append(
            Applicant(
                key=row["key"],
                id=stable_id("association", row["key"]),
                name=row["name"].replace("{place}", area["da"]),
                cvr=made_up_cvr(number) if row["cvr"] else None,
                area=area["key"],
                contact=contact,
                email=email,
                row=row,
            )
        )
    return applicants


@dataclass
class Applicant:
    """A made-up association and what came of its application."""

    key: str
    id: str
    name: str
    cvr: str | None
    area: str
    contact: str
    email: str
    row: Mapping[str, Any]
    application_id: str = ""
    case_number: str = ""
    applied_ore: int = 0
    recommended_ore: int = 0
    granted_ore: int = 0

    @property
    def registration(self) -> Json:
        """What the association writes when it registers itself."""
        return {
            "name": self.name,
            "cvr": self.cvr,
            "form": "association" if self.cvr else "group",
            "purpose": self.row["purpose"],
            "target_groups": self.row["target_groups"],
            "area": self.area,
            "contact": {"name": self.contact, "email": self.email},
        }

    def application(self, round_: Json) -> Json:
        """What the association applies for, within what the round allows at most."""
        income = self.row["income"] * 100
        cost = min(self.row["cost"] * 100, income + (round_.get("maximum_ore") or 10**12))
        self.applied_ore = cost - income
        return {
            "round_id": round_["id"],
            "association_id": self.id,
            "title": self.row["title"],
            "activity": self.row["activity"],
            "target_group": self.row["purpose"],
            "volunteers_count": self.row["volunteers"],
            "users_count": self.row["users"],
            "place": "Hos os og rundt omkring i kommunen",
            "period": "Hele året",
            "cooperation": "Vi arbejder sammen med Frivilligcentret og kommunen.",
            "amount_ore": self.applied_ore,
            "budget": [
                {"kind": "cost", "text": "Udgifter til aktiviteten", "amount_ore": cost},
                {"kind": "income", "text": "Medlemsbidrag og egne midler", "amount_ore": income},
            ],
            "contact_name": self.contact,
            "signatory_name": self.contact,
            "first_time": self.cvr is None,
        }


class NoStage(Exception):
    """The story cannot be played on this instance; the text says why, to a person."""


class Story:
    """The story on one instance.

    ``chapters`` are played in order; ``discrepancies`` must be empty afterwards.
    """

    def __init__(self, url: str, profile: Path, *, patience: float = 0) -> None:
        self.town = Town(url, patience)
        self.profile: Mapping[str, Any] = tomllib.loads(profile.read_text(encoding="utf-8"))
        self.applicants = read_associations(self.profile)
        self.discrepancies: list[str] = []
        self.checks = 0
        self.round: Json = {}
        self.actors: dict[str, Actor] = {}
        officers = self.profile["offices"]
        self.coordinator = self._actor(
            next(each for each in officers if each["body"] == "coordinator")
        )
        self.caseworker = self._actor(
            next(each for each in officers if each["body"] == "caseworker")
        )
        self.council = [self._actor(each) for each in officers if each["body"] == "council"]
        self.committee = [self._actor(each) for each in officers if each["body"] == "committee"]
        self.on_time = [each for each in self.applicants if not each.row.get("late")]
        self.late = next(each for each in self.applicants if each.row.get("late"))
        self.torn = next(
            each
            for each in self.applicants
            if each.email in {member.email for member in self.council}
        )
        self.chapters: list[tuple[str, Callable[[], None]]] = [
            ("Foreningerne melder sig", self.register),
            ("Koordinatoren godkender", self.approve),
            ("Vejviseren kan søges", self.search),
            ("Puljen meldes ud", self.announce),
            ("Foreningerne søger", self.apply),
            ("Fristen udløber", self.close),
            ("Frivilligrådet vurderer", self.assess),
            ("Frivilligrådet indstiller", self.recommend),
            ("Udvalget beslutter", self.decide),
            ("Brevene er sendt", self.letters),
            ("Dialogmødet holdes", self.meet),
            ("Høringen får svar", self.hear),
            ("Regnskabet går op", self.add_up),
        ]

    def require_stage(self) -> None:
        """Raise :class:`NoStage` unless the instance is empty and its clock can be moved."""
        try:
            self.town.now()
        except OSError:
            raise NoStage(f"{self.town.url} svarer ikke") from None
        except (Refused, ValueError, KeyError, TypeError):
            raise NoStage(
                f"{self.town.url} har intet demo-ur: make run DEMO_CLOCK=2024-02-01T09:00+01:00"
            ) from None
        if self.town.mails(self.applicants[0].email):
            raise NoStage(f"{self.town.url} er i brug: historien skal begynde forfra")

    def break_off(self, chapter: str, failure: Exception) -> None:
        """Note that a chapter could not be played to its end, and what had happened by then."""
        self.check(holds=False, text=f"{chapter}: {failure}")
        with contextlib.suppress(OSError, Refused):
            self._mails = self.town.mails()

    # --- the chapters

    def register(self) -> None:
        """An association registers itself; a wrong CVR number is refused and named."""
        wrong = {**self.applicants[0].registration, "cvr": "12345678"}
        refused = self._refused("PUT", f"/api/v1/associations/{stable_id('wrong')}", wrong)
        self.check(
            refused is not None and refused.status == 422 and "/cvr" in json.dumps(refused.problem),
            "a CVR number with a wrong check digit is refused at its field",
        )
        for applicant in self.applicants:
            for _ in range(
                2
            ):  # the second time as a nervous double click: it must not register twice
                self.town.call(
                    "PUT", f"/api/v1/associations/{applicant.id}", applicant.registration
                )
        public = self.town.pages("/api/v1/associations")
        self.check(not public, "nothing is public before it is approved")

    def approve(self) -> None:
        """The worklist shows the registrations.

        Approved, they are public and their contacts have a mail.
        """
        waiting = self.coordinator.pages("/api/v1/associations", status="registered")
        self.check(
            len(waiting) == len(self.applicants), "the worklist shows every registration once"
        )
        for applicant in self.applicants:
            self.coordinator.post(f"/api/v1/associations/{applicant.id}/approval")
        public = self.town.pages("/api/v1/associations")
        self.check(
            {each["id"] for each in public} == {each.id for each in self.applicants},
            "approved is public",
        )
        self.expect_mails("association_published", {each.email: 1 for each in self.applicants})

    def search(self) -> None:
        """Danish search: stems, compound prefixes, å/aa, and a typing error."""
        for query, key in (
            ("besøgsven", "visiting-friends"),
            ("naturvandring", "nature-group"),
            ("natur", "nature-group"),
            ("kørestol", "wheels"),
            ("Aagade", "women-cafe"),
            ("lektihjælp", "homework-help"),
        ):
            found = self.town.call("GET", f"/api/v1/associations?q={quote(query)}")["items"]
            wanted = next(each.id for each in self.applicants if each.key == key)
            self.check(
                wanted in [each["id"] for each in found], f"the vejviser finds {key} by {query!r}"
            )

    def announce(self) -> None:
        """The coordinator announces the round; every association has one mail."""
        suggestion = self.profile["rounds"][0]
        programmes = self.town.pages("/api/v1/programmes")
        programme = next(each for each in programmes if each["key"] == suggestion["programme"])
        dates = self.round_dates(suggestion)
        self.closes_at: datetime = dates["closes_at"]
        self.town.move_clock(dates["opens_at"] - timedelta(days=10))
        id_ = stable_id("round", suggestion["key"])
        self.coordinator.put(
            f"/api/v1/rounds/{id_}",
            {
                "programme_id": programme["id"],
                "title": suggestion["title"],
                "frame_ore": suggestion["frame_ore"],
                **{name: moment.isoformat() for name, moment in dates.items()},
            },
        )
        self.coordinator.post(f"/api/v1/rounds/{id_}/announcement")
        self.round = self.town.call("GET", f"/api/v1/rounds/{id_}")
        self.check(
            self.round["status"] == "announced", "the announced round is public with its dates"
        )
        self.expect_mails("round_announced", {each.email: 1 for each in self.applicants})
        self.reach_opening(dates["opens_at"])

    def apply(self) -> None:
        """Associations sign in by a mailed link.

        Save a draft with budget and attachments, hand in, get a receipt.
        """
        for applicant in self.applicants:
            actor = self.contact(applicant)
            applicant.application_id = stable_id("application", applicant.key)
            path = f"/api/v1/applications/{applicant.application_id}"
            draft = actor.put(
                path, {**applicant.application(self.round), "amount_ore": 0, "budget": []}
            )
            self.check(draft["status"] == "draft", f"{applicant.name} has a draft")
            actor.put(path, applicant.application(self.round))
            actor.call(
                "PUT",
                f"{path}/attachments/{stable_id('attachment', applicant.key)}",
                raw=PDF,
                headers={
                    "Content-Type": "application/pdf",
                    "X-File-Name": quote("Årsregnskab og vedtægter.pdf"),
                },
            )
            if applicant is not self.late:
                submitted = actor.post(f"{path}/submission")
                actor.post(f"{path}/submission")  # a double click
                applicant.case_number = submitted["case_number"]
        stranger = self.contact(self.on_time[0])
        self.check(
            stranger.is_refused("GET", f"/api/v1/applications/{self.on_time[1].application_id}"),
            "one association cannot read another's application",
        )
        self.check(
            len({each.case_number for each in self.on_time}) == len(self.on_time),
            "case numbers are unique",
        )
        self.expect_mails("application_receipt", self.times(self.on_time))
        self.reach_last_days()
        self.expect_mails("round_closing_soon", {self.late.email: 1})

    def close(self) -> None:
        """A minute after the deadline a submission is refused.

        And the problem says when the round closed.
        """
        self.town.move_clock(self.closes_at + timedelta(minutes=1))
        path = f"/api/v1/applications/{self.late.application_id}/submission"
        try:
            self.contact(self.late).post(path)
        except Refused as refused:
            self.check(
                refused.slug == "round-closed" and "closed_at" in refused.problem,
                "a late submission is refused and told when the round closed",
            )
        else:
            self.check(holds=False, text="a late submission is refused")
        self.await_round("closed")

    def assess(self) -> None:
        """Council members assess.

        The member who leads an applicant cannot open that application, and the file says so.
        """
        torn_member = self.actors[self.torn.email]
        for member in self.council:
            for applicant in self.on_time:
                if member is torn_member and applicant is self.torn:
                    continue
                assessment = stable_id("assessment", member.email, applicant.key)
                scores = {each["key"]: applicant.row["score"] for each in self.round["criteria"]}
                member.put(
                    f"/api/v1/assessments/{assessment}",
                    {
                        "application_id": applicant.application_id,
                        "scores": scores,
                        "recommend": "no" if not applicant.row["share"] else "partly",
                        "comment": "Vurderet ud fra årets kriterier.",
                    },
                )
                member.post(f"/api/v1/assessments/{assessment}/submission")
        path = f"/api/v1/applications/{self.torn.application_id}"
        # As the association's own administrator the member still reads the application; as council
        # member nothing of it.
        listed = torn_member.pages("/api/v1/assessments", application_id=self.torn.application_id)
        self.check(not listed, "a disqualified member sees no assessment of the case")
        self.check(
            torn_member.is_refused(
                "PUT",
                f"/api/v1/assessments/{stable_id('assessment', 'torn')}",
                {
                    "application_id": self.torn.application_id,
                    "scores": {},
                    "recommend": "yes",
                    "comment": "",
                },
            ),
            "a disqualified member cannot assess the case",
        )
        case = self.coordinator.get(path)
        self.check(
            any(torn_member.name in str(each) for each in case["disqualified"]),
            "the file says who is disqualified",
        )

    def recommend(self) -> None:
        """The council recommends amounts within the frame.

        The disqualified member has no vote in that case.
        """
        self.reach_day(self.round["council_on"])
        self._share_out()
        id_ = stable_id("recommendation", self.round["id"])
        chair = self.council[0]
        chair.put(
            f"/api/v1/recommendations/{id_}",
            {"round_id": self.round["id"], "comment": "Indstilling efter rådets møde."},
        )
        for applicant in self.on_time:
            chair.put(
                f"/api/v1/recommendations/{id_}/lines/{applicant.application_id}",
                {"amount_ore": applicant.recommended_ore, "reason": self._reason(applicant)},
            )
        torn_member = self.actors[self.torn.email]
        self.check(
            torn_member.is_refused(
                "PUT",
                f"/api/v1/recommendations/{id_}/votes/{self.torn.application_id}",
                {"vote": "for"},
                slugs=["disqualified"],
            ),
            "a disqualified member cannot vote in the case",
        )
        for member in self.council:
            for applicant in self.on_time:
                if member is not torn_member or applicant is not self.torn:
                    member.put(
                        f"/api/v1/recommendations/{id_}/votes/{applicant.application_id}",
                        {"vote": "for"},
                    )
        seen = torn_member.get(f"/api/v1/recommendations/{id_}")
        self.check(
            self.torn.application_id not in {each["application_id"] for each in seen["lines"]},
            "a disqualified member does not see the line of the case",
        )
        chair.post(f"/api/v1/recommendations/{id_}/submission")
        self.expect_mails("recommendation_submitted", {each.email: 1 for each in self.committee})

    def decide(self) -> None:
        """The committee decides under the hard frame; nothing is sent without written reasons."""
        self.reach_day(self.round["committee_on"])
        chair = self.committee[0]
        frame: int = self.round["frame_ore"]
        for applicant in self.on_time:
            chair.put(
                f"/api/v1/decisions/{self._decision(applicant)}",
                {
                    "application_id": applicant.application_id,
                    "granted_ore": applicant.recommended_ore,
                },
            )
            applicant.granted_ore = applicant.recommended_ore
        self.check(
            sum(each.granted_ore for each in self.on_time) == frame, "the whole frame is given"
        )
        self._race_for_the_frame(chair)
        self.check(
            chair.is_refused(
                "POST", f"/api/v1/rounds/{self.round['id']}/decision", {}, slugs=["reasons-missing"]
            ),
            "refusals and cuts without reasons cannot be sent",
        )
        for applicant in self.on_time:
            chair.put(
                f"/api/v1/decisions/{self._decision(applicant)}",
                {
                    "application_id": applicant.application_id,
                    "granted_ore": applicant.granted_ore,
                    "reasons": {
                        "rules": self.round["legal_basis"],
                        "considerations": self._reason(applicant),
                        "facts": "Der er søgt om væsentligt mere, end der er i puljen.",
                    },
                },
            )
        chair.post(f"/api/v1/rounds/{self.round['id']}/decision")
        self.await_round("decided")

    def letters(self) -> None:
        """Every applicant has the reasoned letter once.

        The awards are public and the frame adds up to the øre.
        """
        self.expect_mails("decision_letter", self.times(self.on_time))
        for applicant in self.on_time:
            letters = [
                mail
                for mail in self.town.mails(applicant.email)
                if applicant.case_number in mail["text"]
                and self.round["legal_basis"].split(" og ")[0] in mail["text"]
            ]
            self.check(
                len(letters) == 1, f"{applicant.name} has one letter with the rules it rests on"
            )
            self.check(
                all(
                    self._reason(applicant)[:40] in " ".join(mail["text"].split())
                    for mail in letters
                ),
                f"the letter to {applicant.name} carries its reasons",
            )
        awards = self.town.call("GET", f"/api/v1/awards?round_id={self.round['id']}&limit=200")
        public = {each["association_id"]: each["granted_ore"] for each in awards["items"]}
        expected = {each.id: each.granted_ore for each in self.on_time if each.granted_ore}
        self.check(public == expected, "the public awards are the committee's decisions")
        self.check(
            awards["total_ore"] == self.round["frame_ore"] == sum(public.values()),
            "the frame adds up to the øre",
        )
        self.check(
            self._duty("grant-round")["status"] == "kept", "the duty to give support is kept"
        )

    def meet(self) -> None:
        """The yearly meeting: called.

        Signed up for, waiting list moves up, held, minutes published, duty kept.
        """
        duty = next(each for each in self.profile["duties"] if each["kind"] == "meeting")
        starts_at = self.town.now().astimezone(COPENHAGEN).replace(
            hour=17, minute=0, second=0, microsecond=0
        ) + timedelta(days=30)
        id_ = stable_id("meeting", "yearly")
        plan = {
            "kind": duty["meeting_kind"],
            "title": "Årets møde mellem kommunen og de frivillige",
            "description": "Vi taler om samarbejdet og om næste års fokusområder.",
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=3)).isoformat(),
            "place": "Rådhuset, mødesalen",
            "capacity": 6,
            "audience": "associations",
            "agenda": [
                "Velkomst",
                "Samarbejdet i året, der gik",
                "Fokusområder til næste år",
                "Eventuelt",
            ],
            "registration_closes_at": (starts_at - timedelta(days=2)).isoformat(),
        }
        self.coordinator.put(f"/api/v1/meetings/{id_}", plan)
        self.coordinator.post(f"/api/v1/meetings/{id_}/calling")
        mails = self.expect_mails("meeting_invitation", {each.email: 1 for each in self.applicants})
        self.check(
            all(
                any("calendar" in part["type"] for part in mail["attachments"])
                or "BEGIN:VCALENDAR" in str(mail)
                for mail in mails
            ),
            "the invitation carries a calendar entry",
        )
        registrations = {}
        for applicant in self.applicants[:8]:
            registration = stable_id("registration", applicant.key)
            registrations[applicant.key] = self.contact(applicant).put(
                f"/api/v1/registrations/{registration}",
                {"meeting_id": id_, "association_id": applicant.id, "attendees": 1},
            )
        statuses = Counter(each["status"] for each in registrations.values())
        self.check(statuses == {"confirmed": 6, "waiting": 2}, "six have a place and two wait")
        first, waiting = self.applicants[0], self.applicants[6]
        self.contact(first).call(
            "DELETE", f"/api/v1/registrations/{stable_id('registration', first.key)}"
        )
        self.expect_mails("registration_promoted", {waiting.email: 1})
        self.reach_meeting(id_, plan)
        self.coordinator.post(f"/api/v1/meetings/{id_}/holding")
        minutes = stable_id("minutes", "yearly")
        self.coordinator.put(
            f"/api/v1/minutes/{minutes}",
            {"meeting_id": id_, "text": "Mødet drøftede samarbejdet.", "attendance_count": 6},
        )
        self.check(
            self._duty("meeting")["status"] != "kept",
            "the duty is not kept before the minutes are out",
        )
        self.coordinator.post(f"/api/v1/minutes/{minutes}/publication")
        kept = self._eventually(
            lambda: self._duty("meeting")["status"] == "kept",
            what="the yearly meeting shows as kept",
        )
        self.check(kept, "the yearly meeting shows as kept")

    def hear(self) -> None:
        """A hearing: one response each, a reminder, an answer to everyone, then the conclusion."""
        id_ = stable_id("hearing", "principle")
        closes_at = self.hearing_closes_at()
        invited = self.applicants[:5]
        self.coordinator.put(
            f"/api/v1/hearings/{id_}",
            {
                "title": "Nye retningslinjer for lån af kommunens lokaler",
                "question": "Hvad betyder forslaget for jeres forening, og hvad bør ændres?",
                "background": "Kommunen vil gøre det lettere at låne lokaler om aftenen.",
                "closes_at": closes_at.isoformat(),
                "to_council": True,
                "audience": {
                    "all": False,
                    "association_ids": [each.id for each in invited],
                    "target_groups": [],
                },
            },
        )
        self.coordinator.post(f"/api/v1/hearings/{id_}/opening")
        expected: Counter[str] = Counter(each.email for each in invited)
        expected.update(member.email for member in self.council if member.email not in expected)
        self.expect_mails("hearing_opened", dict(expected), at_most_one_each=True)
        responders = invited[:3]
        for applicant in responders:
            for text in (
                "Første udkast.",
                f"{applicant.name} støtter forslaget, men nøgler bør kunne hentes digitalt.",
            ):
                self.contact(applicant).put(
                    f"/api/v1/responses/{stable_id('response', applicant.key)}",
                    {
                        "hearing_id": id_,
                        "association_id": applicant.id,
                        "on_behalf_of": "association",
                        "text": text,
                    },
                )
        self.council[0].put(
            f"/api/v1/responses/{stable_id('response', 'council')}",
            {
                "hearing_id": id_,
                "association_id": None,
                "on_behalf_of": "council",
                "text": "Frivilligrådet anbefaler forslaget.",
            },
        )
        self.remind_of_hearing(closes_at, [each.email for each in invited[3:]])
        self.town.move_clock(closes_at + timedelta(seconds=1))
        self._eventually(
            lambda: self.town.call("GET", f"/api/v1/hearings/{id_}")["status"] == "closed",
            what="the hearing closes by itself",
        )
        self.check(
            self.contact(invited[3]).is_refused(
                "PUT",
                f"/api/v1/responses/{stable_id('response', 'late')}",
                {
                    "hearing_id": id_,
                    "association_id": invited[3].id,
                    "on_behalf_of": "association",
                    "text": "For sent.",
                },
                slugs=["hearing-closed"],
            ),
            "a response after the deadline is refused",
        )
        conclusion = {"conclusion": "Retningslinjerne vedtages med digitale nøgler."}
        self.check(
            self.coordinator.is_refused(
                "POST",
                f"/api/v1/hearings/{id_}/conclusion",
                conclusion,
                slugs=["unanswered-responses"],
            ),
            "a hearing with an unanswered response cannot be concluded",
        )
        for response in self.coordinator.pages("/api/v1/responses", hearing_id=id_):
            self.coordinator.post(
                f"/api/v1/responses/{response['id']}/answer",
                {"outcome": "accepted", "text": "Tak. Vi indfører digitale nøgler som foreslået."},
            )
        self.coordinator.post(f"/api/v1/hearings/{id_}/conclusion", conclusion)
        self.expect_mails(
            "hearing_answer", {**{each.email: 1 for each in responders}, self.council[0].email: 1}
        )

    def add_up(self) -> None:
        """Every mail that was to leave has left, once; nothing is left over in any queue."""
        deliveries = self._eventually(self._settled_deliveries, what="every mail has left")
        mails = self.town.mails()
        self.check(
            Counter(each["status"] for each in deliveries).keys() <= {"sent", "suppressed"},
            "every delivery was sent",
        )
        sent = [each for each in deliveries if each["status"] == "sent"]
        self.check(
            len(sent) == len(mails),
            f"as many mails left as were to leave ({len(sent)} and {len(mails)})",
        )
        self.check(len({mail["message_id"] for mail in mails}) == len(mails), "no mail left twice")
        arrived = self._mails_by_delivery()
        again = [
            each["template"]
            for each in sent
            if arrived[each["id"]]["copies"] > 1 and each["uncertain_at"] is None
        ]
        self.check(
            not again, f"no mail reached the mailbox again but where nobody could know ({again})"
        )
        self.check(
            len({(each["event_id"], each["template"], each["person_id"]) for each in deliveries})
            == len(deliveries),
            "no event made the same mail twice",
        )

    # --- dates: those of the profile, reached by moving the demo clock

    def round_dates(self, suggestion: Mapping[str, Any]) -> dict[str, Any]:
        """When the round opens, closes, is dealt with and reported on."""
        return {
            "opens_at": suggestion["opens_at"].replace(tzinfo=COPENHAGEN),
            "closes_at": suggestion["closes_at"].replace(tzinfo=COPENHAGEN),
            **{name: suggestion[name] for name in ("council_on", "committee_on", "report_on")},
        }

    def reach_opening(self, opens_at: datetime) -> None:
        """Let the round open."""
        self.town.move_clock(opens_at + timedelta(minutes=1))
        self.await_round("open")

    def reach_last_days(self) -> None:
        """Let the last days of the round come, when whoever has a draft is reminded."""
        self.town.move_clock(self.closes_at - timedelta(days=2))

    def reach_day(self, day: str) -> None:
        """Let the day of a meeting about the round come."""
        noon = datetime.combine(date.fromisoformat(day), time(12, 0), COPENHAGEN)
        self.town.move_clock(noon.astimezone(UTC))

    def reach_meeting(self, meeting_id: str, plan: Mapping[str, Any]) -> None:  # noqa: ARG002 - where dates are moved instead, it says which
        """Let a called meeting come, and be over."""
        self.town.move_clock(datetime.fromisoformat(plan["ends_at"]) + timedelta(hours=1))

    def hearing_closes_at(self) -> datetime:
        """When the hearing closes, in four weeks."""
        day = (self.town.now() + timedelta(days=28)).date()
        return datetime.combine(day, time(23, 59), COPENHAGEN)

    def remind_of_hearing(self, closes_at: datetime, silent: list[str]) -> None:
        """Let the last day come, when whoever has not responded is reminded."""
        self.town.move_clock(closes_at - timedelta(days=1))
        self.expect_mails("hearing_reminder", dict.fromkeys(silent, 1))

    # --- telling

    def print_result(self, console: Console) -> None:
        """Print who applied for what, got what and was mailed what, and what does not add up."""
        table = Table(
            title=f"{self.round.get('title', '')} – {self.profile['municipality']['name']}"
        )
        for heading in ("Forening", "Sagsnr."):
            table.add_column(heading)
        for heading in ("Søgt", "Indstillet", "Givet", "Mails"):
            table.add_column(heading, justify="right")
        mails = Counter(address for mail in self.town_mails for address in _addresses(mail))
        for applicant in self.applicants:
            table.add_row(
                applicant.name,
                applicant.case_number or "(ikke sendt)",
                _kroner(applicant.applied_ore if applicant.case_number else 0),
                _kroner(applicant.recommended_ore),
                _kroner(applicant.granted_ore),
                str(mails[applicant.email]),
            )
        table.add_section()
        table.add_row(
            "I alt",
            str(sum(bool(each.case_number) for each in self.applicants)),
            _kroner(sum(each.applied_ore for each in self.on_time)),
            _kroner(sum(each.recommended_ore for each in self.on_time)),
            _kroner(sum(each.granted_ore for each in self.on_time)),
            str(len(self.town_mails)),
        )
        table.add_row("Rammen", "", "", "", _kroner(self.round.get("frame_ore", 0)), "")
        console.print(table)
        kinds = Table("Mail", "Antal", title="Hvad der blev sendt")
        for template, count in sorted(self.sent_templates.items()):
            kinds.add_row(template, str(count))
        console.print(kinds)
        if self.discrepancies:
            console.print(
                f"[bold red]{len(self.discrepancies)} af {self.checks} kontroller holdt ikke:[/]"
            )
            for text in self.discrepancies:
                console.print(f"  ✗ {text}")
        else:
            console.print(f"[bold green]Alle {self.checks} kontroller holdt.[/]")

    @property
    def town_mails(self) -> list[Json]:
        """Every mail that left, remembered for when the instance is stopped."""
        return self._mails

    _mails: list[Json] = []  # noqa: RUF012 - replaced, never changed
    sent_templates: Mapping[str, int] = {}

    # --- helpers

    def check(self, holds: bool, text: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Note a discrepancy when something does not hold."""
        self.checks += 1
        if not holds:
            self.discrepancies.append(text)

    def contact(self, applicant: Applicant) -> Actor:
        """The contact person of an association."""
        if applicant.email not in self.actors:
            self.actors[applicant.email] = Actor(self.town, applicant.email, applicant.contact)
        return self.actors[applicant.email]

    def times(self, applicants: list[Applicant]) -> dict[str, int]:
        """How many mails each contact should have when each of these applicants gets one."""
        return dict(Counter(each.email for each in applicants))

    def expect_mails(
        self, template: str, expected: Mapping[str, int], *, at_most_one_each: bool = False
    ) -> list[Json]:
        """Wait until exactly these mails of one kind have left, and return them.

        Notes a discrepancy otherwise.
        """
        wanted = sum(expected.values())

        def sent() -> list[Json]:
            found = self.coordinator.pages("/api/v1/deliveries", template=template)
            done = [each for each in found if each["status"] == "sent"]
            return done if len(done) >= wanted else []

        try:
            deliveries = self._eventually(sent, what=f"{wanted} mails {template}")
        except AssertionError as overdue:
            self.check(holds=False, text=f"{template}: {overdue} did not leave in time")
            return []
        mails = self._mails_by_delivery()
        found = [mails[each["id"]] for each in deliveries if each["id"] in mails]
        counted: dict[str, int] = defaultdict(int)
        for mail in found:
            for address in _addresses(mail):
                counted[address] += 1
        same = dict(counted) == dict(expected)
        if at_most_one_each:
            same = counted.keys() >= expected.keys() and all(
                count <= 2 for count in counted.values()
            )
        self.check(
            same,
            f"{template} went once to each of {len(expected)} ({dict(counted)} left)"
            if not same
            else template,
        )
        return found

    def await_round(self, status: str) -> None:
        """Wait until the round has come so far."""
        path = f"/api/v1/rounds/{self.round['id']}"

        def arrived() -> bool:
            self.round = {**self.round, **self.town.call("GET", path)}
            return bool(self.round["status"] == status)

        self._eventually(arrived, what=f"the round is {status}")

    def _eventually(self, look: Callable[[], T], *, what: str) -> T:
        return eventually(look, what=what, within=30 + self.town.patience)

    def _mails_by_delivery(self) -> dict[str, Json]:
        return {mail["message_id"].strip("<>").split("@")[0]: mail for mail in self.town.mails()}

    def _settled_deliveries(self) -> list[Json]:
        found = self.coordinator.pages("/api/v1/deliveries")
        if any(each["status"] in {"queued", "sending"} for each in found):
            return []
        self._mails = self.town.mails()
        self.sent_templates = Counter(each["template"] for each in found)
        return found

    def _actor(self, office: Mapping[str, Any]) -> Actor:
        actor = Actor(self.town, office["email"], office["name"])
        self.actors[actor.email] = actor
        return actor

    def _refused(self, method: str, path: str, body: Json) -> Refused | None:
        try:
            self.town.call(method, path, body)
        except Refused as refused:
            return refused
        return None

    def _share_out(self) -> None:
        """Work out what the council recommends.

        Full amounts first, then shares of the rest of the frame, to the last øre.
        """
        frame: int = self.round["frame_ore"]
        full = [each for each in self.on_time if each.row["share"] == 100]
        cut = [each for each in self.on_time if 0 < each.row["share"] < 100]
        for applicant in full:
            applicant.recommended_ore = applicant.applied_ore
        left = frame - sum(each.applied_ore for each in full)
        weight = sum(each.applied_ore * each.row["share"] for each in cut)
        for applicant in cut:
            applicant.recommended_ore = (
                left * applicant.applied_ore * applicant.row["share"] // weight // 50000 * 50000
            )
        cut[0].recommended_ore += left - sum(each.recommended_ore for each in cut)

    def _race_for_the_frame(self, chair: Actor) -> None:
        """Fifty requests at once try to give a krone more: none may pass."""
        target = next(each for each in self.on_time if each.row["share"] == 0)

        def try_one(_: int) -> bool:
            return chair.is_refused(
                "PUT",
                f"/api/v1/decisions/{self._decision(target)}",
                {"application_id": target.application_id, "granted_ore": 100_00},
                slugs=["frame-exceeded"],
            )

        with ThreadPoolExecutor(8) as pool:
            self.check(
                all(pool.map(try_one, range(50))), "fifty racing requests cannot pass the frame"
            )

    def _decision(self, applicant: Applicant) -> str:
        return stable_id("decision", applicant.key)

    def _reason(self, applicant: Applicant) -> str:
        if not applicant.row["share"]:
            return (
                "Andre ansøgninger opfylder årets kriterier og fokusområder bedre, "
                "og puljen rækker ikke til alle."
            )
        return (
            f"Indsatsen vurderes til {applicant.row['score']} af 5 på årets kriterier, "
            "og beløbet er fastsat derefter."
        )

    def _duty(self, kind: str) -> Json:
        code = next(each["code"] for each in self.profile["duties"] if each["kind"] == kind)
        duties = self.town.call("GET", f"/api/v1/duties?year={self.town.now().year}")["items"]
        return next(each for each in duties if each["code"] == code)


def _addresses(mail: Json) -> list[str]:
    to = mail["to"]
    many = to if isinstance(to, list) else [to]
    return [each.rsplit("<", 1)[-1].rstrip(">").strip().lower() for each in many]


def _kroner(ore: int) -> str:
    return f"{ore / 100:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
