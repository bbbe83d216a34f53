"""When an offer takes place: which rules are taken, and what follows from them."""

from datetime import date

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import Invalid
from services.directory.model.times import WEEKDAYS, occasions, times_of_day, weekdays

FIRST = date(2026, 2, 2)  # a Monday


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH", ["tu", "th"]),
        ("FREQ=WEEKLY", ["mo"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA;UNTIL=20261231", ["sa"]),
        ("FREQ=MONTHLY;BYDAY=1WE,-1FR", ["we", "fr"]),
        ("FREQ=DAILY", list(WEEKDAYS)),
        ("FREQ=WEEKLY;BYDAY=SU;COUNT=1", ["su"]),
    ],
)
def test_the_weekdays_of_a_rule(rule, days):
    assert weekdays(rule, FIRST) == days


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "every Tuesday",
        "FREQ=YEARLY",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;BYHOUR=3",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=TU;BYDAY=WE",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=31",
        "FREQ=WEEKLY;UNTIL=20261301",
        "FREQ=WEEKLY;UNTIL=20261231;COUNT=3",
        "FREQ=WEEKLY\nBYDAY=TU",
        "FREQ=WEEKLY;BYDAY=TU;",
    ],
)
def test_what_is_no_rule_of_ours_is_refused_with_an_example(rule):
    with pytest.raises(ValueError, match="FREQ=WEEKLY;BYDAY=TU"):
        weekdays(rule, FIRST)


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY;UNTIL=20250101", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31"]
)
def test_a_rule_that_never_comes_true_is_refused(rule):
    with pytest.raises(ValueError, match="never"):
        weekdays(rule, FIRST)


@given(
    st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    st.integers(1, 12),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_the_weekdays_of_a_weekly_rule_are_those_it_names(days, interval, first):
    rule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(sorted(days)).upper()}"

    assert set(weekdays(rule, first)) == days
    assert rrulestr(f"DTSTART:{first:%Y%m%d}\nRRULE:{rule}")[0] is not None


@pytest.mark.parametrize(
    ("starts", "ends", "parts"),
    [
        ("10:00", "12:00", ["morning"]),
        ("10:00", "12:30", ["morning", "afternoon"]),
        ("12:00", "17:00", ["afternoon"]),
        ("19:30", "21:00", ["evening"]),
        ("23:00", "03:00", ["evening"]),
        ("09:00", "18:00", ["morning", "afternoon", "evening"]),
    ],
)
def test_the_times_of_day(starts, ends, parts):
    assert times_of_day(starts, ends) == parts


def test_a_day_goes_with_its_own_time_of_day():
    monday = {
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": FIRST,
        "starts": "09:00",
        "ends": "09:30",
    }
    friday = {**monday, "rrule": "FREQ=WEEKLY;BYDAY=FR", "starts": "19:00", "ends": "21:00"}

    found = occasions([monday, friday])

    assert {"mo", "fr", "morning", "evening", "mo-morning", "fr-evening"} == set(found)


def test_a_wrong_rule_is_named_where_it_stands():
    right = {
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": FIRST,
        "starts": "09:00",
        "ends": "10:00",
    }

    with pytest.raises(Invalid) as refused:
        occasions([right, {**right, "rrule": "now and then"}])

    assert [error.pointer for error in refused.value.errors] == ["/times/1/rrule"]
