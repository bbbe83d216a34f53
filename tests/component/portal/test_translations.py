"""No text lacks English, and no English lost a place to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from portal import i18n

PORTAL = Path(i18n.__file__).parent
PLACE = re.compile(r"%\((\w+)\)[sd]")


def texts():
    """Every Danish text in the portal's Python and templates; a pair for one that counts."""
    found = extract_from_dir(
        str(PORTAL),
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"**.html": {"extensions": "jinja2.ext.do"}},
        keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)},
        directory_filter=lambda path: Path(path).name not in {"node_modules", "static"},
    )
    return {message for _file, _line, message, _comments, _context in found}


@pytest.fixture(scope="module")
def danish():
    found = texts()
    assert len(found) > 500, "the extraction must see the templates too"
    return found


def test_no_text_lacks_english(danish):
    english = i18n.english()
    keys = {text if isinstance(text, str) else text[0] for text in danish}

    assert sorted(keys - set(english)) == []


def test_a_text_that_counts_has_both_forms(danish):
    english = i18n.english()
    counting = [text[0] for text in danish if not isinstance(text, str)]

    assert [text for text in counting if not isinstance(english[text], tuple)] == []
    assert [text for text in counting if not all(english[text])] == []


def test_the_places_to_fill_in_are_the_same_in_english(danish):
    english = i18n.english()
    for text in danish:
        forms = (text,) if isinstance(text, str) else text
        translated = english[forms[0]]
        for form in (translated,) if isinstance(translated, str) else translated:
            places = set(PLACE.findall(form))
            assert places <= {*PLACE.findall(forms[-1]), *PLACE.findall(forms[0]), "num"}, form
            if isinstance(text, str):
                assert places == set(PLACE.findall(text)), text


def test_no_english_is_left_over_or_unsure(danish):
    with i18n.CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    keys = {text if isinstance(text, str) else text[0] for text in danish}
    held = {
        message.id[0] if isinstance(message.id, (tuple, list)) else message.id
        for message in catalogue
        if message.id
    }

    assert sorted(held - keys) == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
