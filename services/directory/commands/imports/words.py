"""Names and words brought to a form in which the same ones are equal."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

_LETTERS: Final = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ö": "oe", "ä": "ae", "ü": "ue"})
# What a name says of a legal form, not of which association it is.
_FORMS: Final = frozenset(
    {"foreningen", "forening", "af", "for", "i", "og", "and", "the", "of", "fmba", "smba"}
)
_SPLIT: Final = re.compile(r"[;,/|\n\t]+")


def key_of(text: str) -> str:
    """Bring a text to the form it is compared in: lower case, no accents, words and digits only."""
    folded = text.casefold().translate(_LETTERS)
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", folded)
        if not unicodedata.combining(letter)
    )
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def name_key(name: str) -> str:
    """Bring an association's name to the form it is compared in, small words left out.

    "Foreningen Skak & Kaffe i Aars" and "Skak og kaffe, Års" are one name.
    """
    words = [word for word in key_of(name).split() if word not in _FORMS]
    return " ".join(words) or key_of(name)


class Words:
    """Words of the municipality's profile by what people write for them."""

    def __init__(self, known: Sequence[Mapping[str, Any]], said: Mapping[str, str]) -> None:
        """``known`` are the profile's words; ``said`` is what a person said other texts mean."""
        self._keys = {
            key_of(str(word[name])): str(word["key"])
            for word in known
            for name in ("key", "da", "en")
        }
        self._keys |= {key_of(text): key for text, key in said.items()}

    def find(self, text: str) -> str | None:
        """Return a word's key; "" where it was said to mean nothing; None for an unknown word."""
        return self._keys.get(key_of(text))

    def find_all(self, text: str) -> tuple[list[str], list[str]]:
        """Return the keys of the words in a text, and those of its parts that are no words."""
        whole = self.find(text)
        if whole is not None:
            return [whole] if whole else [], []
        parts = [part.strip() for part in _SPLIT.split(text) if part.strip()]
        if len(parts) == 1:
            parts = [part.strip() for part in re.split(r"\s+(?:og|and|&)\s+", parts[0])]
            if any(self.find(part) is None for part in parts):
                parts = [text.strip()]
        found = [(part, self.find(part)) for part in parts]
        keys = dict.fromkeys(key for _, key in found if key)
        return list(keys), [part for part, key in found if key is None]
