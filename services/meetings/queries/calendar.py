"""A meeting as an iCalendar file (RFC 5545), for the calendars of those who come.

Times are written as wall time in Denmark with its time zone, so that they stay right in a calendar
that travels. One hour a year has no unambiguous wall time: 02:00-03:00 on the last Sunday in
October comes twice, and wall time then means the first. A meeting that touches the second one is
written in UTC instead.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import icalendar

from services.meetings.model import DENMARK, MeetingStatus, in_words, local_date

PRODUCT: Final = "-//Samspil//Moeder//DA"
_DOMAIN: Final = "samspil"


def uid_of(meeting_id: UUID) -> str:
    """Return the identity of a meeting in calendars; the notifier's invitations bear the same."""
    return f"meeting-{meeting_id}@{_DOMAIN}"


def calendar_of(meeting: Any, *, public_url: str, municipality: Mapping[str, Any]) -> bytes:
    """Write a meeting as an iCalendar file.

    ``meeting`` is a row of :func:`services.meetings.queries.meetings.meeting`.
    """
    cancelled = meeting.status is MeetingStatus.CANCELLED
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    event = icalendar.Event()
    event.add("uid", uid_of(meeting.id))
    event.add("sequence", meeting.revision)
    event.add("dtstamp", meeting.revised_at.astimezone(UTC))
    event.add("last-modified", meeting.revised_at.astimezone(UTC))
    starts_at, ends_at = _wall_times(meeting.starts_at, meeting.ends_at)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", meeting.title)
    event.add("location", meeting.place)
    event.add("description", _description(meeting))
    event.add("url", f"{public_url}/moeder/{meeting.id}")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("organizer", _organizer(municipality))
    calendar.add_component(_danish_time())
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _wall_times(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    local = (starts_at.astimezone(DENMARK), ends_at.astimezone(DENMARK))
    if any(moment.fold for moment in local):
        return starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    return local


def _danish_time() -> icalendar.Timezone:
    """Write out Danish time as the rule it has followed since 1996.

    icalendar's own list of dates ends in 2038 and begins summer time at 03:00 winter time instead
    of 02:00; ical.js then takes every summer meeting for an hour later.
    """
    zone = icalendar.Timezone()
    zone.add("tzid", DENMARK.key)
    summer = icalendar.TimezoneDaylight()
    summer.add("tzname", "CEST")
    summer.add("dtstart", datetime(1996, 3, 31, 2))  # noqa: DTZ001 - wall time, as the format has it
    summer.add("tzoffsetfrom", timedelta(hours=1))
    summer.add("tzoffsetto", timedelta(hours=2))
    summer.add("rrule", {"freq": "yearly", "bymonth": 3, "byday": "-1SU"})
    winter = icalendar.TimezoneStandard()
    winter.add("tzname", "CET")
    winter.add("dtstart", datetime(1996, 10, 27, 3))  # noqa: DTZ001 - as above
    winter.add("tzoffsetfrom", timedelta(hours=2))
    winter.add("tzoffsetto", timedelta(hours=1))
    winter.add("rrule", {"freq": "yearly", "bymonth": 10, "byday": "-1SU"})
    zone.add_component(summer)
    zone.add_component(winter)
    return zone


def _description(meeting: Any) -> str:
    parts = [meeting.description] if meeting.description else []
    if meeting.cancellation_reason:
        parts.append(f"Mødet er aflyst: {meeting.cancellation_reason}")
    if meeting.agenda:
        points = [f"{place}. {point}" for place, point in enumerate(meeting.agenda, start=1)]
        parts.append("\n".join(["Dagsorden:", *points]))
    if meeting.registration_closes_at is not None and not meeting.cancellation_reason:
        last = in_words(local_date(meeting.registration_closes_at))
        parts.append(f"Tilmelding senest {last}.")
    return "\n\n".join(parts)


def _organizer(municipality: Mapping[str, Any]) -> icalendar.vCalAddress:
    organizer = icalendar.vCalAddress(f"mailto:{municipality['sender_email']}")
    organizer.params["CN"] = icalendar.vText(municipality["sender_name"])
    return organizer
