"""Taking words out of values: whole words, at any depth, whatever their letters' size."""

import pytest

from chassis.erasure import forget_words

NAMES = ["Bo", "Bo Bech", "bo.bech@example.org", "B"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Bo Bech ringer.", "(slettet) ringer."),
        ("BO BECH ringer, Bo!", "(slettet) ringer, (slettet)!"),
        ("Skriv til Bo.Bech@example.org", "Skriv til (slettet)"),
        # Inside another word it is no name, and one letter is none at all.
        ("Boligen i Obo hos B.", "Boligen i Obo hos B."),
        ("Bos bog", "Bos bog"),
    ],
)
def test_a_name_goes_and_what_only_contains_it_stays(text, left):
    assert forget_words(text, NAMES) == left


def test_it_goes_at_any_depth_and_nothing_else_changes():
    before = {"a": ["Bo Bech", 7, None, True], "b": {"c": "Hos Bo", "Bo": 1.5}}

    after = forget_words(before, NAMES)

    assert after == {"a": ["(slettet)", 7, None, True], "b": {"c": "Hos (slettet)", "Bo": 1.5}}


@pytest.mark.parametrize("words", [[], ["B"], [""]])
def test_without_words_nothing_is_looked_for(words):
    value = {"a": "Bo"}

    assert forget_words(value, words) is value


def test_a_name_with_signs_is_no_pattern():
    assert forget_words("a.c abc (x)", ["a.c", "(x)"]) == "(slettet) abc (slettet)"
