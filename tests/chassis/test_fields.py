"""The fields every service shares."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from chassis import cpr, fields


def load(field: Any, value: Any) -> Any:
    return Schema.from_dict({"value": field})().load({"value": value})["value"]


def refusal(field: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        load(field, value)
    return caught.value.messages["value"][0]


@pytest.mark.parametrize(
    "text",
    [
        "010190-1234",
        "0101901234",
        "Mit nummer er 311299-0001.",
        "cpr:290200-1234,",
        "CPR0101901234",
        "010190 - 1234",
        "010190 1234",
        "010190\u20131234",
    ],
)
def test_what_looks_like_a_cpr_number_is_refused(text: str) -> None:
    assert refusal(fields.Line(), text) == cpr.CPR


@pytest.mark.parametrize(
    "text",
    [
        "CVR 29189846",
        "12345678",
        "+45 20 30 40 50",
        "4520304050",
        "004520304050",
        "72.630.700 kr.",
        "726307 kr. i 2024",
        "3112991234567",
        "DK5000400440116243",
        "0192f0a1-1234-7abc-8def-010190123456",
        "2024-03-15",
        "991390-1234",
        "310290-1234",
        "case 2024-0007",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert load(fields.Line(), text) == text


@given(st.uuids())
def test_a_uuid_is_never_taken_for_a_cpr_number(identifier: Any) -> None:
    assert not cpr.looks_like_cpr(str(identifier))


def test_text_is_trimmed_and_brought_to_one_form() -> None:
    assert load(fields.Line(), "  A\u030aben Skakklub ") == "Åben Skakklub"
    assert load(fields.Text(), " en\r\nto\rtre\n") == "en\nto\ntre"


@pytest.mark.parametrize("value", ["", "   ", "\u00a0"])
def test_required_text_may_not_be_empty(value: str) -> None:
    assert refusal(fields.Line(required=True), value) == fields.BLANK
    assert load(fields.Line(), value) == ""


@pytest.mark.parametrize("value", ["a\x00b", "a\x1bb", "a\x7fb", "a\u202eb", "a\ud800b"])
@pytest.mark.parametrize("field", [fields.Line, fields.Text])
def test_control_characters_are_refused(field: Any, value: str) -> None:
    assert refusal(field(), value) == fields.CONTROL


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\u2028b"])
def test_a_line_is_one_line(value: str) -> None:
    assert refusal(fields.Line(), value) == fields.ONE_LINE


def test_length_counts_after_trimming() -> None:
    assert load(fields.Line(max=5), "  Skak!  ") == "Skak!"
    assert "5" in refusal(fields.Line(max=5), "Skakke")


@pytest.mark.parametrize("value", [1.0, 1.5, "100", True, None, -1, 100_000_000_01])
def test_money_is_whole_and_in_bounds(value: Any) -> None:
    refusal(fields.Ore(), value)


def test_money_goes_through() -> None:
    assert load(fields.Ore(), 72_630_700) == 72_630_700


def test_an_address_gets_its_domain_in_lower_case() -> None:
    assert load(fields.Email(), " Karen.Holm@Example.ORG ") == "Karen.Holm@example.org"


@pytest.mark.parametrize("value", ["karen", "karen@", "a@b\ncc: x@y.dk", "karen@ example.org"])
def test_what_is_no_address_is_refused(value: str) -> None:
    refusal(fields.Email(), value)


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "ftp://example.org", "//example.org", "x"]
)
def test_a_website_is_http(value: str) -> None:
    refusal(fields.Url(), value)


def test_a_website_goes_through() -> None:
    assert (
        load(fields.Url(), "https://skak.example.org/om?x=å") == "https://skak.example.org/om?x=å"
    )


def test_a_moment_is_kept_in_utc() -> None:
    moment = load(fields.Instant(), "2024-03-15T23:59:00+01:00")

    assert moment == datetime(2024, 3, 15, 22, 59, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-15T23:59:00",
        "yesterday",
        7,
        "0001-01-01T00:00:00+14:00",
        # A minute, a day or a time zone more, and no calendar could hold it.
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "1899-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
    ],
)
def test_a_moment_without_a_zone_or_sense_is_refused(value: Any) -> None:
    refusal(fields.Instant(), value)


@pytest.mark.parametrize(
    "value", ["2024-02-30", "1. maj", 7, "0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"]
)
def test_a_day_that_is_none_or_far_away_is_refused(value: Any) -> None:
    refusal(fields.Day(), value)


def test_a_day_is_a_day() -> None:
    assert load(fields.Day(), "2024-02-29") == date(2024, 2, 29)


def test_a_moment_is_written_with_z() -> None:
    schema = Schema.from_dict({"at": fields.Instant()})()

    assert schema.dump({"at": datetime(2024, 3, 15, tzinfo=UTC)}) == {"at": "2024-03-15T00:00:00Z"}


@given(st.text())
def test_any_text_is_taken_or_refused_and_never_fails(text: str) -> None:
    for field in (fields.Line(), fields.Text(), fields.Email(), fields.Url(), fields.Instant()):
        try:
            load(field, text)
        except ValidationError:
            continue
