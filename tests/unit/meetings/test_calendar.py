"""Meetings as iCalendar files, read back by the library and looked at by the byte."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import icalendar
import pytest

from services.meetings.model import MeetingStatus
from services.meetings.queries.calendar import calendar_of

ID = UUID("0190a0f0-0000-7000-8000-000000000001")
MUNICIPALITY = {
    "sender_email": "frivillighed@vesthimmerland.example.org",
    "sender_name": "Frivillighed i Vesthimmerland",
}


def meeting(starts_at=datetime(2024, 6, 12, 15, tzinfo=UTC), hours=2.0, **changes):
    values = {
        "id": ID,
        "title": "Dialogmøde: æbler, øl og ål",
        "description": "Årets møde mellem kommunen og de frivillige organisationer.",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=hours),
        "place": "Medborgersalen, Vestre Boulevard 7, Aars",
        "agenda": ["Velkomst", "Årets pulje; fordeling, og høring"],
        "registration_closes_at": starts_at - timedelta(days=2),
        "status": MeetingStatus.CALLED,
        "revision": 0,
        "revised_at": datetime(2024, 5, 1, 8, tzinfo=UTC),
        "cancellation_reason": None,
        **changes,
    }
    return SimpleNamespace(**values)


def written(each):
    return calendar_of(each, public_url="https://frivillig.example.org", municipality=MUNICIPALITY)


def read(each):
    calendar = icalendar.Calendar.from_ical(written(each))
    return calendar, calendar.events[0]


def test_a_called_meeting_reads_back():
    calendar, event = read(meeting())

    assert calendar["METHOD"] == "PUBLISH"
    assert event["UID"] == f"meeting-{ID}@samspil"
    assert event["SEQUENCE"] == 0
    assert event["SUMMARY"] == "Dialogmøde: æbler, øl og ål"
    assert event["LOCATION"] == "Medborgersalen, Vestre Boulevard 7, Aars"
    assert "2. Årets pulje; fordeling, og høring" in event["DESCRIPTION"]
    assert "Tilmelding senest 10. juni 2024." in event["DESCRIPTION"]
    assert event["URL"] == f"https://frivillig.example.org/moeder/{ID}"
    assert event.start == datetime(2024, 6, 12, 15, tzinfo=UTC)
    assert event.end == datetime(2024, 6, 12, 17, tzinfo=UTC)


def test_times_are_danish_wall_time_with_their_zone():
    calendar, _ = read(meeting())

    assert [zone["TZID"] for zone in calendar.timezones] == ["Europe/Copenhagen"]
    assert b"DTSTART;TZID=Europe/Copenhagen:20240612T170000" in written(meeting())


def test_a_change_keeps_the_identity_and_counts_up():
    _, event = read(meeting(revision=3))

    assert (event["UID"], event["SEQUENCE"]) == (f"meeting-{ID}@samspil", 3)


def test_a_cancelled_meeting_says_so():
    calendar, event = read(
        meeting(status=MeetingStatus.CANCELLED, revision=1, cancellation_reason="Snestorm")
    )

    assert calendar["METHOD"] == "CANCEL"
    assert event["STATUS"] == "CANCELLED"
    assert "Mødet er aflyst: Snestorm" in event["DESCRIPTION"]
    assert "Tilmelding" not in event["DESCRIPTION"]


def test_lines_are_at_most_75_octets_and_letters_are_whole():
    raw = written(meeting(title="Æøå " * 60, place="Ålestrup " * 20))

    assert raw.endswith(b"\r\n")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")
    assert icalendar.Calendar.from_ical(raw).events[0]["SUMMARY"] == "Æøå " * 60


@pytest.mark.parametrize(
    ("starts_at", "line"),
    [
        # 02:30 comes twice on the last Sunday in October: in summer time, then in winter time.
        ("2024-10-27T00:30:00+00:00", b"DTSTART;TZID=Europe/Copenhagen:20241027T023000"),
        ("2024-10-27T01:30:00+00:00", b"DTSTART:20241027T013000Z"),
        # 02:30 does not come at all on the last Sunday in March.
        ("2024-03-31T01:30:00+00:00", b"DTSTART;TZID=Europe/Copenhagen:20240331T033000"),
    ],
)
def test_both_half_past_twos_in_october_are_told_apart(starts_at, line):
    moment = datetime.fromisoformat(starts_at)
    each = meeting(starts_at=moment, hours=0.25)

    _, event = read(each)

    assert line in written(each).split(b"\r\n")
    assert event.start.astimezone(UTC) == moment
    assert event.end.astimezone(UTC) == moment + timedelta(minutes=15)


def test_a_meeting_from_one_half_past_two_to_the_other_lasts_an_hour():
    _, event = read(meeting(starts_at=datetime(2024, 10, 27, 0, 30, tzinfo=UTC), hours=1))

    assert event.end.astimezone(UTC) - event.start.astimezone(UTC) == timedelta(hours=1)
