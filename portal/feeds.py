"""Feeds that a reader can follow: Atom (RFC 4287)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
MEDIA_TYPE: Final = "application/atom+xml"
MOST_ENTRIES: Final = 50

ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing in a feed. Its ``id`` never changes; ``link`` is where a person reads it.

    Moments are as the API writes them, which is as a feed does (RFC 3339).
    """

    id: str
    title: str
    summary: str
    link: str
    published: str
    updated: str
    category: str = ""


def atom(
    *, title: str, address: str, page: str, author: str, language: str, entries: Sequence[Entry]
) -> bytes:
    """Write a feed: ``address`` is its own and its id, ``page`` what it follows.

    A feed without entries is from the beginning of time.
    """
    feed = ET.Element(_name("feed"), {"xml:lang": language})
    _add(feed, "id", address)
    _add(feed, "title", title)
    newest = max((entry.updated for entry in entries), default="1970-01-01T00:00:00Z")
    _add(feed, "updated", newest)
    ET.SubElement(feed, _name("link"), {"rel": "self", "type": MEDIA_TYPE, "href": address})
    ET.SubElement(feed, _name("link"), {"rel": "alternate", "type": "text/html", "href": page})
    _add(ET.SubElement(feed, _name("author")), "name", author)
    for entry in entries[:MOST_ENTRIES]:
        _write(ET.SubElement(feed, _name("entry")), entry)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _write(element: ET.Element, entry: Entry) -> None:
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "published", entry.published)
    _add(element, "updated", entry.updated)
    ET.SubElement(
        element, _name("link"), {"rel": "alternate", "type": "text/html", "href": entry.link}
    )
    if entry.category:
        ET.SubElement(element, _name("category"), {"term": entry.category})
    _add(element, "summary", entry.summary)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _name(name)).text = text


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
