"""The municipality this portal belongs to.

Its profile, and its contact person as the directory names them today (V17).
"""

import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from chassis import telemetry
from portal import i18n
from portal.client import Client, GatewayAway, GatewayProblem

log = telemetry.logger(__name__)

KEPT_SECONDS: Final = 60.0


class Municipality:
    """Names and words of the profile, and the contact person, asked for at most once a minute."""

    def __init__(self, profile: Mapping[str, Any]) -> None:
        self.profile = profile
        self.facts: Mapping[str, Any] = profile["municipality"]
        self._contact: Mapping[str, Any] = {}
        self._asked_at = -KEPT_SECONDS
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The municipality's name."""
        return str(self.facts["name"])

    @property
    def languages(self) -> list[str]:
        """The languages the municipality offers, of those the portal can."""
        offered = self.facts.get("languages") or ["da"]
        return [language for language in i18n.LANGUAGES if language in offered]

    def words(self, section: str) -> list[tuple[str, str]]:
        """The keys and names of a section of the profile: ``areas``, ``target_groups``, ..."""
        language = i18n.language()
        return [
            (
                str(row["key"]),
                str(row.get(language) or row.get("da") or row.get("name") or row["key"]),
            )
            for row in self.profile.get(section, ())
        ]

    def word(self, section: str, key: str | None) -> str:
        """What a key of the profile is called."""
        return dict(self.words(section)).get(key or "", key or "–")

    def contact(self, client: Client) -> Mapping[str, Any]:
        """The contact person: name, title, e-mail, phone, deputy, from when to when (V17).

        Also whether the office is vacant (``is_vacant``), or from which day it will be. The last
        known one while the gateway is away.
        """
        with self._lock:
            if time.monotonic() - self._asked_at < KEPT_SECONDS:
                return self._contact
            self._asked_at = time.monotonic()
        try:
            named = _as_shown(client.directory.contact_office())
        except (GatewayAway, GatewayProblem) as error:
            log.info("contact person not read", error=type(error).__name__)
            named = {}
        self._contact = {**self._from_profile(), **named}
        return self._contact

    def _from_profile(self) -> dict[str, Any]:
        stated = dict(self.profile.get("contact_person", {}))
        offices = {row["key"]: row for row in self.profile.get("offices", ())}
        holder = offices.get(stated.get("office", ""), {})
        deputy: Mapping[str, Any] = next((row for row in offices.values() if row.get("deputy")), {})
        return {
            **stated,
            "name": holder.get("name", self.facts.get("sender_name", "")),
            "phone": stated.get("phone") or self.facts.get("phone", ""),
            "deputy": deputy.get("name", ""),
            "is_vacant": False,
        }


def _as_shown(office: Mapping[str, Any]) -> dict[str, Any]:
    """Say of the directory's answer what pages show; what it does not know, the profile says."""
    holder, deputy = office.get("holder") or {}, office.get("deputy") or {}
    known = {key: office[key] for key in ("title", "email", "phone") if office.get(key)}
    return {
        **known,
        "name": holder.get("person_name", ""),
        "starts_on": holder.get("starts_on"),
        "ends_on": holder.get("ends_on"),
        "deputy": deputy.get("person_name", ""),
        "deputy_starts_on": deputy.get("starts_on"),
        "deputy_ends_on": deputy.get("ends_on"),
        "is_vacant": bool(office.get("is_vacant")),
        "vacant_on": office.get("vacant_on"),
    }
