"""What every mapped class of this service stands on: the base, and text of fixed words."""

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Enum

from chassis.database import declarative_base

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase as Base
else:
    # A type checker cannot follow a base class that a function makes.
    Base = declarative_base()

__all__ = ["Base", "one_of"]


def one_of(words: type[StrEnum], *, name: str) -> Enum:
    """Make a column type for a fixed set of words: text in the database, under a CHECK."""
    return Enum(
        words,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda kind: [word.value for word in kind],
    )
