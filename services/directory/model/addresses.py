"""An address that is suggested to somebody who types one; nothing of it is kept."""

from dataclasses import dataclass
from typing import Final

MOST_SUGGESTED: Final = 8


@dataclass(frozen=True)
class SuggestedAddress:
    """An address, or the beginning of one; ``register_id`` is its id in DAR where it is whole."""

    text: str
    street: str
    postcode: str = ""
    city: str = ""
    register_id: str | None = None
