"""Danish and English.

Danish is the source text; English is read from ``translations/en`` when the portal starts.

``_("…")`` and ``ngettext`` translate at once, into the language of the request. ``N_("…")`` only
marks a text that is translated where it is shown. ``tests/component/portal/test_translations.py``
fails when a text has no English.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po
from flask import g, has_request_context

LANGUAGES: Final = ("da", "en")
LANGUAGE_NAMES: Final = {"da": "Dansk", "en": "English"}
CATALOGUE: Final = Path(__file__).parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"


@functools.cache
def english() -> Mapping[str, str | tuple[str, ...]]:
    """Read the English catalogue.

    Danish text → English text, or (singular, plural) for a text that counts.
    """
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    texts: dict[str, str | tuple[str, ...]] = {}
    for message in catalogue:
        if message.id and message.string:
            key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
            english_text = message.string
            texts[key] = english_text if isinstance(english_text, str) else tuple(english_text)
    return texts


def language() -> str:
    """The language of this request; Danish outside one."""
    found: str = g.get("language", "da") if has_request_context() else "da"
    return found


def gettext(text: str, **values: object) -> str:
    """Translate a text and fill in its ``%(name)s`` places."""
    translated = english().get(text, text) if language() == "en" else text
    translated = translated if isinstance(translated, str) else translated[0]
    return translated % values if values else translated


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """Translate a text that counts; ``%(num)s`` is the number."""
    texts: str | tuple[str, ...] = (singular, plural)
    if language() == "en":
        texts = english().get(singular, texts)
    chosen = texts if isinstance(texts, str) else texts[0 if number == 1 else -1]
    return chosen % {"num": number, **values}


def N_(text: str) -> str:  # noqa: N802 - the name that extraction tools know
    """Mark a text for translation; it is translated where it is shown."""
    return text


_ = gettext
