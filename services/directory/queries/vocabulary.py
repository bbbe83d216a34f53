"""The words of the municipality's profile."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.problems import NotFound
from services.directory.model.vocabulary import stored_words


def vocabulary(session: Session) -> dict[str, Any]:
    """The words of the municipality's profile. Raises :class:`NotFound`."""
    found = stored_words(session)
    if found is None:
        raise NotFound
    return dict(found)
