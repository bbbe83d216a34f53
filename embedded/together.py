"""What people do together in the demo municipality: lend what they know, pair up, ask others in.

Done by those who would do it, or the coordinator for them, through the public API and the mailbox.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from chassis import clock
from embedded.actors import Actor, Refused, Town, eventually, stable_id
from embedded.story import COPENHAGEN, Applicant

SOURCE: Final = Path(__file__).with_name("together.toml")
_SECRET: Final = re.compile(r"/invitation\?noegle=(\S+)")


class Together:
    """Brings people together, unless an earlier load came that far."""

    def __init__(
        self,
        town: Town,
        coordinator: Actor,
        applicants: Sequence[Applicant],
        departments: Sequence[Mapping[str, str]],
    ) -> None:
        self._town = town
        self._coordinator = coordinator
        self._applicants = {each.key: each for each in applicants}
        self._contacts: dict[str, Actor] = {}
        self._departments = departments
        self._rows: Mapping[str, list[dict[str, Any]]] = tomllib.loads(
            SOURCE.read_text(encoding="utf-8")
        )

    def lend(self) -> None:
        """Write down which speakers and what expertise associations lend (N14)."""
        for row in self._rows["competences"]:
            key = row.pop("association")
            path = f"/api/v1/competences/{stable_id('competence', row['title'])}"
            self._coordinator.put(path, {**row, "association_id": self._applicants[key].id})

    def pair_up(self) -> None:
        """Link teams and associations; most associations have named their contact (N12)."""
        today = clock.now().astimezone(COPENHAGEN).date()
        for row in self._rows["pairs"]:
            key, is_answered = row.pop("association"), row.pop("is_answered")
            starts_on = today - timedelta(days=row.pop("days_ago"))
            path = f"/api/v1/contact-pairs/{stable_id('contact-pair', key, row['team'])}"
            body = {
                **row,
                "association_id": self._applicants[key].id,
                "department": self._departments[row["department"]]["key"],
                "starts_on": starts_on.isoformat(),
            }
            self._coordinator.put(path, body)
            if is_answered:
                contact = self._contact(key)
                answer = {"person_id": contact.get("/api/v1/me")["id"], "is_shown": True}
                contact.put(f"{path}/association-part", answer)

    def ask_in(self) -> None:
        """Ask people to take a role; some have said yes or no with the link of the mail (V4)."""
        for row in self._rows["invitations"]:
            key, answer = row.pop("association"), row.pop("answer", "")
            path = f"/api/v1/invitations/{stable_id('invitation', row['person']['email'])}"
            body = {**row, "association_id": self._applicants[key].id}
            asked = self._contact(key).put(path, body)
            if answer and asked["status"] == "open":
                self._answer(row["person"]["email"], answer)

    def _answer(self, email: str, answer: str) -> None:
        """Use the link of the newest mail; it works once the directory was told of it."""

        def answered() -> bool:
            found = [_SECRET.search(mail["text"]) for mail in self._town.mails(email)]
            token = next((each[1] for each in reversed(found) if each), "")
            try:
                self._town.call("POST", f"/api/v1/invitation-links/{answer}", {"token": token})
            except Refused as refused:
                if refused.status not in {404, 422}:
                    raise
                return False
            return True

        eventually(answered, what=f"the mail that asks {email} to take a role")

    def _contact(self, key: str) -> Actor:
        """The contact of an association, who signs in once."""
        if key not in self._contacts:
            applicant = self._applicants[key]
            self._contacts[key] = Actor(self._town, applicant.email, applicant.contact)
        return self._contacts[key]
