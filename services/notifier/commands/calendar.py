"""The meeting in a mail: what calendars take in, change and take out again (RFC 5545, 5546).

The UID is the meeting's, the same in every mail and in the meetings service's own calendar;
SEQUENCE is the meeting's revision, so an older mail that is opened later changes nothing.

Times are Danish wall time with its rules. 02:00 to 03:00 on the last Sunday in October comes twice,
and wall time then means the first; a meeting that touches the second is written in UTC instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
PRODUCT: Final = "-//Samspil//Notifier//DA"


class Method(StrEnum):
    """What the calendar is to do with it."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """A meeting as one person's calendar is to hold it.

    ``is_coming`` says that the person has a place.
    """

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
    attendee: tuple[str, str]
    is_coming: bool = False


def calendar_of(appointment: Appointment, method: Method) -> bytes:
    """Write the iCalendar object."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    calendar.add_component(_copenhagen())
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
    starts_at, ends_at = _wall_times(appointment)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", appointment.title)
    event.add("location", appointment.place)
    event.add("description", appointment.text)
    event.add("url", appointment.link)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("organizer", _person(appointment.organiser))
    attendee = _person(appointment.attendee)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED" if appointment.is_coming else "NEEDS-ACTION")
    # One signs up on the municipality's page; an answer from the calendar program would reach
    # nobody who counts.
    attendee.params["RSVP"] = vText("FALSE")
    event.add("attendee", attendee)
    return event


def _wall_times(appointment: Appointment) -> tuple[datetime, datetime]:
    local = (
        appointment.starts_at.astimezone(COPENHAGEN),
        appointment.ends_at.astimezone(COPENHAGEN),
    )
    if any(moment.fold for moment in local):
        return local[0].astimezone(UTC), local[1].astimezone(UTC)
    return local


def _person(name_and_address: Sequence[str]) -> vCalAddress:
    name, address = name_and_address
    person = vCalAddress(f"mailto:{address}")
    person.params["CN"] = vText(name.replace('"', "'"))
    return person


@cache
def _copenhagen() -> Timezone:
    """The rules of Danish time, for calendars that do not know them."""
    return Timezone.from_tzid("Europe/Copenhagen")
