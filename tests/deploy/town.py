"""The town behind a composed stack: its mails are at the catcher, its clock is the true one."""

import time
import urllib.parse
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

from embedded.actors import Town
from embedded.story import COPENHAGEN, Story

LONGEST_WAIT = timedelta(minutes=6)
SOON = timedelta(seconds=3)


class MailedTown(Town):
    """The town behind the stack's gateway, whose mails the catcher shows."""

    portal_url = ""
    mailpit_url = ""
    _read = None

    def mails(self, to=""):
        """Return the mails to somebody, or all; links lead to the gateway."""
        search = f"/api/v1/search?{urllib.parse.urlencode({'query': f'to:{to}', 'limit': 500})}"
        listed = self._mailpit(search if to else "/api/v1/messages?limit=100000").json()["messages"]
        return [{**self._words(each["ID"]), "received_at": each["Created"]} for each in listed]

    def envelopes(self):
        """Return each mail's id, its one recipient and its subject, without its words."""
        listed = self._mailpit("/api/v1/messages?limit=100000").json()["messages"]
        return [(each["MessageID"], each["To"][0]["Address"], each["Subject"]) for each in listed]

    def _words(self, id_):
        """Read a mail as it came, once: it does not change."""
        self._read = {} if self._read is None else self._read
        if id_ not in self._read:
            raw = self._mailpit(f"/api/v1/message/{id_}/raw").data
            message = message_from_bytes(raw, policy=policy.default)
            text = message.get_body(("plain",)).get_content()
            self._read[id_] = {
                "id": id_,
                "message_id": message["Message-ID"],
                "subject": message["Subject"],
                "to": [message["To"]],
                "text": text.replace(self.portal_url, self.url),
                "attachments": [{"type": part.get_content_type()} for part in message.walk()],
                # What came twice is there twice.
                "copies": 1,
            }
        return self._read[id_]

    def _mailpit(self, path):
        return self.http.request("GET", self.mailpit_url + path)

    def now(self):
        """What time it is."""
        return datetime.now(UTC)

    def move_clock(self, to):
        """Wait until then: nothing here moves time."""
        left = to - self.now()
        assert left < LONGEST_WAIT, f"{to} is too far ahead to be waited for"
        time.sleep(max(left.total_seconds(), 0))


class PresentStory(Story):
    """The story of the demo at present dates, on a stack whose clock is the true one.

    What waits for a date in the demo happens here because its date comes:

    - the round opens at once and closes after two to three minutes; its council and its committee
      meet on the same day. The schedule would remind of a round so short the moment it opens, so it
      is held up until the drafts are there, as if its machine had been away: it opens, reminds and
      closes what became due meanwhile, and applications are taken by the clock alone.
    - the meeting is called for a day in a month, and then moved to a moment from now.
    - the hearing is open for a minute. A reminder days before its end does not exist then.
    """

    def __init__(self, stack, profile):
        super().__init__(stack.town.url, profile, patience=stack.town.patience)
        self._stack = stack
        self.town = stack.town
        suggested = self.profile["rounds"][0]
        year = str(suggested["opens_at"].year)
        suggested["title"] = suggested["title"].replace(year, str(self.town.now().year))
        for actor in self.actors.values():
            actor.town = stack.town
        # While the round is open and nothing else is to do, the meeting and the hearing are held.
        played = dict(self.chapters)
        between = ["Dialogmødet holdes", "Høringen får svar"]
        order = [each for each in played if each not in between]
        place = order.index("Fristen udløber")
        self.chapters = [
            (each, played[each]) for each in (*order[:place], *between, *order[place:])
        ]

    def approve(self):
        """As in the demo; and everybody signs in, so that a short deadline is no race."""
        super().approve()
        for applicant in self.applicants:
            self.contact(applicant).sign_in()
        for member in (*self.council, *self.committee):
            member.sign_in()

    def round_dates(self, suggestion):
        closes_at = (self.town.now() + timedelta(minutes=2)).replace(second=0, microsecond=0)
        day = closes_at.astimezone(COPENHAGEN).date()
        return {
            "opens_at": self.town.now() + SOON,
            "closes_at": closes_at,
            "council_on": day,
            "committee_on": day,
            "report_on": day + timedelta(days=400),
        }

    def announce(self):
        (self._scheduler,) = self._stack.containers("grants-schedule")
        self._stack.docker("pause", self._scheduler)
        super().announce()

    def reach_opening(self, opens_at):
        self.town.move_clock(opens_at)

    def reach_last_days(self):
        self._stack.docker("unpause", self._scheduler)
        self.await_round("open")

    def reach_day(self, day):
        assert day == self.town.now().astimezone(COPENHAGEN).date().isoformat()

    def reach_meeting(self, meeting_id, plan):
        starts_at = self.town.now() + SOON
        moved = {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=3)).isoformat(),
            "registration_closes_at": starts_at.isoformat(),
        }
        self.coordinator.put(f"/api/v1/meetings/{meeting_id}", {**plan, **moved})
        # Whoever was invited is told, with or without a place.
        self.expect_mails("meeting_changed", {each.email: 1 for each in self.applicants})
        self.town.move_clock(starts_at + SOON)

    def hearing_closes_at(self):
        return self.town.now() + timedelta(minutes=1)

    def remind_of_hearing(self, closes_at, silent):
        self.town.move_clock(closes_at)
        reminders = self.coordinator.pages("/api/v1/deliveries", template="hearing_reminder")
        self.check(not reminders, "a hearing so short has no reminder")
