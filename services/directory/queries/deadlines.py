"""The deadlines of funding opportunities as an iCalendar file (RFC 5545): whole days."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, timedelta
from typing import Any, Final

import icalendar

from services.directory.model import DeadlineKind

PRODUCT: Final = "-//Samspil//Frister//DA"


def calendar_of(found: Iterable[Mapping[str, Any]], *, public_url: str) -> bytes:
    """Write a calendar: one event for each deadline; a yearly one repeats."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for each in found:
        yearly = each["deadline_kind"] is DeadlineKind.YEARLY
        for place, day in enumerate(each["deadlines"]):
            calendar.add_component(_event(each, day, place, yearly=yearly, public_url=public_url))
    written: bytes = calendar.to_ical()
    return written


def _event(
    found: Mapping[str, Any], day: date, place: int, *, yearly: bool, public_url: str
) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"deadline-{found['id']}-{place}@samspil")
    event.add("dtstamp", found["changed_at"].astimezone(UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"Ansøgningsfrist: {found['title']}")
    event.add("description", f"{found['provider']}. {found['summary']}".strip())
    page = "puljer" if found["source"] == "round" else "stoettemuligheder"
    event.add("url", f"{public_url}/{page}/{found['id']}")
    event.add("transp", "TRANSPARENT")
    if yearly:
        event.add("rrule", {"freq": "yearly"})
    return event
