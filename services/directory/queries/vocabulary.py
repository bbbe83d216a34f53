"""The words of the municipality's profile."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.problems import NotFound
from services.directory.model import Vocabulary


def vocabulary(session: Session) -> dict[str, Any]:
    """The words of the municipality's profile."""
    found = session.scalar(select(Vocabulary.value).where(Vocabulary.key == "words"))
    if found is None:
        raise NotFound
    return dict(found)
