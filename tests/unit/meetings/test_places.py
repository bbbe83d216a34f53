"""The places of a meeting: who gets one, who waits, who is next."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.meetings import RegistrationMade, RegistrationPromoted, RegistrationWithdrawn
from contracts.values import RegistrationStatus
from services.meetings.model import (
    Audience,
    Meeting,
    MeetingKind,
    MeetingPlan,
    Registration,
    Seating,
    problems,
)

BEFORE = datetime(2024, 5, 1, 8, tzinfo=UTC)
STARTS = datetime(2024, 6, 12, 15, tzinfo=UTC)


def called_meeting(capacity=10, closes_at=None):
    plan = MeetingPlan(
        kind=MeetingKind.DIALOGUE,
        title="Dialogmøde 2024",
        description="",
        starts_at=STARTS,
        ends_at=STARTS + timedelta(hours=2),
        place="Medborgersalen, Aars",
        capacity=capacity,
        audience=Audience.ASSOCIATIONS,
        agenda=("Velkomst",),
        registration_closes_at=closes_at,
    )
    meeting = Meeting.drafted(uuid4(), plan, at=BEFORE)
    meeting.call(at=BEFORE)
    return meeting


def party(meeting, attendees, number=1):
    return Registration(
        id=uuid4(),
        meeting_id=meeting.id,
        association_id=uuid4(),
        person_id=uuid4(),
        attendees=attendees,
        note="",
        number=number,
        made_at=BEFORE,
    )


def seated(meeting, *sizes):
    """Sign up parties of these sizes, one after the other."""
    parties = []
    for number, size in enumerate(sizes, start=1):
        each = party(meeting, size, number)
        Seating(meeting, parties).admit(each, at=BEFORE)
        parties.append(each)
    return parties


def statuses(parties):
    return [each.status.value for each in parties]


def test_a_party_that_fits_gets_its_places():
    meeting = called_meeting(capacity=3)

    made = Seating(meeting, []).admit(party(meeting, 3), at=BEFORE)

    assert isinstance(made, RegistrationMade)
    assert (made.status, made.waiting_position) == (RegistrationStatus.CONFIRMED, None)


def test_capacity_counts_people_not_parties():
    parties = seated(called_meeting(capacity=5), 3, 3)

    assert statuses(parties) == ["confirmed", "waiting"]


def test_without_capacity_everybody_has_a_place():
    parties = seated(called_meeting(capacity=None), 10, 10, 10)

    assert set(statuses(parties)) == {"confirmed"}


def test_a_small_party_does_not_jump_a_larger_one_that_waits():
    parties = seated(called_meeting(capacity=5), 4, 3, 1)

    assert statuses(parties) == ["confirmed", "waiting", "waiting"]


def test_the_waiting_position_counts_from_one():
    meeting = called_meeting(capacity=2)
    parties = seated(meeting, 2, 1)

    made = Seating(meeting, parties).admit(party(meeting, 2, 3), at=BEFORE)

    assert made.waiting_position == 2


def test_a_party_larger_than_the_room_is_refused():
    meeting = called_meeting(capacity=4)

    with pytest.raises(problems.PartyTooLarge) as refused:
        Seating(meeting, []).admit(party(meeting, 5), at=BEFORE)

    assert refused.value.members == {"capacity": 4}


def test_when_a_party_leaves_the_first_who_wait_move_up_in_order():
    meeting = called_meeting(capacity=4)
    parties = seated(meeting, 4, 3, 1, 1)

    gone, *promoted = Seating(meeting, parties).withdraw(parties[0], at=BEFORE)

    assert isinstance(gone, RegistrationWithdrawn)
    assert [each.registration_id for each in promoted] == [parties[1].id, parties[2].id]
    assert statuses(parties) == ["withdrawn", "confirmed", "confirmed", "waiting"]


def test_a_party_that_does_not_fit_yet_holds_its_place_in_line():
    meeting = called_meeting(capacity=4)
    parties = seated(meeting, 2, 2, 3, 1)

    Seating(meeting, parties).withdraw(parties[0], at=BEFORE)

    assert statuses(parties) == ["withdrawn", "confirmed", "waiting", "waiting"]


def test_a_party_that_can_never_fit_is_passed_over():
    meeting = called_meeting(capacity=6)
    parties = seated(meeting, 4, 6, 1)
    meeting.capacity = 5  # a smaller room: the party of six will never fit

    promoted = Seating(meeting, parties).move_up(at=BEFORE)

    assert [each.registration_id for each in promoted] == [parties[2].id]


def test_a_party_that_can_never_fit_is_not_ahead_of_a_new_one():
    meeting = called_meeting(capacity=6)
    parties = seated(meeting, 4, 6)
    meeting.capacity = 5

    made = Seating(meeting, parties).admit(party(meeting, 1, 3), at=BEFORE)

    assert made.status is RegistrationStatus.CONFIRMED


def test_a_smaller_party_gives_places_to_those_who_wait():
    meeting = called_meeting(capacity=4)
    parties = seated(meeting, 4, 2)

    promoted = Seating(meeting, parties).resize(parties[0], 2, at=BEFORE)

    assert [type(each) for each in promoted] == [RegistrationPromoted]


def test_a_confirmed_party_grows_into_free_places_only():
    meeting = called_meeting(capacity=4)
    parties = seated(meeting, 2)

    Seating(meeting, parties).resize(parties[0], 4, at=BEFORE)

    assert parties[0].attendees == 4
    with pytest.raises(problems.PartyTooLarge):
        Seating(meeting, parties).resize(parties[0], 5, at=BEFORE)


def test_a_confirmed_party_does_not_grow_past_those_who_wait():
    meeting = called_meeting(capacity=4)
    parties = seated(meeting, 3, 2)

    with pytest.raises(problems.NoPlacesLeft) as refused:
        Seating(meeting, parties).resize(parties[0], 4, at=BEFORE)

    assert refused.value.members == {"free_count": 1}


def test_a_waiting_party_that_shrinks_may_get_its_places():
    meeting = called_meeting(capacity=4)
    parties = seated(meeting, 3, 3)

    promoted = Seating(meeting, parties).resize(parties[1], 1, at=BEFORE)

    assert [each.registration_id for each in promoted] == [parties[1].id]


def test_a_withdrawn_party_is_not_changed():
    meeting = called_meeting()
    parties = seated(meeting, 2)
    Seating(meeting, parties).withdraw(parties[0], at=BEFORE)

    with pytest.raises(problems.RegistrationIsWithdrawn):
        Seating(meeting, parties).resize(parties[0], 1, at=BEFORE)


def test_after_registration_has_closed_nobody_signs_up():
    closes_at = STARTS - timedelta(days=2)
    meeting = called_meeting(closes_at=closes_at)

    with pytest.raises(problems.RegistrationClosed) as refused:
        Seating(meeting, []).admit(party(meeting, 1), at=closes_at)

    assert refused.value.members["closed_at"] == closes_at


def test_after_registration_has_closed_the_list_still_moves_until_the_meeting_begins():
    closes_at = STARTS - timedelta(days=2)
    meeting = called_meeting(capacity=2, closes_at=closes_at)
    parties = seated(meeting, 2, 1, 1)

    late = Seating(meeting, parties).withdraw(parties[0], at=STARTS - timedelta(hours=1))
    too_late = Seating(meeting, parties).withdraw(parties[1], at=STARTS)

    assert len(late) == 3
    assert len(too_late) == 1


@given(
    capacity=st.integers(1, 12),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 10)), max_size=40),
)
def test_whatever_happens_nobody_is_overbooked_and_nobody_is_jumped(capacity, steps):
    meeting = called_meeting(capacity=capacity)
    parties = []
    for number, (joins, size) in enumerate(steps):
        seating = Seating(meeting, parties)
        if joins and size <= capacity:
            each = party(meeting, size, number)
            seating.admit(each, at=BEFORE)
            parties.append(each)
        elif parties and (leaving := parties[size % len(parties)]).withdrawn_at is None:
            seating.withdraw(leaving, at=BEFORE)

        after = Seating(meeting, parties)
        assert after.confirmed_count <= capacity
        if after.waiting:
            assert after.waiting[0].attendees > after.free_count
