"""The meeting in a mail: what calendars take in, change and take out again (RFC 5545, 5546).

The mail tells and asks nothing: PUBLISH, and CANCEL for what is cancelled. A REQUEST would name the
reader as ATTENDEE and put "accept" and "decline" before them, whose answers nobody reads; one signs
up on the municipality's page. Neither method as used here has an ATTENDEE (RFC 5546, 3.2.1, 4.1.3).

The UID is the meeting's, the same in every mail and in the meetings service's own calendar;
SEQUENCE is the meeting's revision, so an older mail that is opened later changes nothing.

Times are written in UTC: every calendar program shows them in its reader's own time, and there is
no table of summer times for it to misread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT: Final = "-//Samspil//Notifier//DA"


class Method(StrEnum):
    """What the calendar is to do with it."""

    PUBLISH = "PUBLISH"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """A meeting as a calendar is to hold it."""

    meeting_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    text: str
    link: str
    revision: int
    stamped_at: datetime
    organiser: tuple[str, str]


def calendar_of(appointment: Appointment, method: Method) -> bytes:
    """Write the iCalendar object."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    calendar.add_component(_event(appointment, method))
    written: bytes = calendar.to_ical()
    return written


def uid(meeting_id: UUID) -> str:
    """The UID of a meeting in every calendar; the meetings service writes the same."""
    return f"meeting-{meeting_id}@samspil"


def _event(appointment: Appointment, method: Method) -> Event:
    event = Event()
    event.add("uid", uid(appointment.meeting_id))
    event.add("dtstamp", appointment.stamped_at.astimezone(UTC))
    event.add("sequence", appointment.revision)
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", appointment.title)
    event.add("location", appointment.place)
    event.add("description", appointment.text)
    event.add("url", appointment.link)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("organizer", _person(appointment.organiser))
    return event


def _person(name_and_address: Sequence[str]) -> vCalAddress:
    name, address = name_and_address
    person = vCalAddress(f"mailto:{address}")
    person.params["CN"] = vText(name.replace('"', "'"))
    return person
