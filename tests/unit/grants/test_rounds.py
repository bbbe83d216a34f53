"""A round's life, its deadline, and the frame that nothing passes."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.grants import RoundAnnounced, RoundClosed, RoundDecided, RoundOpened
from services.grants.model import Programme, Round, RoundStatus, problems

KR = 100
OPENS = datetime(2024, 2, 15, 7, tzinfo=UTC)
CLOSES = datetime(2024, 3, 15, 22, 59, tzinfo=UTC)
NOW = datetime(2024, 2, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
TAKES_NOTHING = [status for status in RoundStatus if status not in {"announced", "open"}]


def programme(**changes):
    return Programme(
        **{
            "id": uuid4(),
            "key": "paragraf-18",
            "decided_by_name": "Kultur- og Fritidsudvalget",
            "legal_basis": "Lov om social service § 18",
            "appeal": "Du kan skrive til Ankestyrelsen.",
            **changes,
        }
    )


def round_(status=RoundStatus.DRAFT, **changes):
    return Round(
        **{
            "id": uuid4(),
            "title": "§ 18-puljen 2024",
            "status": status,
            "frame_ore": 100_000 * KR,
            "allocated_ore": 0,
            "minimum_ore": 1_000 * KR,
            "maximum_ore": 50_000 * KR,
            "opens_at": OPENS,
            "closes_at": CLOSES,
            "council_on": date(2024, 4, 3),
            "committee_on": date(2024, 4, 8),
            "report_on": date(2025, 3, 1),
            "criteria": [{"key": "local", "title": "Lokal forankring"}],
            "focus_areas": ["Fællesskaber mod ensomhed"],
            **changes,
        }
    )


def test_a_life_from_draft_to_decided():
    made = round_()

    told = [
        made.announce(programme(), at=NOW),
        made.open(),
        made.close(application_count=3, applied_ore=90_000 * KR),
        made.decide(on=date(2024, 4, 8), award_count=2, application_count=3),
    ]

    assert [type(each) for each in told] == [
        RoundAnnounced,
        RoundOpened,
        RoundClosed,
        RoundDecided,
    ]
    assert made.status is RoundStatus.DECIDED
    assert told[0].criteria == ("Lokal forankring",)
    assert told[2].closed_at == CLOSES
    assert made.decided_on == told[3].decided_on == date(2024, 4, 8)


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        (lambda each: each.announce(programme(), at=NOW), {"draft"}),
        (lambda each: each.open(), {"announced"}),
        (lambda each: each.close(application_count=0, applied_ore=0), {"announced", "open"}),
        (
            lambda each: each.decide(on=date(2024, 4, 8), award_count=0, application_count=0),
            {"closed", "recommended"},
        ),
    ],
    ids=["announce", "open", "close", "decide"],
)
@pytest.mark.parametrize("status", RoundStatus)
def test_every_step_has_its_time(step, allowed, status):
    made = round_(status)

    if status.value in allowed:
        step(made)
        assert made.status is not status
    else:
        with pytest.raises(problems.WrongState) as refused:
            step(made)
        assert refused.value.members["current"] == status.value
        assert made.status is status


def test_one_that_is_over_is_not_announced():
    made = round_()

    made.announce(programme(), at=CLOSES + MINUTE - SECOND)
    with pytest.raises(problems.DatesOutOfOrder):
        round_().announce(programme(), at=CLOSES + MINUTE)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"closes_at": OPENS}, "/closes_at"),
        ({"council_on": date(2024, 3, 14)}, "/council_on"),
        # 23:30 in UTC on the 15th is the 16th in Denmark.
        (
            {
                "closes_at": datetime(2024, 3, 15, 23, 30, tzinfo=UTC),
                "council_on": date(2024, 3, 15),
            },
            "/council_on",
        ),
        ({"committee_on": date(2024, 4, 2)}, "/committee_on"),
        ({"report_on": date(2024, 4, 8)}, "/report_on"),
    ],
)
def test_dates_follow_each_other(changes, pointer):
    with pytest.raises(problems.DatesOutOfOrder) as refused:
        round_(**changes).require_dates_in_order()

    assert [each.pointer for each in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"minimum_ore": 50_000 * KR + 1}, ["/minimum_ore"]),
        ({"maximum_ore": 100_000 * KR + 1}, ["/maximum_ore"]),
        ({"minimum_ore": 2, "maximum_ore": 1, "frame_ore": 1}, ["/minimum_ore"]),
        ({"minimum_ore": 3, "maximum_ore": 2, "frame_ore": 1}, ["/minimum_ore", "/maximum_ore"]),
    ],
)
def test_amounts_that_do_not_fit_in_each_other_are_refused(changes, pointers):
    made = round_(**changes)

    with pytest.raises(problems.AmountsOutOfOrder) as refused:
        made.require_amounts_in_order()

    assert [each.pointer for each in refused.value.errors] == pointers


def test_amounts_may_be_the_same():
    round_(minimum_ore=7, maximum_ore=7, frame_ore=7).require_amounts_in_order()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"report_on": None},
        {"council_on": date(2024, 3, 15)},
        {"committee_on": date(2024, 4, 3)},
    ],
)
def test_dates_may_fall_together(changes):
    round_(**changes).require_dates_in_order()


@pytest.mark.parametrize("status", ["announced", "open"])
@pytest.mark.parametrize("seconds", [0, 1, 59])
def test_the_closing_minute_counts_wherever_in_it_the_round_closes(status, seconds):
    made = round_(RoundStatus(status), closes_at=CLOSES + seconds * SECOND)

    made.require_takes_applications(OPENS)
    made.require_takes_applications(CLOSES + MINUTE - timedelta(microseconds=1))
    with pytest.raises(problems.RoundIsClosed) as refused:
        made.require_takes_applications(CLOSES + MINUTE)
    assert refused.value.members["closed_at"] == made.closes_at


def test_before_it_opens_it_says_when():
    with pytest.raises(problems.RoundNotOpen) as refused:
        round_(RoundStatus.ANNOUNCED).require_takes_applications(OPENS - SECOND)

    assert refused.value.members["opens_at"] == OPENS


@pytest.mark.parametrize("status", TAKES_NOTHING)
def test_no_clock_opens_a_round_in_another_state(status):
    with pytest.raises((problems.RoundIsClosed, problems.RoundNotOpen)):
        round_(status).require_takes_applications(OPENS + MINUTE)


def test_the_reminder_names_those_who_have_not_finished():
    made, unfinished = round_(RoundStatus.OPEN), (uuid4(), uuid4())

    told = made.remind(unfinished, at=NOW)

    assert made.reminded_at == NOW
    assert told.unfinished_association_ids == unfinished


def test_what_does_not_fit_says_what_is_left_and_changes_nothing():
    made = round_(allocated_ore=80_000 * KR)

    with pytest.raises(problems.FrameExceeded) as refused:
        made.reallocate(before_ore=5_000 * KR, after_ore=25_000 * KR + 1)

    assert refused.value.members == {
        "remaining_ore": 25_000 * KR,
        "frame_ore": 100_000 * KR,
    }
    assert made.allocated_ore == 80_000 * KR


AMOUNTS = st.integers(0, 10_000)


@given(
    frame=st.integers(1, 20_000),
    wishes=st.lists(st.tuples(st.integers(0, 5), AMOUNTS), max_size=40),
)
def test_whatever_is_moved_the_sum_is_allocated_and_within_the_frame(frame, wishes):
    made = round_(frame_ore=frame)
    granted = dict.fromkeys(range(6), 0)

    for which, amount in wishes:
        before = granted[which]
        remaining = frame - made.allocated_ore + before
        if amount > remaining:
            with pytest.raises(problems.FrameExceeded) as refused:
                made.reallocate(before_ore=before, after_ore=amount)
            assert refused.value.members["remaining_ore"] == remaining
        else:
            made.reallocate(before_ore=before, after_ore=amount)
            granted[which] = amount
        assert made.allocated_ore == sum(granted.values()) <= frame


@given(frame=st.integers(1, 20_000), amount=AMOUNTS)
def test_what_is_said_to_remain_can_be_given_to_the_last_ore(frame, amount):
    made = round_(frame_ore=frame, allocated_ore=min(amount, frame))

    with pytest.raises(problems.FrameExceeded) as refused:
        made.reallocate(before_ore=0, after_ore=frame + 1)
    made.reallocate(before_ore=0, after_ore=refused.value.members["remaining_ore"])

    assert made.allocated_ore == frame
