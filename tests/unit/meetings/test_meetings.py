"""A meeting's life, and its minutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.problems import Invalid
from contracts.meetings import MeetingCalled, MeetingCancelled, MeetingChanged, MeetingHeld
from services.meetings.model import (
    Audience,
    Meeting,
    MeetingKind,
    MeetingPlan,
    MeetingStatus,
    Minutes,
    problems,
)

NOW = datetime(2024, 5, 1, 8, tzinfo=UTC)
STARTS = datetime(2024, 6, 12, 15, tzinfo=UTC)
PLAN = MeetingPlan(
    kind=MeetingKind.DIALOGUE,
    title="Dialogmøde 2024",
    description="Årets møde mellem kommunen og foreningerne",
    starts_at=STARTS,
    ends_at=STARTS + timedelta(hours=2),
    place="Medborgersalen, Aars",
    capacity=40,
    audience=Audience.ASSOCIATIONS,
    agenda=("Velkomst", "Årets pulje"),
    registration_closes_at=STARTS - timedelta(days=2),
)


def draft(**changes):
    return Meeting.drafted(uuid4(), replace(PLAN, **changes), at=NOW)


def called(**changes):
    meeting = draft(**changes)
    meeting.call(at=NOW)
    return meeting


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ends_at": STARTS}, "/ends_at"),
        ({"ends_at": STARTS - timedelta(hours=1)}, "/ends_at"),
        ({"ends_at": STARTS + timedelta(days=15)}, "/ends_at"),
        ({"registration_closes_at": STARTS + timedelta(minutes=1)}, "/registration_closes_at"),
        ({"starts_at": datetime(1999, 12, 31, tzinfo=UTC)}, "/starts_at"),
        (
            {
                "starts_at": datetime(2100, 1, 1, tzinfo=UTC),
                "ends_at": datetime(2100, 1, 2, tzinfo=UTC),
            },
            "/starts_at",
        ),
    ],
)
def test_times_that_do_not_fit_are_named(changes, pointer):
    with pytest.raises(Invalid) as refused:
        draft(**changes)

    assert pointer in {error.pointer for error in refused.value.errors}


def test_calling_a_draft_invites():
    meeting = draft()

    event = meeting.call(at=NOW)

    assert meeting.status is MeetingStatus.CALLED
    assert isinstance(event, MeetingCalled)
    assert (event.capacity, event.agenda) == (40, ("Velkomst", "Årets pulje"))


def test_a_meeting_is_called_before_it_begins():
    with pytest.raises(problems.MeetingInPast):
        draft().call(at=STARTS)


def test_a_meeting_is_called_once():
    with pytest.raises(problems.NotDraft):
        called().call(at=NOW)


def test_a_draft_takes_anything_without_telling_anybody():
    meeting = draft()
    later = replace(PLAN, kind=MeetingKind.CONFERENCE, audience=Audience.ALL, capacity=None)

    assert meeting.replan(later, confirmed_count=0, at=NOW) is None
    assert meeting.plan == later


def test_another_time_is_a_new_revision_that_calendars_are_told_of():
    meeting = called()
    moved = replace(
        PLAN, starts_at=STARTS + timedelta(days=1), ends_at=STARTS + timedelta(days=1, hours=2)
    )

    event = meeting.replan(moved, confirmed_count=0, at=NOW)

    assert isinstance(event, MeetingChanged)
    assert (event.revision, meeting.revision) == (1, 1)


def test_another_capacity_is_no_news_for_calendars():
    meeting = called()

    assert meeting.replan(replace(PLAN, capacity=60), confirmed_count=0, at=NOW) is None
    assert (meeting.capacity, meeting.revision) == (60, 0)


def test_nothing_changed_is_no_revision():
    meeting = called()

    assert meeting.replan(PLAN, confirmed_count=0, at=NOW) is None
    assert meeting.revision == 0


def test_who_has_a_place_keeps_it():
    with pytest.raises(problems.CapacityBelowConfirmed) as refused:
        called().replan(replace(PLAN, capacity=11), confirmed_count=12, at=NOW)

    assert refused.value.members == {"confirmed_count": 12}


@pytest.mark.parametrize("changes", [{"kind": MeetingKind.THEME}, {"audience": Audience.COUNCIL}])
def test_kind_and_audience_stand_once_called(changes):
    with pytest.raises(problems.NotDraft):
        called().replan(replace(PLAN, **changes), confirmed_count=0, at=NOW)


def test_a_called_meeting_moves_into_the_future_only():
    early = replace(
        PLAN,
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW,
        registration_closes_at=None,
    )

    with pytest.raises(problems.MeetingInPast):
        called().replan(early, confirmed_count=0, at=NOW)


def test_a_held_meeting_is_not_changed():
    meeting = called()
    meeting.hold(at=STARTS)

    with pytest.raises(problems.MeetingNotCalled):
        meeting.replan(replace(PLAN, place="Farsø"), confirmed_count=0, at=STARTS)


def test_cancelling_says_why_in_a_new_revision():
    meeting = called()

    event = meeting.cancel(reason="Snestorm", at=NOW)

    assert isinstance(event, MeetingCancelled)
    assert (event.reason, event.revision) == ("Snestorm", 1)
    assert meeting.status is MeetingStatus.CANCELLED


def test_only_a_called_meeting_is_cancelled_or_held():
    with pytest.raises(problems.MeetingNotCalled):
        draft().cancel(reason="Snestorm", at=NOW)
    with pytest.raises(problems.MeetingNotCalled):
        draft().hold(at=STARTS)


def test_a_meeting_is_held_from_its_beginning_on():
    meeting = called()

    with pytest.raises(problems.MeetingNotStarted):
        meeting.hold(at=STARTS - timedelta(seconds=1))
    assert meeting.hold(at=STARTS) == MeetingHeld(
        meeting_id=meeting.id, kind="dialogue", title="Dialogmøde 2024", held_at=STARTS
    )


def minutes_of(meeting):
    return Minutes(
        id=uuid4(),
        meeting_id=meeting.id,
        text="Referat",
        attendance_count=23,
        written_at=STARTS,
        published_at=None,
    )


def test_minutes_are_published_when_the_meeting_has_been_held():
    meeting = called()
    minutes = minutes_of(meeting)

    with pytest.raises(problems.MeetingNotHeld):
        minutes.publish(meeting, at=STARTS)
    meeting.hold(at=STARTS)
    event = minutes.publish(meeting, at=STARTS)

    assert (event.minutes_id, event.meeting_id, event.kind) == (minutes.id, meeting.id, "dialogue")
    assert minutes.published_at == STARTS


def test_published_minutes_stand():
    meeting = called()
    meeting.hold(at=STARTS)
    minutes = minutes_of(meeting)
    minutes.publish(meeting, at=STARTS)

    minutes.write(text="Referat", attendance_count=23)
    with pytest.raises(problems.MinutesArePublished):
        minutes.write(text="Et andet referat", attendance_count=23)
