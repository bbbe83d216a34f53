"""What there is to read in the demo municipality: documents, news, funding opportunities, rooms.

Written by the coordinator through the public API, as everything in the demo is.
"""

import io
import json
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import typst
from PIL import Image, ImageDraw

from chassis import clock
from embedded.actors import Actor, Json, Refused, stable_id

SOURCE: Final = Path(__file__).with_name("reading.toml")
_PAGES: Final = b"""
#set document(title: sys.inputs.title)
#set text(lang: "da", size: 12pt)
#for page in json(bytes(sys.inputs.pages)) {
  heading(sys.inputs.title)
  page
  pagebreak(weak: true)
}
"""


class Library:
    """Writes all of it, unless an earlier load came that far."""

    def __init__(self, coordinator: Actor, profile: Mapping[str, Any]) -> None:
        self._coordinator = coordinator
        self._names = {
            "municipality": profile["municipality"]["name"],
            "policy": profile["policy"]["title"],
            "council": profile["council"]["name"],
            "committee": profile["committee"]["name"],
            "contact": profile["contact_person"]["title"],
        }
        self._areas = profile["areas"]
        self._rows = tomllib.loads(SOURCE.read_text(encoding="utf-8"))

    def write_documents(self) -> None:
        """Publish each document, edition by edition."""
        for row in self._rows["documents"]:
            editions = row.pop("editions")
            path = f"/api/v1/documents/{stable_id('document', row['title'])}"
            body = {key: self._named(text) for key, text in row.items()}
            done = self._editions_of(path)
            if not done:
                self._coordinator.put(path, body)
            for number, edition in enumerate(editions[done:], start=done + 1):
                self._publish(path, body["title"], number, edition)

    def write_news(self) -> None:
        """Publish the news, and leave one piece for an hour ahead."""
        for place, row in enumerate(self._rows["news"]):
            path = f"/api/v1/news-items/{stable_id('news', row['title'])}"
            if self._get(path).get("status", "draft") != "draft":
                continue
            body = {key: self._named(text) for key, text in row.items()}
            self._coordinator.put(path, body)
            is_last = place == len(self._rows["news"]) - 1
            at = (clock.now() + timedelta(days=7)).isoformat() if is_last else None
            self._coordinator.post(f"{path}/publication", {"publish_at": at})

    def write_funding(self) -> None:
        """Publish the pools of others; their days are counted from now."""
        today = clock.now().date()
        for row in self._rows["funding"]:
            path = f"/api/v1/funding-opportunities/{stable_id('funding', row['title'])}"
            days = row.pop("in_days", [])
            deadlines = [(today + timedelta(days=each)).isoformat() for each in days]
            if self._get(path).get("status", "draft") == "draft":
                self._coordinator.put(path, {**row, "deadlines": deadlines})
                self._coordinator.post(f"{path}/publication")

    def write_rooms(self) -> None:
        """Publish rooms in the profile's areas, with a drawing of each, and a few needs unmet."""
        areas = [area["key"] for area in self._areas]
        for place, row in enumerate(self._rows["rooms"]):
            path = f"/api/v1/rooms/{stable_id('room', row['name'])}"
            if self._get(path).get("status", "draft") != "draft":
                continue
            self._coordinator.put(path, {**row, "area": areas[place % len(areas)]})
            alt = urlencode({"alt": f"Tegning af {row['name']} set ovenfra"})
            self._coordinator.call(
                "PUT",
                f"{path}/pictures/{stable_id('picture', row['name'])}?{alt}",
                raw=drawing(row["persons"]),
                headers={"X-File-Name": "tegning.png"},
            )
            self._coordinator.post(f"{path}/publication")
            self._coordinator.post(
                "/api/v1/unmet-room-needs", {"area": areas[0], "persons": 12 * (place + 1)}
            )

    def _publish(self, path: str, title: str, number: int, edition: Mapping[str, Any]) -> None:
        dated_on = (clock.now() - timedelta(days=365 * edition["years_ago"] + 20)).date()
        asked = urlencode({"dated_on": dated_on.isoformat(), "note": edition.get("note", "")})
        pages = [self._named(page) for page in edition["pages"]]
        self._coordinator.call(
            "PUT",
            f"{path}/editions/{stable_id('edition', path, str(number))}?{asked}",
            raw=pdf(title, pages),
            headers={"X-File-Name": quote(f"{title[:80]}.pdf", safe="")},
        )
        self._coordinator.post(f"{path}/publication")

    def _editions_of(self, path: str) -> int:
        editions = self._get(path).get("editions", ())
        return sum(1 for each in editions if each["published_at"])

    def _get(self, path: str) -> Json:
        try:
            return self._coordinator.get(path)
        except Refused as refused:
            if refused.status != 404:
                raise
            return {}

    def _named(self, text: str) -> str:
        return text.format(**self._names)


def drawing(persons: int) -> bytes:
    """Draw a room seen from above: a table, and a chair for each four who sit in it."""
    picture, written = Image.new("RGB", (800, 480), "white"), io.BytesIO()
    pen = ImageDraw.Draw(picture)
    pen.rectangle((20, 20, 780, 460), outline="#1a1a1a", width=6)
    pen.rounded_rectangle((220, 190, 580, 290), 20, fill="#c8d8e8", outline="#0059b3", width=4)
    for chair in range(min(persons // 4, 16)):
        left, top = 230 + chair % 8 * 44, 140 if chair < 8 else 310
        pen.ellipse((left, top, left + 30, top + 30), fill="#0059b3")
    picture.save(written, "PNG")
    return written.getvalue()


def pdf(title: str, pages: list[str]) -> bytes:
    """Set a document; what people wrote goes in as data."""
    written: bytes = typst.compile(
        _PAGES,
        sys_inputs={"title": title, "pages": json.dumps(pages)},
        pdf_standards="ua-1",
        ignore_system_fonts=True,
    )
    return written
