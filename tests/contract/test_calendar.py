"""A meeting in calendars, read by ical.js: another library, in another language, agrees.

Both ways it gets there: as the file of the meetings service, and in the notifier's mails. RFC 5546
says what each method must and must not hold (3.2.1 PUBLISH, 3.2.5 CANCEL, example in 4.1.3).
"""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import icalendar
import pytest

from services.meetings.model import MeetingStatus
from services.meetings.queries.calendar import calendar_of
from services.notifier.commands.calendar import Appointment, Method
from services.notifier.commands.calendar import calendar_of as calendar_in_mail

TESTS = Path(__file__).parents[1]
ID = UUID("0190a0f0-0000-7000-8000-000000000001")


def icaljs(written: bytes, *arguments: str) -> bytes:
    node = shutil.which("node")
    assert node, "`make assets` brings Node.js"
    result = subprocess.run(
        [node, TESTS / "contract" / "calendar.mjs", *arguments],
        input=written,
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def understood_by_icaljs(written: bytes):
    return json.loads(icaljs(written))


def as_file(starts_at: datetime, **changes):
    meeting = SimpleNamespace(
        **{
            "id": ID,
            "title": "Dialogmøde om æbler, øl og ål; " + "å" * 120,
            "description": "Årets møde",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=45),
            "place": "Medborgersalen, Vestre Boulevard 7, Aars",
            "agenda": ["Velkomst", "Årets pulje"],
            "registration_closes_at": None,
            "status": MeetingStatus.CALLED,
            "revision": 2,
            "revised_at": datetime(2024, 5, 1, 8, tzinfo=UTC),
            "cancellation_reason": None,
            **changes,
        }
    )
    return calendar_of(
        meeting,
        public_url="https://frivillig.example.org",
        municipality={"sender_email": "a@example.org", "sender_name": "Frivillighed"},
    )


def mailed(starts_at: datetime, *, method=Method.PUBLISH, **changes):
    appointment = Appointment(
        **{
            "meeting_id": ID,
            "title": "Dialogmøde om æbler, øl og ål; " + "å" * 120,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=45),
            "place": "Medborgersalen, Vestre Boulevard 7, Aars",
            "text": "Årets møde\n\nDagsorden:\n1. Velkomst\n2. Årets pulje",
            "link": "https://frivillig.example.org/moeder/1",
            "revision": 2,
            "stamped_at": datetime(2024, 5, 1, 8, tzinfo=UTC),
            "organiser": ('Karen "Kaj"; Kontakt, Ål', "karen@example.org"),
            **changes,
        }
    )
    return calendar_in_mail(appointment, method)


@pytest.mark.parametrize("written", [as_file, mailed])
def test_text_survives_folding_and_escaping(written):
    read = understood_by_icaljs(written(datetime(2024, 6, 12, 15, tzinfo=UTC)))

    assert read["summary"] == "Dialogmøde om æbler, øl og ål; " + "å" * 120
    assert read["location"] == "Medborgersalen, Vestre Boulevard 7, Aars"
    assert read["description"] == "Årets møde\n\nDagsorden:\n1. Velkomst\n2. Årets pulje"
    assert (read["method"], read["uid"], read["sequence"]) == (
        "PUBLISH",
        f"meeting-{ID}@samspil",
        2,
    )


@pytest.mark.parametrize(
    "starts_at",
    [
        "2024-01-15T18:00:00+00:00",
        "2024-06-12T15:00:00+00:00",
        "2024-03-31T00:30:00+00:00",  # the last half hour of winter time
        "2024-03-31T01:00:00+00:00",  # the first moment of summer time
        "2024-10-27T00:30:00+00:00",  # 02:30, summer time
        "2024-10-27T01:30:00+00:00",  # 02:30, winter time
        "2024-10-27T02:00:00+00:00",
        "2037-07-01T08:00:00+00:00",
    ],
)
@pytest.mark.parametrize("written", [as_file, mailed])
def test_every_moment_is_the_same_moment(starts_at, written):
    moment = datetime.fromisoformat(starts_at)

    read = understood_by_icaljs(written(moment))

    assert datetime.fromisoformat(read["start"]) == moment
    assert datetime.fromisoformat(read["end"]) == moment + timedelta(minutes=45)


@pytest.mark.parametrize(
    ("write", "changes", "method", "status"),
    [
        (as_file, {}, "PUBLISH", "CONFIRMED"),
        (as_file, {"status": MeetingStatus.CANCELLED}, "CANCEL", "CANCELLED"),
        (mailed, {}, "PUBLISH", "CONFIRMED"),
        (mailed, {"method": Method.CANCEL}, "CANCEL", "CANCELLED"),
    ],
)
def test_a_calendar_is_told_and_asks_for_no_answer(write, changes, method, status):
    written = write(datetime(2024, 6, 12, 15, tzinfo=UTC), **changes)
    calendar = icalendar.Calendar.from_ical(written)

    (event,) = calendar.walk("VEVENT")

    assert (calendar["METHOD"], event["STATUS"]) == (method, status)
    assert (event["UID"], event["SEQUENCE"]) == (f"meeting-{ID}@samspil", 2)
    assert not event.errors
    assert {"ORGANIZER", "DTSTAMP", "DTSTART", "SUMMARY"} <= set(event)
    # Asking whether somebody comes would put buttons before them whose answers nobody reads.
    assert not {"ATTENDEE", "REQUEST-STATUS"} & set(event)


@pytest.mark.parametrize("written", [as_file, mailed])
def test_lines_are_as_short_as_the_standard_asks_for(written):
    lines = written(datetime(2024, 6, 12, 15, tzinfo=UTC)).split(b"\r\n")

    assert max(len(line) for line in lines) <= 75
    # Folded between letters: a line cut inside one would not decode.
    assert [line.decode() for line in lines]


@pytest.mark.parametrize("write", [as_file, mailed])
def test_what_icaljs_writes_of_it_says_the_same(write):
    moment = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, which comes twice that night

    again = icalendar.Calendar.from_ical(icaljs(write(moment), "rewrite"))

    (event,) = again.walk("VEVENT")
    assert event["DTSTART"].dt.astimezone(UTC) == moment
    assert event["SUMMARY"] == "Dialogmøde om æbler, øl og ål; " + "å" * 120
    assert event["UID"] == f"meeting-{ID}@samspil"
    assert not event.errors
