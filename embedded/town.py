"""The demo municipality of ``make run``: associations, an open round, a meeting and a hearing.

At present dates.

Loaded once, by the people who would do it, through the public API. A load that was interrupted goes
on where it stopped: every id is made from a name, and what has been published stays as it is.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from chassis import clock
from embedded.actors import Actor, Json, Refused, Town, stable_id
from embedded.host import Instance
from embedded.reading import Library
from embedded.story import COPENHAGEN, Applicant, read_associations
from embedded.together import Together
from services.directory.app import service as directory

OFFERS: Final = Path(__file__).with_name("offers.toml")


def sign_in_links(instance: Instance) -> list[tuple[str, str, str]]:
    """Make a link to sign in for one person of each role: role, name, address."""
    from services.directory.commands import operator_sign_in_link  # noqa: PLC0415 - only where an instance runs

    profile = tomllib.loads(instance.profile.read_text(encoding="utf-8"))
    people = [
        ("Koordinator", "coordinator"),
        ("Frivilligråd", "council"),
        ("Udvalg", "committee"),
        ("Sagsbehandler", "caseworker"),
        ("Frivilligcenter", "centre"),
    ]
    chosen = [
        (role, next(office for office in profile["offices"] if office["body"] == body))
        for role, body in people
    ]
    applicant = read_associations(profile)[0]
    rows = [(role, office["name"], office["email"]) for role, office in chosen]
    rows.append(("Forening", f"{applicant.contact} ({applicant.name})", applicant.email))
    links = []
    settings = instance.settings(directory)
    database = directory.database(settings)
    for role, name, email in rows:
        link = operator_sign_in_link(
            database, settings.public_url, email=email, hours=12, now=clock.now()
        )
        if link:
            links.append((role, name, link))
    database.close()
    return links


class TownLoader:
    """Fills an empty instance with a small living municipality."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._done = instance.folder / "town-is-loaded"
        self._profile: Mapping[str, Any] = tomllib.loads(
            instance.profile.read_text(encoding="utf-8")
        )
        self._applicants = read_associations(self._profile)

    def is_done(self) -> bool:
        """Whether the municipality was loaded already."""
        return self._done.exists()

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """The steps of the load, as in :meth:`Instance.steps`."""
        return [
            ("Foreningerne melder sig", self._register),
            ("Koordinatoren godkender dem", self._approve),
            ("De skriver deres tilbud", self._offer),
            ("De hjælper hinanden", self._help_each_other),
            ("Puljen meldes ud", self._announce),
            ("Et møde indkaldes, en høring åbnes", self._invite),
            ("Dokumenter lægges op, nyheder skrives", self._write),
            ("Byen er klar", self._done.touch),
        ]

    def _town(self) -> Town:
        return Town(self._instance.url)

    def _coordinator(self) -> Actor:
        office = next(each for each in self._profile["offices"] if each["body"] == "coordinator")
        if not hasattr(self, "_known"):
            self._known = Actor(self._town(), office["email"], office["name"])
        return self._known

    def _register(self) -> None:
        for applicant in self._applicants:
            self._town().call("PUT", f"/api/v1/associations/{applicant.id}", applicant.registration)

    def _approve(self) -> None:
        # The last one stays on the coordinator's worklist, so that there is something to do.
        for applicant in self._applicants[:-1]:
            self._approve_one(applicant)

    def _approve_one(self, applicant: Applicant) -> None:
        self._coordinator().post(f"/api/v1/associations/{applicant.id}/approval")

    def _offer(self) -> None:
        rows = tomllib.loads(OFFERS.read_text(encoding="utf-8"))
        approved = {each.key: each for each in self._applicants[:-1]}
        begins_on = clock.now().astimezone(COPENHAGEN).date().isoformat()
        for row in rows["offers"]:
            applicant = approved[row.pop("association")]
            place = self._place_in(applicant.area)
            body = {
                **row,
                "association_id": applicant.id,
                "area": applicant.area,
                "postcode": place.get("postcode"),
                "contact_email": f"{applicant.key}@example.org",
            }
            self._publish_offer("offers", body, begins_on)
        for row in rows["municipal_offers"]:
            department = self._profile["departments"][row.pop("department")]["key"]
            body = {
                **row,
                "department": department,
                "area": "whole",
                "contact_email": self._profile["contact_person"]["email"],
            }
            self._publish_offer("municipal-offers", body, begins_on)

    def _place_in(self, area: str) -> Mapping[str, Any]:
        places = self._profile["places"]
        return next((place for place in places if place["area"] == area), {})

    def _publish_offer(self, collection: str, body: Json, begins_on: str) -> None:
        times = [{**time, "starts_on": begins_on} for time in body.pop("times", [])]
        path = f"/api/v1/{collection}/{stable_id('offer', body['title'])}"
        self._coordinator().put(path, {**body, "times": times})
        self._coordinator().post(f"{path}/publication")

    def _help_each_other(self) -> None:
        together = Together(
            self._town(), self._coordinator(), self._applicants[:-1], self._profile["departments"]
        )
        together.lend()
        together.pair_up()
        together.ask_in()

    def _announce(self) -> None:
        suggestion = self._profile["rounds"][0]
        programme = next(
            each
            for each in self._town().pages("/api/v1/programmes")
            if each["key"] == suggestion["programme"]
        )
        today = clock.now().astimezone(COPENHAGEN).date()
        opens_at = clock.now() + timedelta(seconds=3)
        closes_at = datetime.combine(today + timedelta(days=28), time(23, 59), COPENHAGEN)
        # A round in autumn is for next year's money.
        year = closes_at.year + (closes_at.month > 6)
        self._publish(
            f"/api/v1/rounds/{stable_id('round', 'present')}",
            "announcement",
            {
                "programme_id": programme["id"],
                "title": f"{programme['title'].split(':')[0]} {year}",
                "frame_ore": suggestion["frame_ore"],
                "opens_at": opens_at.isoformat(),
                "closes_at": closes_at.isoformat(),
                "council_on": (today + timedelta(days=47)).isoformat(),
                "committee_on": (today + timedelta(days=54)).isoformat(),
                "report_on": (today + timedelta(days=430)).isoformat(),
            },
        )

    def _invite(self) -> None:
        today = clock.now().astimezone(COPENHAGEN).date()
        starts_at = datetime.combine(today + timedelta(days=21), time(17, 0), COPENHAGEN)
        kind = next(
            each["meeting_kind"] for each in self._profile["duties"] if each["kind"] == "meeting"
        )
        self._publish(
            f"/api/v1/meetings/{stable_id('meeting', 'present')}",
            "calling",
            {
                "kind": kind,
                "title": "Dialogmøde om samarbejdet"
                if kind == "dialogue"
                else "Konference om nye fællesskaber",
                "description": "Kommunen og de frivillige mødes og taler om året, der kommer.",
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + timedelta(hours=3)).isoformat(),
                "place": "Rådhuset, mødesalen",
                "capacity": 40,
                "audience": "associations",
                "agenda": [
                    "Velkomst",
                    "Samarbejdet i året, der gik",
                    "Fokusområder til næste år",
                    "Eventuelt",
                ],
                "registration_closes_at": (starts_at - timedelta(days=2)).isoformat(),
            },
        )
        self._publish(
            f"/api/v1/hearings/{stable_id('hearing', 'present')}",
            "opening",
            {
                "title": "Nye retningslinjer for lån af kommunens lokaler",
                "question": "Hvad betyder forslaget for jeres forening, og hvad bør ændres?",
                "background": "Kommunen vil gøre det lettere at låne lokaler om aftenen.",
                "closes_at": datetime.combine(
                    today + timedelta(days=35), time(23, 59), COPENHAGEN
                ).isoformat(),
                "to_council": True,
                "audience": {"all": True, "association_ids": [], "target_groups": []},
            },
        )

    def _write(self) -> None:
        library = Library(self._coordinator(), self._profile)
        library.write_documents()
        library.write_funding()
        library.write_rooms()
        # Last, so that they stand first on the front page.
        library.write_news()

    def _publish(self, path: str, transition: str, body: Json) -> None:
        """Write a thing and let it be seen, unless an earlier load came that far."""
        coordinator = self._coordinator()
        try:
            is_draft = coordinator.get(path)["status"] == "draft"
        except Refused as refused:
            if refused.status != 404:
                raise
            is_draft = True
        if is_draft:
            coordinator.put(path, body)
            coordinator.post(f"{path}/{transition}")
