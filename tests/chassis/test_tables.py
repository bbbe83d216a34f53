"""Tables for spreadsheets: no cell is a formula, and what was written can be read again."""

import csv
import io

import pytest

from chassis.tables import csv_bytes, guarded, unguarded

FORMULAS = ["=1+1", "+45 12 34 56 78", "-2", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_written_as_text_and_read_as_it_was(text):
    assert guarded(text)[0] == "'"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["Skak", "", "'s-Hertogenbosch", "13748136", "æ=b"])
def test_any_other_text_is_left_alone(text):
    assert guarded(text) == text
    assert unguarded(text) == text


def test_a_table_is_utf8_with_a_mark_and_quotes_what_must_be_quoted():
    content = csv_bytes(["Navn", "=x"], [['Skak; "og" kaffe', None], ["Åben\ndør", 3]])

    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows == [["Navn", "'=x"], ['Skak; "og" kaffe', ""], ["Åben\ndør", "3"]]
