"""Seeing that what is written uses the municipality's words."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.database import UnitOfWork
from chassis.problems import FieldError, Invalid
from services.directory.model.vocabulary import stored_words

# What a word is called in a refusal, by the section of the vocabulary it must be in.
_CALLED = {
    "target_groups": "one of the target groups in use here",
    "topics": "one of the topics in use here",
    "areas": "one of the areas in use here",
    "departments": "a department of this municipality",
}


def require_words(
    work: UnitOfWork, used: Mapping[str, tuple[str, str | Sequence[str] | None, Iterable[str]]]
) -> None:
    """See that words are in use here.

    ``used`` maps a section of the vocabulary to a JSON pointer, the word or words that stand there,
    and those that stood there before: these may go out of use. Raises :class:`Invalid`.
    """
    words = stored_words(work.session) or {}
    errors = []
    for section, (pointer, given, kept) in used.items():
        known = {word["key"] for word in words.get(section, ())} | set(kept)
        single = given is None or isinstance(given, str)
        for index, word in enumerate([given] if single else given or ()):
            if word is not None and word not in known:
                place = pointer if single else f"{pointer}/{index}"
                errors.append(FieldError(place, f"Is not {_CALLED[section]}."))
    if errors:
        raise Invalid(errors=errors)
