"""Amounts, dates and times as people type and read them."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import charts, formats

MOMENTS = st.integers(946_684_800, 4_102_444_800).map(lambda at: datetime.fromtimestamp(at, UTC))


@given(st.integers(0, formats.MAX_ORE))
def test_an_amount_shown_in_a_field_is_read_back_as_the_same(ore):
    assert formats.parse_amount(formats.typed_amount(ore)) == ore
    assert formats.parse_amount(formats.kroner(ore)) == ore


@pytest.mark.parametrize(
    ("typed", "ore"),
    [
        ("12.500,50", 1250050),
        ("12500", 1250000),
        ("12 500 kr.", 1250000),
        ("12.500,-", 1250000),
        (" 0,5 ", 50),
        ("1.000.000", 100000000),
        ("12.500\N{NO-BREAK SPACE}kr.", 1250000),
    ],
)
def test_amounts_are_read_as_danes_write_them(typed, ore):
    assert formats.parse_amount(typed) == ore


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_amounts(text):
    with contextlib.suppress(ValueError):
        assert 0 <= formats.parse_amount(text) <= formats.MAX_ORE


@pytest.mark.parametrize(
    "typed", ["12.50", "1,234.50", "-1", "1e5", "", "kr.", "1,123", "100000000,01"]
)
def test_an_amount_that_could_mean_two_things_is_refused(typed):
    with pytest.raises(ValueError, match=f"^{re.escape(typed)}$"):
        formats.parse_amount(typed)


@pytest.mark.parametrize("typed", ["15.3.2024", "15/03/2024", "15-3-2024", "2024-03-15"])
def test_dates_are_read_as_typed(typed):
    assert formats.parse_date(typed) == date(2024, 3, 15)


@pytest.mark.parametrize("typed", ["23.59", "23:59", "kl. 23.59"])
def test_times_are_read_as_typed(typed):
    assert formats.parse_clock(typed) == time(23, 59)


def test_a_deadline_in_winter_and_in_summer_is_danish_time():
    winter = formats.local_moment(date(2024, 3, 15), time(23, 59))
    summer = formats.local_moment(date(2024, 6, 15), time(23, 59))

    assert winter == datetime(2024, 3, 15, 22, 59, tzinfo=UTC)
    assert summer == datetime(2024, 6, 15, 21, 59, tzinfo=UTC)
    assert formats.moment(winter) == "15. marts 2024 kl.\N{NO-BREAK SPACE}23.59"


def test_the_hour_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="does not exist"):
        formats.local_moment(date(2024, 3, 31), time(2, 30))


@given(MOMENTS)
def test_a_moment_shown_in_fields_is_read_back_as_the_same_minute(moment):
    day = formats.parse_date(formats.iso_day(moment))
    clock = formats.parse_clock(formats.iso_clock(moment))
    again = formats.local_moment(day, clock)

    assert formats.iso_day(again) == formats.iso_day(moment)
    assert formats.iso_clock(again) == formats.iso_clock(moment)


@given(st.integers(-10, 10**12), st.integers(-10, 10**12))
def test_a_bar_fits_in_its_frame_and_something_is_never_drawn_as_nothing(amount, whole):
    length = charts.length(amount, whole)

    assert 0 <= length <= charts.FULL
    assert (length > 0) == (amount > 0 and whole > 0)
